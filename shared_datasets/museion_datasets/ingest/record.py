"""What a dataset remembers of an ingest: which files, their digests, what was noticed.

One JSON object for each source, under ``ingest/<item>.json``. It tells a later ingest of the
same files that there is nothing to do, and an auditor which bytes an array was made from.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from museion_datasets.errors import InvalidError

FOLDER = "ingest/"
FORM_VERSION = 1
"""Raised when the analysis form changes: then the same files make a new version."""

MAX_RECORD_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An original in a dataset.

    Attributes
    ----------
    name : str
        Its name at the source, with folders.
    key : str
        Where it lies in the dataset.
    size_bytes : int
        Its length.
    sha256 : str
        Its digest, 64 hexadecimal digits.
    media_type : str
        What it is.
    """

    name: str
    key: str
    size_bytes: int
    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Record:
    """One ingested source.

    Attributes
    ----------
    item : str
        Name of its main item.
    format : str
        Name of the format.
    fingerprint : str
        Digest over everything that decides the result.
    originals : tuple of KeptFile
        The files.
    items : tuple of str
        All items made of it.
    notes : tuple of str
        What was sorted, left out or guessed.
    layout : tuple of str
        How arrays are cut, and why.
    facts : mapping
        Metadata of the files.
    """

    item: str
    format: str
    fingerprint: str
    originals: tuple[KeptFile, ...]
    items: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Logical key of the record."""
        return f"{FOLDER}{self.item}.json"

    def to_bytes(self) -> bytes:
        """Return the record as JSON."""
        plain = {**asdict(self), "facts": plain_json(self.facts)}
        return json.dumps(plain, ensure_ascii=False, allow_nan=False).encode(
            "utf-8", "backslashreplace"
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return a record that `to_bytes` wrote.

        Parameters
        ----------
        content : bytes
            Its JSON.

        Returns
        -------
        Record
            Checked for its form.

        Raises
        ------
        InvalidError
            If it is not one.
        """
        try:
            plain = json.loads(content)
            originals = tuple(KeptFile(**each) for each in plain.pop("originals"))
            lists: dict[str, Any] = {
                name: tuple(plain.pop(name)) for name in ("items", "notes", "layout")
            }
            return cls(**plain, **lists, originals=originals)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidError(
                "The record of an ingest cannot be read", hint="ingest its source again."
            ) from error


def fingerprint(format_name: str, item: str, options: str, files: tuple[KeptFile, ...]) -> str:
    """Return a digest over everything that decides what an ingest makes.

    Parameters
    ----------
    format_name, item, options : str
        Reader, name of the item, and what was asked for.
    files : tuple of KeptFile
        The originals.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    listed = [[file.name, file.size_bytes, file.sha256] for file in files]
    content = json.dumps([FORM_VERSION, format_name, item, options, listed])
    return hashlib.sha256(content.encode()).hexdigest()


def plain_json(value: Any) -> Any:  # noqa: ANN401
    """Return metadata of any library in JSON types; what has none becomes text.

    Parameters
    ----------
    value : any
        numpy scalars and arrays, bytes, mappings, sequences.

    Returns
    -------
    any
        None, bool, int, float, str, list or dict.
    """
    match value:
        case None | bool() | int() | str():
            result: Any = value
        case float():
            result = value if math.isfinite(value) else str(value)
        case bytes():
            result = value.decode("utf-8", "backslashreplace")
        case Mapping():
            result = {str(key): plain_json(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            result = [plain_json(each) for each in value]
        case _:
            result = plain_json(value.tolist()) if hasattr(value, "tolist") else str(value)
    return result
