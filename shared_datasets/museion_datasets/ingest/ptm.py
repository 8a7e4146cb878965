"""Polynomial texture maps: files of RTI (``.ptm``) with one brightness and colour, or three.

A header of text lines (version, format, width, height, six scales, six biases), then bytes,
rows from the bottom up. A term is ``(byte - bias) * scale``, for display values of 0 to 255.
What wraps the bytes in JPEG is refused, as nothing here could read it back exactly.

References
----------
T. Malzbender, D. Gelb, "Polynomial texture map (.ptm) file format", Hewlett-Packard
Laboratories, version 1.2 (2001).
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
from museion_datasets.ingest.source import HEAD_BYTES, Original, look_at, read_head
from museion_datasets.rti_basis import PTM_TERMS, Basis, BasisKind

_MAGIC = b"PTM_1."
_VERSION = b"PTM_1.2"
_FORMATS = {b"PTM_FORMAT_LRGB": BasisKind.PTM_LRGB, b"PTM_FORMAT_RGB": BasisKind.PTM_RGB}
_NUMBERS = 2 + 2 * PTM_TERMS
_HEADER = re.compile(rb"(\S+)\s+(\S+)\s+((?:\S+\s+){13}[^\s]+)[ \t]*\r?\n")
_WHITE = 255.0


@dataclass(frozen=True, slots=True)
class PtmHeader:
    """What stands before the bytes.

    Attributes
    ----------
    kind : BasisKind
        Which planes follow.
    width, height : int
        Pixels.
    scale, bias : (6,) float64
        Of the terms.
    start : int
        Where the bytes begin.
    """

    kind: BasisKind
    width: int
    height: int
    scale: NDArray[np.float64]
    bias: NDArray[np.float64]
    start: int


class PtmReader:
    """Reads polynomial texture maps."""

    name = "PTM"

    def recognises(self, _path: Path, head: bytes) -> bool:
        """Return whether it begins as one."""
        return head.startswith(_MAGIC)

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open a file as an RTI model."""
        header = parse_ptm_header(read_head(path))
        basis = Basis(header.kind, PTM_TERMS)
        pixels, bytes_per_pixel = header.width * header.height, 9 if basis.is_lrgb else 18
        require_size(path, header.start, pixels * bytes_per_pixel)
        low = (0.0 - header.bias) * header.scale / _WHITE
        high = (_WHITE - header.bias) * header.scale / _WHITE
        if basis.is_lrgb:
            ends = [[*low, 0.0, 0.0, 0.0], [*high, 1.0, 1.0, 1.0]]
        else:
            ends = [np.repeat(low, 3).tolist(), np.repeat(high, 3).tolist()]
        facts = {
            "format": header.kind.value,
            "scale": header.scale.tolist(),
            "bias": header.bias.tolist(),
        }
        with parsing(path):
            terms = PtmTerms(path, header)
        plain = [[float(each) for each in end] for end in ends]
        yield read_model(basis, terms, plain[0], plain[1], facts)


class PtmTerms:
    """Terms of a file as real values.

    Parameters
    ----------
    path : Path
        The file.
    header : PtmHeader
        Its header.
    """

    def __init__(self, path: Path, header: PtmHeader) -> None:
        self._header = header
        blocks = (PTM_TERMS, 3) if header.kind is BasisKind.PTM_LRGB else (PTM_TERMS,) * 3
        self.shape = (header.height, header.width, sum(blocks))
        self._blocks, at = [], header.start
        for count in blocks:
            shape = (header.height, header.width, count)
            self._blocks.append(np.memmap(path, np.uint8, "r", at, shape))
            at += int(np.prod(shape))

    def read(self, rows: slice) -> NDArray[np.float32]:
        """Return whole rows, counted from the top."""
        height, header = self.shape[0], self._header
        below = slice(height - rows.stop, height - rows.start)
        parts = [np.asarray(block[below])[::-1].astype(np.float64) for block in self._blocks]
        colours = parts.pop() if header.kind is BasisKind.PTM_LRGB else None
        terms = [(part - header.bias) * header.scale for part in parts]
        if colours is not None:
            joined = np.concatenate([*terms, colours], axis=-1)
        else:
            joined = np.stack(terms, axis=-1).reshape(*terms[0].shape[:2], 3 * PTM_TERMS)
        return (joined / _WHITE).astype(np.float32)


def parse_ptm_header(head: bytes) -> PtmHeader:
    """Read a file's header.

    Parameters
    ----------
    head : bytes
        How the file begins.

    Returns
    -------
    PtmHeader
        Checked.

    Raises
    ------
    InvalidError
        If it is of another version or format, or a number is missing or absurd.
    """
    found = _HEADER.match(head[:HEAD_BYTES])
    if found is None:
        raise InvalidError(
            "The header of the PTM file is cut short or damaged",
            hint="it names version, format, width, height, six scales and six biases.",
        )
    version, form, numbers = found.groups()
    kind = _FORMATS.get(form)
    if version != _VERSION or kind is None:
        said = b" ".join((version, form)).decode("ascii", "replace")
        raise InvalidError(
            f"Not a kind of PTM file that is read: {said:.60}",
            hint="save it as PTM 1.2, LRGB or RGB, without JPEG compression.",
        )
    try:
        width, height = (int(number) for number in numbers.split()[:2])
        rest = [float(number) for number in numbers.split()[2:_NUMBERS]]
    except ValueError as error:
        raise InvalidError(
            "A number in the header of the PTM file is none", hint="export the file again."
        ) from error
    scale, bias = np.asarray(rest[:PTM_TERMS]), np.asarray(rest[PTM_TERMS:])
    sound = 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and np.isfinite(rest).all()
    if not sound or not (scale > 0).all():
        raise InvalidError(
            f"The header of the PTM file holds absurd numbers: {width} x {height} pixels",
            hint="sizes and scales are above 0; export the file again.",
        )
    return PtmHeader(kind, width, height, scale, bias, found.end())
