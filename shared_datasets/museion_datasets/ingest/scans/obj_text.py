"""The lines of a Wavefront OBJ file as arrays, read in pieces of some megabytes.

All lines of one kind are parsed in one step; relative indices (``-1`` is the newest vertex)
are resolved by how many vertices stand above the line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.raw import parse_numbers

type Array = NDArray[Any]

PIECE_BYTES = 32 << 20
_KINDS = ("v", "vt", "vn")
_SPACE, _SLASH, _NEWLINE = 32, ord("/"), ord("\n")
_MOST_PARTS = 3
_LEAST_NUMBERS = {"v": 3, "vt": 2, "vn": 3}
_ABSENT, _IMPOSSIBLE = -1, -2
_CONTINUED = re.compile(rb"\\\r?\n")
_HINT = "the file is damaged or cut short; copy or export it again."


@dataclass(slots=True)
class ObjText:
    """What the lines say.

    Attributes
    ----------
    numbers : dict of str to list of array
        Of "v", "vt" and "vn": (n, k) float64, k as many as each line has.
    corners : list of (c, 3) int64
        For each corner of each face the ids of position, texture place and normal from 0 on;
        -1 where there is none, -2 where a relative one leads nowhere.
    counts : list of int64 arrays
        Corners of each face.
    materials : list of (int, str)
        From which face on a material is used.
    libraries : list of str
        Names of material files.
    """

    numbers: dict[str, list[Array]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    corners: list[Array] = field(default_factory=list)
    counts: list[Array] = field(default_factory=list)
    materials: list[tuple[int, str]] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reached:
    """How far the reading is."""

    line: int = 1
    faces: int = 0
    seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of one kind: their bytes without the keyword, and where they stand."""

    text: bytes
    numbers: Array
    """Line of the piece, from 0 on."""


def read_text(data: bytes) -> ObjText:
    """Read all lines.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    ObjText
        Unchecked indices.

    Raises
    ------
    InvalidError
        If a line is not understood; it names the line.
    """
    if b"\\\n" in data or b"\\\r\n" in data:
        data = _CONTINUED.sub(b" ", data)
    text, reached = ObjText(), _Reached()
    for piece in _pieces(data):
        _read_piece(piece, text, reached)
    return text


def _pieces(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + PIECE_BYTES)
        end = len(data) if end < 0 else end + 1
        yield data[at:end]
        at = end


def _read_piece(piece: bytes, text: ObjText, reached: _Reached) -> None:
    buffer = np.frombuffer(piece + b"\n  ", np.uint8)
    ends = np.flatnonzero(buffer == _NEWLINE)
    starts = np.concatenate([[0], ends[:-1] + 1])
    starts = _skip_blanks(buffer, starts, ends)
    words = [buffer[starts + step] for step in range(3)]
    picked: dict[str, _Lines] = {}
    above: dict[str, Array] = {}
    for kind in (*_KINDS, "f"):
        is_kind = words[len(kind)] <= _SPACE
        for step, letter in enumerate(kind.encode()):
            is_kind &= words[step] == letter
        picked[kind] = _pick(buffer, starts, ends, is_kind, len(kind))
        above[kind] = np.cumsum(is_kind) + reached.seen.get(kind, 0)
    for kind in _KINDS:
        rows = _rows(picked[kind], kind, reached)
        if rows is not None:
            text.numbers[kind].append(rows)
    faces = picked["f"]
    bases = np.stack([above[kind][faces.numbers] for kind in _KINDS], axis=1)
    corners, counts = _faces(faces, bases, reached)
    text.corners.append(corners)
    text.counts.append(counts)
    _read_words(piece, starts, above["f"], text, reached)
    for kind in _KINDS:
        reached.seen[kind] += len(picked[kind].numbers)
    reached.faces += len(faces.numbers)
    reached.line += len(ends) - 1


def _skip_blanks(buffer: Array, starts: Array, ends: Array) -> Array:
    """Move the starts of lines to their first letter."""
    starts = starts.copy()
    while True:
        is_blank = (buffer[starts] <= _SPACE) & (starts < ends)
        if not is_blank.any():
            return starts
        starts[is_blank] += 1


def _pick(buffer: Array, starts: Array, ends: Array, is_kind: Array, skip: int) -> _Lines:
    """Return the lines of a kind, each ending with a line feed."""
    change = np.zeros(len(buffer) + 1, np.int8)
    change[starts[is_kind] + skip] = 1
    change[ends[is_kind] + 1] -= 1
    is_inside = np.cumsum(change[:-1], dtype=np.int8).astype(bool)
    return _Lines(buffer[is_inside].tobytes(), np.flatnonzero(is_kind))


def _words(text: bytes) -> tuple[Array, Array]:
    """Return where words begin in lines that each end with a line feed, and how many each has."""
    buffer = np.frombuffer(b"\n" + text, np.uint8)
    starts = np.flatnonzero((buffer[1:] > _SPACE) & (buffer[:-1] <= _SPACE))
    ends = np.flatnonzero(buffer[1:] == _NEWLINE)
    return starts, np.diff(np.searchsorted(starts, ends), prepend=0)


def _rows(lines: _Lines, kind: str, reached: _Reached) -> Array | None:
    """Return the numbers of lines that must all have equally many.

    Raises
    ------
    InvalidError
        If they have not; it names the line.
    """
    if len(lines.numbers) == 0:
        return None
    text = _without_comments(lines)
    _, counts = _words(text)
    wrong = np.flatnonzero((counts != counts[0]) | (counts < _LEAST_NUMBERS[kind]))
    if len(wrong):
        line = reached.line + int(lines.numbers[wrong[0]])
        raise InvalidError(
            f"Line {line} of the OBJ file has {int(counts[wrong[0]])} numbers behind {kind!r},"
            f" the first such line {int(counts[0])}",
            hint=_HINT,
        )
    first_line = reached.line + int(lines.numbers[0])
    return parse_numbers(text, f"OBJ file, among the lines of {kind!r}", first_line).reshape(
        len(counts), -1
    )


def _without_comments(lines: _Lines) -> bytes:
    return re.sub(rb"#[^\n]*", b"", lines.text) if b"#" in lines.text else lines.text


def _faces(lines: _Lines, bases: Array, reached: _Reached) -> tuple[Array, Array]:
    """Return the ids of corners, and how many each face has.

    Parameters
    ----------
    lines : _Lines
        Of faces.
    bases : (f, 3) int64
        Positions, texture places and normals above each line.
    reached : _Reached
        For the message.
    """
    text = _without_comments(lines)
    starts, counts = _words(text)
    buffer = np.frombuffer(text + b" ", np.uint8)
    is_slash = buffer == _SLASH
    slashes = np.cumsum(is_slash)
    stops = np.append(starts[1:], len(text)) if len(starts) else starts
    parts = 1 + slashes[stops - 1] - np.where(starts > 0, slashes[starts - 1], 0)
    is_alone = np.append(is_slash[1:], False) & is_slash
    is_last = is_slash & np.append(buffer[1:] <= _SPACE, True)
    if (parts > _MOST_PARTS).any() or is_last.any() or is_slash[starts].any():
        row = int(np.searchsorted(np.cumsum(counts), _first_bad(parts, starts, is_slash, is_last)))
        _refuse_face(reached.line + int(lines.numbers[min(row, len(counts) - 1)]))
    spread = text.replace(b"//", b" 0 ") if is_alone.any() else text
    values = parse_numbers(spread.replace(b"/", b" "), "OBJ file, among its faces", reached.line)
    if not (values % 1.0 == 0.0).all() or len(values) != int(parts.sum()):
        _refuse_face(reached.line + int(lines.numbers[0]))
    ids = np.zeros((len(starts), 3), np.int64)
    first = np.cumsum(parts) - parts
    for part in range(_MOST_PARTS):
        has = parts > part
        ids[has, part] = values[first[has] + part].astype(np.int64)
    base = np.repeat(bases, counts, axis=0)
    relative = np.where(base + ids >= 0, base + ids, _IMPOSSIBLE)
    return np.where(ids > 0, ids - 1, np.where(ids < 0, relative, _ABSENT)), counts


def _first_bad(parts: Array, starts: Array, is_slash: Array, is_last: Array) -> int:
    """Return which corner is wrong first."""
    bad = np.flatnonzero((parts > _MOST_PARTS) | is_slash[starts])
    ends = np.flatnonzero(is_last)
    late = np.searchsorted(starts, ends[0], side="right") - 1 if len(ends) else len(starts)
    return int(min(bad[0] if len(bad) else len(starts), late)) + 1


def _refuse_face(line: int) -> NoReturn:
    """Refuse a face.

    Raises
    ------
    InvalidError
        Always.
    """
    raise InvalidError(
        f"A face of the OBJ file is not understood, in line {line} or below it",
        hint="corners are written as 7, 7/3, 7//5 or 7/3/5; " + _HINT,
    )


def _read_words(
    piece: bytes, starts: Array, faces_above: Array, text: ObjText, reached: _Reached
) -> None:
    """Read the few lines that name materials and their files."""
    for match in re.finditer(rb"^[^\S\n]*(usemtl|mtllib)[^\S\n]+([^\n]*)", piece, re.MULTILINE):
        name = match[2].strip().decode("utf-8", "replace")
        if match[1] == b"mtllib":
            text.libraries.append(name)
            continue
        line = int(np.searchsorted(starts, match.start(1), side="right")) - 1
        text.materials.append((reached.faces + int(faces_above[line]), name))
