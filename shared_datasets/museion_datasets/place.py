"""Where sealed objects may lie: a directory, or a bucket of an S3-compatible storage.

A place says in which jurisdiction it stands, so that a dataset's policy can be held
against it. The keys to a bucket are apart from it, live in memory only and are never shown
or pickled. Light: the hub declares places too.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from museion_datasets.errors import InvalidError, KeyUnavailableError

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61}[a-z0-9])")
_PREFIX_PART = re.compile(r"[A-Za-z0-9._=@+-]{1,80}")
_JURISDICTION = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?|")
_MAX_PARTS = 16
_HINT = "write file:///directory or s3://bucket/prefix."


@dataclass(frozen=True, slots=True)
class Location:
    """A place's address in parts.

    Attributes
    ----------
    bucket : str
        Name of the bucket; empty for a directory.
    path : str
        The directory, absolute; or the prefix within the bucket without outer slashes.
    """

    bucket: str
    path: str

    @property
    def is_remote(self) -> bool:
        """Whether it is a bucket."""
        return bool(self.bucket)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an address.

        Parameters
        ----------
        url : str
            ``file:///directory`` or ``s3://bucket/prefix``.

        Returns
        -------
        Location
            Its parts.

        Raises
        ------
        InvalidError
            If it is neither, or carries keys, a port, a query or ``..`` parts.
        """
        parts = _split(url)
        if parts is None:
            raise InvalidError(f"Not a place for objects: {_shown(url)}", hint=_HINT)
        bucket, path = parts
        if bucket:
            return cls(bucket, path.strip("/"))
        return cls("", path)


@dataclass(frozen=True, slots=True)
class Place:
    """A declared storage.

    Attributes
    ----------
    name : str
        1 to 40 lower-case letters, digits and inner hyphens.
    url : str
        ``file:///directory`` or ``s3://bucket/prefix``.
    jurisdiction : str
        ISO 3166 code of the law it stands under, as in ``"AT"`` or ``"DE-BY"``, or ``"EU"``;
        empty if nobody has said.
    """

    name: str
    url: str
    jurisdiction: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidError(
                f"Not the name of a place: {self.name!r:.80}",
                hint="use lower-case letters, digits and hyphens.",
            )
        if not _JURISDICTION.fullmatch(self.jurisdiction):
            raise InvalidError(
                f"Not a jurisdiction: {self.jurisdiction!r:.80}",
                hint='use an ISO 3166 code, as in "AT" or "DE-BY", or "EU".',
            )
        Location.parse(self.url)

    @property
    def location(self) -> Location:
        """The address in parts."""
        return Location.parse(self.url)

    @classmethod
    def of_directory(cls, name: str, directory: Path, jurisdiction: str = "") -> Self:
        """Return the place of a directory.

        Parameters
        ----------
        name : str
            Name of the place.
        directory : Path
            Made absolute.
        jurisdiction : str
            As for `Place`.

        Returns
        -------
        Place
            Its address escapes what an address cannot hold.
        """
        return cls(name, directory.absolute().as_uri(), jurisdiction)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """How to reach a bucket, and the keys to it. Never shown, never pickled.

    Attributes
    ----------
    endpoint : str
        Address of the storage, as in ``"https://s3.example.org"``; empty for the
        provider's own.
    region : str
        Name of the region; empty for the storage's default.
    access_key, secret_key : str
        The keys; both empty to let the environment's own sources decide.
    session_token : str
        Goes with keys that end; may be empty.
    """

    endpoint: str = ""
    region: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"Credentials({self.endpoint!r}, {self.region!r})"

    def __reduce__(self) -> str:
        raise KeyUnavailableError(
            "Keys do not leave the process that holds them",
            hint="send the dataset's path and open it there.",
        )


def place_url(storage: str | Path) -> str:
    """Return the address of a directory or bucket, however it was written.

    Parameters
    ----------
    storage : str or Path
        A path, or an address.

    Returns
    -------
    str
        ``file:///directory`` or ``s3://bucket/prefix``.
    """
    text = str(storage)
    if isinstance(storage, str) and text.startswith(("s3://", "file://")):
        Location.parse(text)
        return text
    return Path(text).absolute().as_uri()


def _split(url: str) -> tuple[str, str] | None:
    """Return bucket (empty for a directory) and path, or None if `url` is no address of ours."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.query or parts.fragment or "\\" in url or not url.isprintable():
        return None
    if parts.scheme == "file" and not parts.netloc:
        path = unquote(parts.path)
        is_fine = path.startswith("/") and ".." not in PurePosixPath(path).parts
        return ("", path) if is_fine and "\0" not in path else None
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc):
        return None
    folders = [folder for folder in parts.path.strip("/").split("/") if parts.path.strip("/")]
    is_fine = len(folders) <= _MAX_PARTS and all(map(_is_folder, folders))
    return (parts.netloc, parts.path) if is_fine else None


def _is_folder(name: str) -> bool:
    """Return whether a part of a prefix is one that every storage takes as it is."""
    return _PREFIX_PART.fullmatch(name) is not None and name not in {".", ".."}


def _shown(url: str) -> str:
    """Return an address for a message, without what might be keys in it."""
    text = repr(url)[1:-1]
    scheme, mark, rest = text.partition("://")
    return quote(f"{scheme}{mark}{rest.rpartition('@')[2]}"[:80], safe=":/.-_…")
