"""The records that describe a dataset, and their JSON form.

`DatasetRecord` is what a list of datasets shows; `Head` is one immutable version, held by
the catalogue and therefore trusted. Reading JSON is strict: an unknown member, a missing
one or a wrong type is an error, because both records decide what a reader believes.
The JSON Schemas beside this package say the same to TypeScript.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self, get_args

from museion_datasets.errors import InvalidError

FORMAT_VERSION = 1
MAX_TEXT_CHARACTERS = 20_000
_HINT = "read it with the version of museion that wrote it, or restore it from a backup."

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class DatasetKind(StrEnum):
    """What a dataset mainly holds."""

    CUBE = "cube"
    SCAN = "scan"
    LIBRARY = "library"
    TABLE = "table"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class DatasetPath:
    """Where people find a dataset: its workgroup's slug and its name.

    Attributes
    ----------
    workgroup : str
        Slug of the owning workgroup.
    name : str
        Name within the workgroup.
    """

    workgroup: str
    name: str

    def __str__(self) -> str:
        return f"{self.workgroup}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"murals/panel"``.

        Parameters
        ----------
        text : str
            Workgroup slug and dataset name, joined by one slash.

        Returns
        -------
        DatasetPath
            The two parts.

        Raises
        ------
        InvalidError
            If a part is not 1 to 40 lower-case letters, digits and inner hyphens.
        """
        parts = text.split("/") if isinstance(text, str) else []
        if len(parts) != 2 or not all(map(_NAME.fullmatch, parts)):  # noqa: PLR2004 - a pair
            raise InvalidError(
                f"Not a dataset path: {text!r}",
                hint="write workgroup/name in lower-case letters, digits and hyphens, "
                "as in murals/panel.",
            )
        return cls(*parts)


class _Record:
    """Strict JSON for a frozen dataclass whose fields are strings, integers and booleans."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return the record as a JSON object.

        Returns
        -------
        dict
            One member for each field.
        """
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read a record from a JSON object.

        Parameters
        ----------
        data : object
            What a JSON parser returned.

        Returns
        -------
        Self
            The record, its values checked.

        Raises
        ------
        InvalidError
            If a member is missing, unknown, of a wrong type or out of range.
        """
        if not isinstance(data, Mapping):
            raise InvalidError(f"Not a valid {cls.__name__}: not a JSON object", hint=_HINT)
        types: dict[str, Any] = {f.name: f.type for f in fields(cls)}  # type: ignore[arg-type]
        if set(data) != set(types):
            wrong = sorted(map(str, set(data) ^ set(types)))
            raise InvalidError(
                f"Not a valid {cls.__name__}: missing or unknown members {', '.join(wrong)}",
                hint=_HINT,
            )
        for name, value in data.items():
            allowed = get_args(types[name]) or (types[name],)
            if type(value) not in allowed:
                raise InvalidError(
                    f"Not a valid {cls.__name__}: {name} has the wrong type {type(value).__name__}",
                    hint=_HINT,
                )
        return cls(**data)


@dataclass(frozen=True, slots=True)
class DatasetRecord(_Record):
    """One line in the list of datasets.

    Attributes
    ----------
    id : str
        32 hexadecimal digits, never reused.
    path : str
        Workgroup and name, as in ``"murals/panel"``.
    title : str
        Title for people.
    kind : str
        One of `DatasetKind`.
    rights : str
        Identifier of a rights statement or licence, see `museion_datasets.policy`.
    synthetic : bool
        Whether the data was computed rather than measured.
    description : str
        A paragraph for people; may be empty.
    version : int or None
        The newest version; None while nothing was committed.
    size_bytes : int
        Size of the newest version's objects in the storage, in bytes.
    created : str
        When the dataset was created, RFC 3339 in UTC.
    """

    id: str
    path: str
    title: str
    kind: str
    rights: str
    synthetic: bool
    description: str
    version: int | None
    size_bytes: int
    created: str

    def __post_init__(self) -> None:
        _require(_ID.fullmatch(self.id), type(self), "id", self.id)
        DatasetPath.parse(self.path)
        _require(self.kind in set(DatasetKind), type(self), "kind", self.kind)
        _require(self.title.strip(), type(self), "title", self.title)
        for name in ("title", "rights", "description"):
            length = len(getattr(self, name))
            _require(length <= MAX_TEXT_CHARACTERS, type(self), f"length of {name}", length)
        _require(self.version is None or self.version >= 1, type(self), "version", self.version)
        _require(self.size_bytes >= 0, type(self), "size_bytes", self.size_bytes)
        _require(is_timestamp(self.created), type(self), "created", self.created)


@dataclass(frozen=True, slots=True)
class Head(_Record):
    """One immutable version of a dataset.

    A reader trusts the head that its catalogue gives; everything in the storage is
    checked against it.

    Attributes
    ----------
    format : int
        Version of the storage format.
    dataset : str
        The dataset's id.
    version : int
        Counts from 1.
    parent : int or None
        The version this one was made from.
    parent_root : str or None
        Manifest root of the parent, which chains the versions.
    manifest_object : str
        Object id of the manifest's index, 32 hexadecimal digits.
    manifest_root : str
        BLAKE3 over the digests of the manifest's sealed pages, 64 hexadecimal digits.
    entries : int
        Number of items in the manifest.
    epoch : int
        Epoch of the dataset key that seals it.
    author : str
        Who committed it.
    created : str
        When, RFC 3339 in UTC.
    message : str
        What changed, for people; may be empty.
    """

    format: int
    dataset: str
    version: int
    parent: int | None
    parent_root: str | None
    manifest_object: str
    manifest_root: str
    entries: int
    epoch: int
    author: str
    created: str
    message: str

    def __post_init__(self) -> None:
        _require(self.format == FORMAT_VERSION, type(self), "format", self.format)
        _require(_ID.fullmatch(self.dataset), type(self), "dataset", self.dataset)
        _require(self.version >= 1, type(self), "version", self.version)
        _require(
            self.parent is None or 1 <= self.parent < self.version,
            type(self),
            "parent",
            self.parent,
        )
        _require((self.parent is None) == (self.parent_root is None), type(self), "parent_root", "")
        for digest in (self.manifest_root, self.parent_root or self.manifest_root):
            _require(_DIGEST.fullmatch(digest), type(self), "digest", digest)
        _require(_ID.fullmatch(self.manifest_object), type(self), "manifest_object", "")
        _require(self.entries >= 0, type(self), "entries", self.entries)
        _require(self.epoch >= 1, type(self), "epoch", self.epoch)
        length = len(self.message)
        _require(length <= MAX_TEXT_CHARACTERS, type(self), "length of message", length)
        _require(is_timestamp(self.created), type(self), "created", self.created)


def timestamp(moment: datetime) -> str:
    """Return `moment` as RFC 3339 text in UTC, to the second.

    Parameters
    ----------
    moment : datetime.datetime
        An aware point in time.

    Returns
    -------
    str
        As in ``"2026-11-22T10:00:00Z"``.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_timestamp(text: str) -> bool:
    """Return whether `text` is what `timestamp` writes.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    bool
        True for a possible date in exactly that form.
    """
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return timestamp(moment) == text


def _require(claim: object, record: type, name: str, value: object) -> None:
    """Raise unless `claim` holds.

    Raises
    ------
    InvalidError
        If it doesn't.
    """
    if not claim:
        message = f"Not a valid {record.__name__}: {name} is out of range: {value!r:.80}"
        raise InvalidError(message, hint=_HINT)
