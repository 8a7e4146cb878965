"""Objects in a bucket of any S3-compatible storage: ``<prefix>/objects/ab/<name>``.

A short object is one conditional request that the storage refuses if the name is taken. A
long one goes up in parts, invisible until the last request; its name is 128 random bits and
is looked up first. Failed requests are repeated for a bounded time; then a typed error says
what to do, and what was committed before stands.
"""

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, override

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store

from museion_datasets.errors import (
    ConflictError,
    DatasetsError,
    IntegrityError,
    KeyUnavailableError,
)
from museion_datasets.objects._failures import (
    GONE,
    GONE_HINT,
    MISSING_HINT,
    TAKEN,
    TAKEN_HINT,
    TOO_LONG,
)
from museion_datasets.objects._protocol import (
    ObjectReader,
    ObjectStore,
    is_object_name,
    random_name,
)
from museion_datasets.objects._public import (
    MAX_PUBLIC_BYTES,
    require_public_folder,
    require_public_path,
)
from museion_datasets.objects._remote_failures import remote_errors
from museion_datasets.objects._remote_reader import RemoteReader
from museion_datasets.objects._signature import DEFAULT_REGION
from museion_datasets.objects._uploads import Uploads
from museion_datasets.place import Credentials

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Credential

_log = logging.getLogger(__name__)
PART_BYTES = 16 << 20
_PARTS_AT_ONCE = 3
_LIST_PAGE = 1000
_LOOKED_UP_SINGLY = 64
_LOOK_UPS_AT_ONCE = 8
_OBJECTS, _CLOCK = "objects", "heads/.clock-"

CLIENT: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=5),
    "read_timeout": timedelta(seconds=20),
    "timeout": timedelta(minutes=5),
}
RETRIES: "RetryConfig" = {
    "max_retries": 8,
    "retry_timeout": timedelta(seconds=30),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=4),
        "base": 2,
    },
}


class RemoteObjects(ObjectStore):
    """A dataset's prefix in a bucket. Safe to use from several threads; never pickled.

    Parameters
    ----------
    bucket : str
        Name of the bucket.
    prefix : str
        The dataset's directory within it.
    credentials : Credentials
        How to reach it.
    """

    def __init__(self, bucket: str, prefix: str, credentials: Credentials) -> None:
        self._bucket, self._prefix = bucket, prefix
        self._credentials = credentials
        self._store = _open_store(bucket, prefix, credentials)

    def __repr__(self) -> str:
        return f"RemoteObjects('s3://{self._bucket}/{self._prefix}')"

    def __reduce__(self) -> str:
        raise KeyUnavailableError(
            "Keys do not leave the process that holds them",
            hint="send the dataset's path and open it there.",
        )

    @contextmanager
    @override
    def reader(self, name: str) -> Iterator[ObjectReader]:
        yield RemoteReader(self._store, _path(name))

    @override
    def write(self, name: str, pieces: Iterable[memoryview]) -> None:
        rest = (bytes(piece) for piece in pieces)
        head, size = [], 0
        for piece in rest:
            head.append(piece)
            size += len(piece)
            if size > PART_BYTES:
                self._put_in_parts(name, chain(head, rest))
                return
        self._put_once(name, b"".join(head))

    @override
    def delete(self, name: str) -> None:
        with remote_errors("delete", name), suppress(FileNotFoundError):
            obstore.delete(self._store, _path(name))

    @override
    def names(self, *, older_than_s: float) -> Iterator[str]:
        latest = self._now() - timedelta(seconds=older_than_s)
        for found in self._list(_OBJECTS):
            name = str(found["path"]).rpartition("/")[2]
            if is_object_name(name) and found["last_modified"] <= latest:
                yield name

    @override
    def persist(self, names: Iterable[str]) -> None:
        wanted = set(names)
        if len(wanted) > _LOOKED_UP_SINGLY:
            wanted -= {str(found["path"]).rpartition("/")[2] for found in self._list(_OBJECTS)}
        with ThreadPoolExecutor(_LOOK_UPS_AT_ONCE) as pool:
            missing = [
                name
                for name, is_there in zip(wanted, pool.map(self._is_there, wanted), strict=True)
                if not is_there
            ]
        if missing:
            raise IntegrityError(GONE.format(len(missing), min(missing)), hint=GONE_HINT)

    @override
    def put_public(self, path: str, data: bytes) -> None:
        with remote_errors("write", require_public_path(path)):
            obstore.put(self._store, path, data, chunk_size=PART_BYTES)

    @override
    def get_public(self, path: str) -> bytes | None:
        with remote_errors("fetch", require_public_path(path)):
            try:
                answer = obstore.get(self._store, path)
            except FileNotFoundError:
                return None
            if answer.meta["size"] <= MAX_PUBLIC_BYTES:
                return bytes(answer.bytes())
        raise IntegrityError(TOO_LONG.format(path), hint=MISSING_HINT)

    @override
    def list_public(self, prefix: str) -> list[str]:
        folder = require_public_folder(prefix)
        paths = (str(found["path"]) for found in self._list(folder))
        return sorted(path for path in paths if not path.startswith(_CLOCK))

    @override
    def keep_head(self, version: int, head: bytes) -> None:
        try:
            self.put_public(f"heads/{version}.json", head)
        except DatasetsError:
            _log.warning("No copy of version %s was kept in the storage", version, exc_info=True)

    @override
    def remove_leftovers(self, *, older_than_s: float) -> int:
        if not self._credentials.access_key:
            return 0
        uploads = Uploads(self._bucket, self._credentials)
        found = list(uploads.find(f"{self._prefix}/{_OBJECTS}/", older_than_s=older_than_s))
        for upload in found:
            uploads.abort(upload)
        return len(found)

    def _put_once(self, name: str, data: bytes) -> None:
        """Store a short object; the storage itself refuses a name that is taken.

        Raises
        ------
        ConflictError
            If there is another object of this name.
        """
        with remote_errors("write", name):
            try:
                obstore.put(self._store, _path(name), data, mode="create")
            except AlreadyExistsError:
                if not self._holds(name, data):  # our own request, repeated, is no other object
                    raise ConflictError(TAKEN.format(name), hint=TAKEN_HINT) from None

    def _put_in_parts(self, name: str, pieces: Iterator[bytes]) -> None:
        """Store a long object; obstore aborts the upload if a piece or a request fails.

        Raises
        ------
        ConflictError
            If there is another object of this name.
        """
        if self._is_there(name):
            raise ConflictError(TAKEN.format(name), hint=TAKEN_HINT)
        with remote_errors("write", name):
            obstore.put(
                self._store,
                _path(name),
                pieces,
                chunk_size=PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )

    def _holds(self, name: str, data: bytes) -> bool:
        """Return whether an object has exactly these bytes."""
        return bytes(obstore.get(self._store, _path(name)).bytes()) == data

    def _is_there(self, name: str) -> bool:
        """Return whether there is an object of that name."""
        with remote_errors("look up", name):
            try:
                obstore.head(self._store, _path(name))
            except FileNotFoundError:
                return False
            return True

    def _list(self, folder: str) -> Iterator[Any]:
        """Yield what the storage lists in a folder."""
        with remote_errors("list"):
            for page in obstore.list(self._store, folder, chunk_size=_LIST_PAGE):
                yield from page

    def _now(self) -> datetime:
        """Return the time by the storage's clock, for ours may be wrong."""
        path = f"{_CLOCK}{random_name()}"
        with remote_errors("write", path):
            obstore.put(self._store, path, b"")
            moment: datetime = obstore.head(self._store, path)["last_modified"]
            obstore.delete(self._store, path)
        return moment


def _path(name: str) -> str:
    """Return where an object lies, whose name is ours and therefore hexadecimal."""
    return f"{_OBJECTS}/{name[:2]}/{name}"


def _open_store(bucket: str, prefix: str, credentials: Credentials) -> S3Store:
    """Return obstore's view of the prefix."""
    region = credentials.region or DEFAULT_REGION
    config: S3Config = {"region": region, "disable_bulk_delete": True}
    if credentials.endpoint:
        config["endpoint"] = credentials.endpoint
    elif credentials.access_key:
        config["endpoint"] = f"https://s3.{region}.amazonaws.com"
    client: ClientConfig = {**CLIENT, "allow_http": credentials.endpoint.startswith("http://")}
    return S3Store(
        bucket,
        prefix=prefix,
        config=config,
        client_options=client,
        retry_config=RETRIES,
        credential_provider=_Given(credentials) if credentials.access_key else None,
    )


class _Given:
    """Hands obstore the keys that were given, and no part of the environment's."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self) -> "S3Credential":
        return {
            "access_key_id": self._credentials.access_key,
            "secret_access_key": self._credentials.secret_key,
            "token": self._credentials.session_token or None,
            "expires_at": None,
        }
