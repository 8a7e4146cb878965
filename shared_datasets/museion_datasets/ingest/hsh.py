"""Hemispherical harmonics: files of RTI (``.rti``) as RTIBuilder writes them.

Comment lines, then the type 3, ``width height channels``, ``terms basis size``; then scale and
offset of each term as float32; then bytes by row (top first), pixel, channel and term. A term
is ``byte / 255 * scale + offset``, for display values of 0 to 1.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import parsing
from museion_datasets.ingest.form import Reading
from museion_datasets.ingest.limits import MAX_SIDE
from museion_datasets.ingest.rti_model import read_model, require_size
from museion_datasets.ingest.source import Original, look_at, read_head
from museion_datasets.rti_basis import HSH_TERMS, Basis, BasisKind

_MAGIC = b"#HSH"
_HEADER = re.compile(
    rb"(?:#[^\n]*\n)+\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)[ \t]*\r?\n"
)
_TYPE, _CHANNELS, _RGB_BASIS, _BYTES = 3, 3, 2, 1
_WHITE = 255.0


@dataclass(frozen=True, slots=True)
class HshHeader:
    """What stands before the bytes.

    Attributes
    ----------
    width, height : int
        Pixels.
    scale, offset : (terms,) float64
        Of the terms.
    start : int
        Where the bytes begin.
    """

    width: int
    height: int
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    start: int


class HshReader:
    """Reads hemispherical harmonics."""

    name = "HSH"

    def recognises(self, _path: Path, head: bytes) -> bool:
        """Return whether it begins as such a file."""
        return head.startswith(_MAGIC)

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open a file as an RTI model."""
        header = parse_hsh_header(read_head(path))
        basis = Basis(BasisKind.HSH, len(header.scale))
        require_size(path, header.start, header.width * header.height * 3 * basis.terms)
        low, high = header.offset, header.offset + header.scale
        facts = {"terms": basis.terms, "scale": header.scale.tolist(), "bias": low.tolist()}
        with parsing(path):
            terms = HshTerms(path, header)
        yield read_model(
            basis, terms, np.repeat(low, 3).tolist(), np.repeat(high, 3).tolist(), facts
        )


class HshTerms:
    """Terms of a file as real values.

    Parameters
    ----------
    path : Path
        The file.
    header : HshHeader
        Its header.
    """

    def __init__(self, path: Path, header: HshHeader) -> None:
        self._header = header
        stored = (header.height, header.width, _CHANNELS, len(header.scale))
        self._bytes = np.memmap(path, np.uint8, "r", header.start, stored)
        self.shape = (header.height, header.width, _CHANNELS * len(header.scale))

    def read(self, rows: slice) -> NDArray[np.float32]:
        """Return whole rows."""
        values = np.asarray(self._bytes[rows]) / _WHITE * self._header.scale + self._header.offset
        return np.moveaxis(values, 2, 3).reshape(-1, *self.shape[1:]).astype(np.float32)


def parse_hsh_header(head: bytes) -> HshHeader:
    """Read a file's header.

    Parameters
    ----------
    head : bytes
        How the file begins.

    Returns
    -------
    HshHeader
        Checked.

    Raises
    ------
    InvalidError
        If it holds another kind of terms, or numbers that are absurd.
    """
    found = _HEADER.match(head)
    numbers = [int(number) for number in found.groups()] if found else []
    if found is None or numbers[0] != _TYPE:
        raise InvalidError(
            "The header of the HSH file is cut short or damaged",
            hint="export it again, as RTI with hemispherical harmonics.",
        )
    _, width, height, channels, terms, kind, size = numbers
    if (channels, kind, size) != (_CHANNELS, _RGB_BASIS, _BYTES) or terms not in HSH_TERMS:
        raise InvalidError(
            f"Not a kind of HSH file that is read: {channels} channels, {terms} terms, "
            f"{size} bytes each",
            hint="export it with 4, 9 or 16 terms of one byte for red, green and blue.",
        )
    start = found.end() + 8 * terms
    floats = np.frombuffer(head[found.end() : start], "<f4").astype(np.float64)
    sound = floats.size == 2 * terms and np.isfinite(floats).all()
    if not (sound and 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise InvalidError(
            f"The header of the HSH file holds absurd numbers: {width} x {height} pixels",
            hint="export the file again.",
        )
    return HshHeader(width, height, floats[:terms], floats[terms:], start)
