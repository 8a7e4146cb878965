"""The library: every dataset that one process may open, through one catalogue.

``connect`` makes a library and remembers it, so that a store which arrives pickled finds
access in this process; a process that never connected connects by its environment. Keys
stay inside and are asked for anew whenever a person opens a dataset.
"""

from collections import OrderedDict
from pathlib import Path, PurePosixPath
from threading import Lock
from urllib.parse import urlsplit
from urllib.request import url2pathname

from museion_datasets import _environment
from museion_datasets.arrays import prefer_fused_pipeline
from museion_datasets.catalogue import Catalogue, DatasetAccess, LocalCatalogue, RegistryCatalogue
from museion_datasets.dataset import Dataset
from museion_datasets.draft import Draft
from museion_datasets.errors import (
    IntegrityError,
    InvalidError,
    KeyUnavailableError,
    NotFoundError,
)
from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_datasets.objects import LocalObjects
from museion_datasets.orphans import ONE_DAY_S, find_orphans
from museion_datasets.sealed import SealedObjects
from museion_datasets.snapshot import Origin, Snapshot
from museion_datasets.wish import DraftWish

_MAX_OPEN_SNAPSHOTS = 16

_libraries: dict[str, "Library"] = {}


class Library:
    """The datasets of one catalogue. Safe to use from several threads.

    Parameters
    ----------
    catalogue : Catalogue
        Lists datasets and gives access.
    storage : Path
        Root directory of the sealed objects.
    """

    def __init__(self, catalogue: Catalogue, storage: Path) -> None:
        self._catalogue = catalogue
        self._storage = storage
        self._open: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Library({self._catalogue.address!r})"

    def datasets(self) -> list[DatasetRecord]:
        """Return the datasets that we may open.

        Returns
        -------
        list of DatasetRecord
            In the catalogue's order.
        """
        return self._catalogue.records()

    def open(self, path: str, version: int | None = None) -> Dataset:
        """Open a dataset.

        Parameters
        ----------
        path : str
            Workgroup and name, as in ``"murals/panel"``.
        version : int, optional
            The newest by default.

        Returns
        -------
        Dataset
            An unchanging version.
        """
        DatasetPath.parse(path)
        snapshot = self._snapshot(self._catalogue.open_dataset(path), version)
        self._remember(snapshot)
        return Dataset(snapshot)

    def read_bytes(self, path: str, key: str, version: int | None = None) -> bytes:
        """Read one object of a dataset.

        Parameters
        ----------
        path : str
            Workgroup and name.
        key : str
            Logical key.
        version : int, optional
            The newest by default.

        Returns
        -------
        bytes
            Its bytes.
        """
        return self.open(path, version).read_bytes(key)

    def draft(
        self,
        path: str,
        *,
        title: str | None = None,
        kind: str | None = None,
        rights: str | None = None,
        synthetic: bool | None = None,
        description: str | None = None,
    ) -> Draft:
        """Begin a version; use it in a ``with`` block, which commits once at its end.

        Parameters
        ----------
        path : str
            Workgroup and name. A dataset that is not there yet is made.
        title, kind, rights, description : str, optional
            Needed for a new dataset (`description` may be left out); for one that is there
            they may only repeat what it says.
        synthetic : bool, optional
            Whether the data is computed rather than measured; needed for a new dataset.

        Returns
        -------
        Draft
            Nothing is visible to others before the block ends without an error.
        """
        wish = DraftWish(path, title, kind, rights, synthetic, description)
        return Draft(self._catalogue, self._sealed, wish)

    def orphans(self, path: str, *, older_than_s: float = ONE_DAY_S) -> list[str]:
        """Return objects of a dataset that no version refers to.

        Parameters
        ----------
        path : str
            Workgroup and name.
        older_than_s : float
            Leave out younger ones, which may belong to a draft that is being written.

        Returns
        -------
        list of str
            Object names, sorted.
        """
        return find_orphans(*self._versions(path), older_than_s=older_than_s)

    def remove_orphans(self, path: str, *, older_than_s: float = ONE_DAY_S) -> int:
        """Delete objects of a dataset that no version refers to.

        Parameters
        ----------
        path : str
            Workgroup and name.
        older_than_s : float
            As for `orphans`.

        Returns
        -------
        int
            How many were deleted.
        """
        objects, heads = self._versions(path)
        names = find_orphans(objects, heads, older_than_s=older_than_s)
        for name in names:
            objects.objects.delete(name)
        return len(names)

    def reopen(self, path: str, version: int) -> Snapshot:
        """Return a version that a pickled store names, from those open if possible.

        Parameters
        ----------
        path : str
            Workgroup and name.
        version : int
            Counts from 1.

        Returns
        -------
        Snapshot
            The version.

        Raises
        ------
        KeyUnavailableError
            If this process has no access.
        """
        with self._lock:
            snapshot = self._open.get((path, version))
        if snapshot is None:
            try:
                snapshot = self._snapshot(self._catalogue.open_dataset(path), version)
            except NotFoundError as error:
                raise KeyUnavailableError(
                    f"This process has no access to {path}",
                    hint="start the cluster from the workspace that opened the dataset.",
                ) from error
            self._remember(snapshot)
        return snapshot

    def _remember(self, snapshot: Snapshot) -> None:
        """Keep the last few open versions for stores that arrive pickled."""
        with self._lock:
            self._open[snapshot.record.path, snapshot.head.version] = snapshot
            if len(self._open) > _MAX_OPEN_SNAPSHOTS:
                self._open.popitem(last=False)

    def _snapshot(self, access: DatasetAccess, version: int | None) -> Snapshot:
        """Open a version.

        Raises
        ------
        NotFoundError
            If nothing was committed yet.
        """
        path = access.record.path
        head: Head | None = access.head
        if version is not None and (head is None or head.version != version):
            head = self._catalogue.head(path, version)
        if head is None:
            raise NotFoundError(
                f"Nothing was committed yet: {path}", hint="wait until its first draft is done."
            )
        origin = Origin(self._catalogue.address, _reopen)
        return Snapshot(access.record, head, self._sealed(access), origin)

    def _versions(self, path: str) -> tuple[SealedObjects, list[Head]]:
        """Return a dataset's objects and the heads of all its versions."""
        access = self._catalogue.open_dataset(path)
        newest = 0 if access.head is None else access.head.version
        heads = [self._catalogue.head(path, version) for version in range(1, newest + 1)]
        return self._sealed(access), heads

    def _sealed(self, access: DatasetAccess) -> SealedObjects:
        """Return the objects that an access opens.

        Raises
        ------
        IntegrityError
            If the catalogue points outside the dataset's directory.
        """
        workgroup = DatasetPath.parse(access.record.path).workgroup
        location = PurePosixPath(workgroup, access.record.id)
        if PurePosixPath(access.location) != location:
            raise IntegrityError(
                f"Not the directory of {access.record.path}: {access.location!r:.80}",
                hint="the catalogue is damaged: restore it from a backup.",
            )
        objects = LocalObjects(self._storage / location)
        return SealedObjects(objects, access.record.id, access.epoch, access.data_key)


def connect(url: str, token: str | None = None, storage: str | Path | None = None) -> Library:
    """Connect to a catalogue.

    Parameters
    ----------
    url : str
        Address of a registry service, or ``file:///directory`` for a catalogue without hub.
    token : str, optional
        Hub API token; needed for a registry.
    storage : str or Path, optional
        Root directory of the sealed objects; needed for a registry. By default the
        ``storage`` folder of a local catalogue.

    Returns
    -------
    Library
        Remembered for stores that arrive pickled in this process.

    Raises
    ------
    InvalidError
        If token or storage are missing, or the address is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        local = LocalCatalogue(Path(url2pathname(parts.path)))
        library = Library(local, Path(storage or local.directory / "storage"))
        address = local.address
    elif parts.scheme in {"http", "https"} and token and storage:
        registry = RegistryCatalogue(url, token)
        library, address = Library(registry, Path(storage)), registry.address
    else:
        raise InvalidError(
            f"Not enough to connect to a catalogue: {url!r}",
            hint="give a file:// address, or an http:// address with token and storage.",
        )
    prefer_fused_pipeline()
    _libraries[address] = library
    return library


def _reopen(address: str, path: str, version: int) -> Snapshot:
    """Open the version that a pickled store names.

    Raises
    ------
    KeyUnavailableError
        If this process has no access to that catalogue.
    """
    library = _libraries.get(address)
    if library is None and urlsplit(address).scheme == "file":
        library = connect(address)
    connection = _environment.find_connection()
    if library is None and connection and connection.url.rstrip("/") == address:
        library = connect(connection.url, connection.token, connection.storage)
    if library is None:
        raise KeyUnavailableError(
            f"This process has no access to the catalogue of {path}: {address}",
            hint="start the cluster from the workspace that opened the dataset.",
        )
    return library.reopen(path, version)
