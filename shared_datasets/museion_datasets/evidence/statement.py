"""What a release says: an in-toto Statement about one version of a dataset.

Its subjects are the manifest root and the list of all stored objects, both by digest; its
predicate says what, who, for whom, under which rights, where it lies and what it was made
from. What the catalogue knows is an `Outline`; `Release` adds what the author says and what
was found in the storage. A predicate of another version is refused, never half understood.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from museion_datasets.errors import InvalidError, PolicyError
from museion_datasets.evidence.records import (
    decode_json,
    encode_json,
    read_record,
    require,
    require_members,
)
from museion_datasets.model import (
    FORMAT_VERSION,
    MAX_TEXT_CHARACTERS,
    DatasetPath,
    is_timestamp,
)
from museion_datasets.policy import DatasetPolicy

STATEMENT_URI = "https://in-toto.io/Statement/v1"
PREDICATE_URI = "urn:museion:release:v1"
MAX_PROVENANCE_BYTES = 1 << 16

_MANIFEST, _OBJECTS = "manifest", "objects"
_ROOT_DIGEST = "museionManifestRoot"
_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HINT = "update museion, or ask the author for an unaltered copy."


@dataclass(frozen=True, slots=True)
class Previous:
    """The release before this one.

    Attributes
    ----------
    release : int
        Its number.
    digest : str
        SHA-256 over its envelope as stored.
    """

    release: int
    digest: str

    def __post_init__(self) -> None:
        require(self.release >= 1, "Previous", "release", self.release)
        require(_DIGEST.fullmatch(self.digest), "Previous", "digest", self.digest)


@dataclass(frozen=True, slots=True)
class StoredAt:
    """Where the objects lay when the release was made.

    Attributes
    ----------
    name : str
        Name of the place.
    jurisdiction : str
        The law it stands under; empty if nobody has said.
    """

    name: str
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class Recipients:
    """For whom the release is: who could open the dataset when it was made.

    Attributes
    ----------
    workgroups : tuple of str
        Slugs, sorted; the owning workgroup is one of them.
    digest : str
        SHA-256 over the access list, see `recipients_of`.
    """

    workgroups: tuple[str, ...]
    digest: str

    def __post_init__(self) -> None:
        names = list(self.workgroups)
        require(names == sorted(set(names)), "Recipients", "workgroups", names)
        require(_DIGEST.fullmatch(self.digest), "Recipients", "digest", self.digest)


@dataclass(frozen=True, slots=True)
class Listed:
    """The list of stored objects.

    Attributes
    ----------
    sha256, blake3 : str
        Digests over the list as stored.
    objects : int
        How many objects it names.
    size_bytes : int
        Their lengths, added up.
    """

    sha256: str
    blake3: str
    objects: int
    size_bytes: int

    def __post_init__(self) -> None:
        require(_DIGEST.fullmatch(self.sha256), "Listed", "sha256", self.sha256)
        require(_DIGEST.fullmatch(self.blake3), "Listed", "blake3", self.blake3)
        require(self.objects >= 1, "Listed", "objects", self.objects)
        require(self.size_bytes >= 1, "Listed", "size_bytes", self.size_bytes)


@dataclass(frozen=True, slots=True)
class Outline:
    """What the catalogue says about a release to be.

    Attributes
    ----------
    format : int
        Version of the storage format.
    dataset : str
        The dataset's id.
    path, title : str
        How people find and call it.
    release : int
        Counts from 1.
    previous : Previous or None
        None for the first.
    version : int
        The version that is released.
    parent : int or None
        The version that one was made from.
    manifest_root : str
        Of the version.
    epoch : int
        Newest epoch of the keys that seal it.
    policy : DatasetPolicy
        Owner, rights, jurisdictions, embargo, purposes.
    stored_at : StoredAt
        Where the objects lie.
    recipients : Recipients
        Who can open it.
    author : str
        The account that releases it.
    institution : str
        The institution behind the catalogue.
    """

    format: int
    dataset: str
    path: str
    title: str
    release: int
    previous: Previous | None
    version: int
    parent: int | None
    manifest_root: str
    epoch: int
    policy: DatasetPolicy
    stored_at: StoredAt
    recipients: Recipients
    author: str
    institution: str

    def __post_init__(self) -> None:
        what = type(self).__name__
        require(self.format == FORMAT_VERSION, what, "format", self.format)
        require(_ID.fullmatch(self.dataset), what, "dataset", self.dataset)
        DatasetPath.parse(self.path)
        require(self.release >= 1, what, "release", self.release)
        before = self.previous.release if self.previous else 0
        require(before == self.release - 1, what, "previous", before)
        require(self.version >= 1, what, "version", self.version)
        require(self.parent is None or 1 <= self.parent < self.version, what, "parent", self.parent)
        require(_DIGEST.fullmatch(self.manifest_root), what, "manifest_root", self.manifest_root)
        require(self.epoch >= 1, what, "epoch", self.epoch)
        for name in ("title", "author", "institution"):
            text = getattr(self, name)
            require(0 < len(text) <= MAX_TEXT_CHARACTERS, what, name, text)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read an outline.

        Parameters
        ----------
        data : object
            Parsed JSON.

        Returns
        -------
        Outline
            Checked.

        Raises
        ------
        InvalidError
            If a member is missing, unknown, of a wrong type or out of range.
        """
        return _read(cls, data)

    def to_json(self) -> dict[str, Any]:
        """Return the outline as a JSON object.

        Returns
        -------
        dict
            One member for each field.
        """
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Release:
    """One release.

    Attributes
    ----------
    outline : Outline
        What the catalogue says.
    listed : Listed
        The stored objects.
    message : str
        What is released, for people; may be empty.
    provenance : dict
        What it was made from: free JSON. By convention ``inputs`` is a list of objects with
        ``path``, ``release`` and ``digest`` of releases.
    created : str
        When, RFC 3339 in UTC, by the author's clock.
    """

    outline: Outline
    listed: Listed
    message: str
    provenance: dict[str, Any] = field(hash=False)
    created: str

    def __post_init__(self) -> None:
        what = type(self).__name__
        length = len(self.message)
        require(length <= MAX_TEXT_CHARACTERS, what, "length of message", length)
        require(is_timestamp(self.created), what, "created", self.created)
        size = len(encode_json(self.provenance))
        require(size <= MAX_PROVENANCE_BYTES, what, "length of provenance", size)

    def to_statement(self) -> bytes:
        """Return the in-toto Statement.

        Returns
        -------
        bytes
            JSON, the same for the same release.
        """
        outline: dict[str, Any] = asdict(self.outline)
        listed: dict[str, Any] = asdict(self.listed)
        root = outline.pop("manifest_root")
        digests = {"sha256": listed.pop("sha256"), "blake3": listed.pop("blake3")}
        said = {"message": self.message, "created": self.created}
        predicate = outline | listed | said | {"provenance": self.provenance}
        return encode_json({
            "_type": STATEMENT_URI,
            "subject": [
                {"name": _MANIFEST, "digest": {_ROOT_DIGEST: root}},
                {"name": _OBJECTS, "digest": digests},
            ],
            "predicateType": PREDICATE_URI,
            "predicate": predicate,
        })

    @classmethod
    def from_statement(cls, payload: bytes) -> Self:
        """Read an in-toto Statement.

        Parameters
        ----------
        payload : bytes
            What was signed.

        Returns
        -------
        Release
            Checked.

        Raises
        ------
        InvalidError
            If it is another statement, another version of ours, or not exactly as described.
        """
        members = ["_type", "subject", "predicateType", "predicate"]
        statement = require_members(decode_json(payload, "statement"), members, "statement")
        for name, wanted in (("_type", STATEMENT_URI), ("predicateType", PREDICATE_URI)):
            if statement[name] != wanted:
                raise InvalidError(
                    f"Not a statement of this version of museion: {name} is "
                    f"{statement[name]!r:.80}",
                    hint=_HINT,
                )
        root, digests = _subjects(statement["subject"])
        return cls._from_predicate(statement["predicate"], root, digests)

    @classmethod
    def _from_predicate(cls, data: object, root: object, digests: dict[str, object]) -> Self:
        """Read the predicate, whose digests stand among the subjects."""
        outline = [name for name in Outline.__slots__ if name != "manifest_root"]
        counts, said = ["objects", "size_bytes"], ["message", "provenance", "created"]
        members = require_members(data, [*outline, *counts, *said], "predicate")
        return _read(
            cls,
            {
                "outline": {name: members[name] for name in outline} | {"manifest_root": root},
                "listed": {name: members[name] for name in counts} | digests,
                **{name: members[name] for name in said},
            },
        )


def recipients_of(access: Iterable[tuple[str, str]]) -> Recipients:
    """Return the recipients in an access list.

    Parameters
    ----------
    access : iterable of (str, str)
        Name and what it is: ``owner``, ``workgroup``, ``recovery`` or ``partner``.

    Returns
    -------
    Recipients
        Of those outside, who are named by their keys, only the digest speaks. It is over the
        sorted list as JSON objects with ``name`` and ``kind``.
    """
    ordered = sorted(access)
    listed = [{"name": name, "kind": kind} for name, kind in ordered]
    digest = hashlib.sha256(encode_json(listed)).hexdigest()
    workgroups = {name for name, kind in ordered if kind in {"owner", "workgroup"}}
    return Recipients(tuple(sorted(workgroups)), digest)


def differences(wanted: Outline, found: Outline) -> list[str]:
    """Return in what two outlines differ.

    Parameters
    ----------
    wanted, found : Outline
        Any two.

    Returns
    -------
    list of str
        Names of fields.
    """
    names = [field.name for field in fields(Outline)]
    return [name for name in names if getattr(wanted, name) != getattr(found, name)]


def _read[T](kind: type[T], data: object) -> T:
    """Make a record from parsed JSON.

    Raises
    ------
    InvalidError
        If it is none, or names rights or places that nobody knows.
    """
    try:
        return read_record(kind, data)
    except PolicyError as error:
        raise InvalidError(error.message, hint=_HINT) from error


def _subjects(data: object) -> tuple[object, dict[str, object]]:
    """Return the manifest root and the digests of the list of objects.

    Raises
    ------
    InvalidError
        If the subjects are any others.
    """
    if not isinstance(data, list) or len(data) != 2:  # noqa: PLR2004 - the two above
        raise InvalidError("Not a valid statement: its subjects are others", hint=_HINT)
    found = [require_members(subject, ["name", "digest"], "subject") for subject in data]
    if [subject["name"] for subject in found] != [_MANIFEST, _OBJECTS]:
        raise InvalidError("Not a valid statement: its subjects are others", hint=_HINT)
    root = require_members(found[0]["digest"], [_ROOT_DIGEST], "digest")
    digests = require_members(found[1]["digest"], ["sha256", "blake3"], "digest")
    return root[_ROOT_DIGEST], dict(digests)
