"""What a reader of 3D files hands over: arrays in the file's own units, and what it says of them.

A file that promises more than it can hold is refused before anything is allocated. Texts of
numbers become arrays in one step; the line of a word that is none is found only then.
"""

import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import Floats, Integers, MeshArrays
from museion_datasets.ingest.scans.scratch import blocks, room_for

type Array = NDArray[Any]
type FileBytes = bytes | mmap.mmap
"""A whole file; one that is mapped may be larger than memory."""

_SMALLEST_POLYGON = 3


class Beside(Protocol):
    """The files that lie beside a 3D file."""

    def read(self, name: str, /) -> bytes | None:
        """Return a file's bytes; None if it is not there, or not inside the folder."""


class Alone:
    """For a file that came without its folder."""

    def read(self, name: str) -> bytes | None:
        """Find nothing."""
        del name
        return None


@dataclass(frozen=True, slots=True)
class RawScan:
    """A 3D file, read.

    Attributes
    ----------
    mesh : MeshArrays
        In units and frame of the file; without faces if it holds points only.
    unit : str
        The unit of length that the file or its format says; empty if neither does.
    up : str
        The axis that the format says is up, "y" or "z"; empty if it does not.
    notes : tuple of str
        What a person should know.
    facts : mapping
        Metadata of the file in JSON types.
    """

    mesh: MeshArrays
    unit: str = ""
    up: str = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def require_room(what: str, count: int, least_bytes: int, room_bytes: int) -> None:
    """Refuse a header that promises more than the file has room for.

    Parameters
    ----------
    what : str
        As in "vertex elements".
    count : int
        How many the header says.
    least_bytes : int
        What one of them takes at least.
    room_bytes : int
        What is left of the file.

    Raises
    ------
    InvalidError
        If they can't be there.
    """
    if count < 0 or count * least_bytes > room_bytes:
        raise InvalidError(
            f"The file says it has {count:,} {what} but holds fewer: {room_bytes:,} bytes are left",
            hint="the file is damaged or cut short; copy or export it again.",
        )


def parse_numbers(text: bytes, what: str, first_line: int = 1) -> Floats:
    """Read numbers between white space.

    Parameters
    ----------
    text : bytes
        Text.
    what : str
        Where it comes from, for the message.
    first_line : int
        Number of the text's first line in the file.

    Returns
    -------
    (n,) float64
        In their order.

    Raises
    ------
    InvalidError
        If a word is no number; it names the line.
    """
    if not text.strip():
        return np.empty(0)
    try:
        return np.fromstring(text, np.float64, sep=" ")
    except ValueError as error:
        word, line = _wrong_word(text)
        raise InvalidError(
            f"Not a number in line {first_line + line} of the {what}: {word!r:.40}",
            hint="the file is damaged, or written with a decimal comma; export it again.",
        ) from error


def _wrong_word(text: bytes) -> tuple[str, int]:
    for number, line in enumerate(text.split(b"\n")):
        for word in line.split():
            try:
                float(word)
            except ValueError:
                return word.decode("ascii", "backslashreplace"), number
    return text[-40:].decode("ascii", "backslashreplace"), text.count(b"\n")


def cut_polygons(corners: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Cut polygons into triangles that share the first corner.

    Parameters
    ----------
    corners : (sum of counts,) int
        Places of the polygons' corners in any list, one polygon after the other.
    counts : (p,) int
        Corners of each polygon; below three it gives no triangle.

    Returns
    -------
    (m, 3) int64
        What stands in `corners`.
    (m,) int64
        The polygon that each triangle is of.
    """
    starts = np.cumsum(counts) - counts
    triangles = np.maximum(counts - 2, 0)
    owner = np.repeat(np.arange(len(counts)), triangles)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(triangles) - triangles, triangles)
    first = starts[owner]
    places = np.stack([first, first + rank + 1, first + rank + 2], axis=1)
    return np.asarray(corners, np.int64)[places], owner


def polygon_notes(counts: Integers) -> tuple[str, ...]:
    """Say what was cut into triangles and what is too small to be one."""
    larger = int((counts > _SMALLEST_POLYGON).sum())
    smaller = int((counts < _SMALLEST_POLYGON).sum())
    notes = []
    if larger:
        notes.append(f"{larger:,} faces of more than three corners are cut into triangles")
    if smaller:
        notes.append(f"{smaller:,} faces of fewer than three corners are left out")
    return tuple(notes)


def columns(table: Mapping[str, Array], names: Sequence[str]) -> Floats | None:
    """Return named columns side by side as float64; None if one is missing."""
    if not all(name in table for name in names):
        return None
    return side_by_side([table[name] for name in names], np.float64)


def side_by_side(values: Sequence[Array], dtype: DTypeLike) -> Array:
    """Return columns of equal length side by side, (n, columns)."""
    found = room_for((len(values[0]), len(values)), dtype)
    for block in blocks(len(found), found, *values):
        for at, column in enumerate(values):
            found[block, at] = column[block]
    return found
