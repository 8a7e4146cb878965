"""Uploads in parts that nobody finished: what a killed writer leaves in a bucket.

They are invisible to readers and still cost room. obstore can neither list nor abort them,
so these two requests are ours. A storage's list is not trusted: only what lies where our
objects lie is aborted.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import quote, urlsplit

import httpx

from museion_datasets.errors import UnavailableError
from museion_datasets.objects._signature import DEFAULT_REGION, encode_query, sign
from museion_datasets.place import Credentials

_TIMEOUT_S = 30.0
_MAX_PAGES = 1000
_MAX_ANSWER_BYTES = 16 << 20
_NO_CONTENT, _GONE = 204, 404


@dataclass(frozen=True, slots=True)
class Upload:
    """An unfinished upload.

    Attributes
    ----------
    key : str
        The object it would have become.
    upload_id : str
        The storage's name for it.
    begun : datetime.datetime
        When, by the storage's clock.
    """

    key: str
    upload_id: str
    begun: datetime


class Uploads:
    """The unfinished uploads of a bucket.

    Parameters
    ----------
    bucket : str
        Its name.
    credentials : Credentials
        With both keys.
    clock : callable
        Returns the present moment.
    """

    def __init__(
        self,
        bucket: str,
        credentials: Credentials,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        region = credentials.region or DEFAULT_REGION
        self._endpoint = credentials.endpoint or f"https://s3.{region}.amazonaws.com"
        self._bucket, self._credentials, self._clock = bucket, credentials, clock

    def __repr__(self) -> str:
        return f"Uploads({self._bucket!r})"

    def find(self, prefix: str, *, older_than_s: float) -> Iterator[Upload]:
        """Yield uploads of at least an age.

        Parameters
        ----------
        prefix : str
            Where the objects lie; ends with a slash.
        older_than_s : float
            Age in seconds, by the storage's clock.

        Yields
        ------
        Upload
            In no order.
        """
        query = {"uploads": "", "prefix": prefix}
        for _ in range(_MAX_PAGES):
            answer = self._ask("GET", "", query)
            latest = _date(answer) - timedelta(seconds=older_than_s)
            text = answer.text
            for found in uploads_in(text):
                if found.key.startswith(prefix) and found.begun <= latest:
                    yield found
            if _member(text, "IsTruncated") != "true":
                return
            query |= {
                "key-marker": _member(text, "NextKeyMarker"),
                "upload-id-marker": _member(text, "NextUploadIdMarker"),
            }

    def abort(self, upload: Upload) -> None:
        """Remove an unfinished upload with all its parts.

        Parameters
        ----------
        upload : Upload
            From `find`.
        """
        self._ask("DELETE", upload.key, {"uploadId": upload.upload_id})

    def _ask(self, method: str, key: str, query: dict[str, str]) -> httpx.Response:
        """Send one signed request.

        Raises
        ------
        UnavailableError
            If the storage refuses or does not answer.
        """
        base = urlsplit(self._endpoint)
        path = base.path.rstrip("/") + quote(f"/{self._bucket}/{key}".rstrip("/"))
        encoded = encode_query(query)
        headers = sign(method, base.netloc, path, encoded, self._credentials, self._clock())
        url = f"{base.scheme}://{base.netloc}{path}?{encoded}"
        try:
            answer = httpx.request(method, url, headers=headers, timeout=_TIMEOUT_S)
        except httpx.TransportError as error:
            reason = type(error).__name__
            raise UnavailableError(
                f"The storage does not answer: {reason}", hint="wait a minute, then try again."
            ) from error
        is_done = method == "DELETE" and answer.status_code in {_NO_CONTENT, _GONE}
        if not (answer.is_success or is_done) or len(answer.content) > _MAX_ANSWER_BYTES:
            raise UnavailableError(
                f"The storage does not tell unfinished uploads: {answer.status_code}",
                hint="set a rule in the storage that removes incomplete uploads after a day.",
            )
        return answer


def uploads_in(text: str) -> Iterator[Upload]:
    """Read a list of uploads, in time that grows with its length only.

    Parameters
    ----------
    text : str
        What a storage answered.

    Yields
    ------
    Upload
        Those of the right form; others are left out.
    """
    for piece in text.split("</Upload>")[:-1]:
        found = _upload(piece.rpartition("<Upload>")[2])
        if found is not None:
            yield found


def _upload(text: str) -> Upload | None:
    """Read one upload of a list, or None if it has no such form."""
    try:
        begun = datetime.fromisoformat(_member(text, "Initiated"))
    except ValueError:
        return None
    upload_id = _member(text, "UploadId")
    if not upload_id or begun.tzinfo is None:
        return None
    return Upload(_member(text, "Key"), upload_id, begun)


def _member(text: str, name: str) -> str:
    """Return the text of a member, which holds no others; empty if it is not there."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else ""


def _date(answer: httpx.Response) -> datetime:
    """Return when the storage answered, by its own clock.

    Raises
    ------
    UnavailableError
        If it does not say.
    """
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (ValueError, TypeError) as error:
        raise UnavailableError(
            "The storage does not say what time it is", hint="ask whoever runs the storage."
        ) from error
