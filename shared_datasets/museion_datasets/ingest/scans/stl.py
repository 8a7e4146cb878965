"""Reads STL, ascii and binary: triangles without shared vertices, which are merged exactly.

Only corners that agree in every bit become one vertex; anything nearer than that is the
business of whoever repairs the mesh. STL says no unit.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.merging import merge_exactly
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.raw import Beside, RawScan, parse_numbers, require_room

_HEADER_BYTES = 84
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_SOLID = re.compile(rb"\s*solid\b", re.IGNORECASE)
_SOLID_LINES = re.compile(rb"^[^\S\n]*(?:end)?solid\b[^\n]*", re.IGNORECASE | re.MULTILINE)
_END = re.compile(rb"^[^\S\n]*endsolid\b", re.IGNORECASE | re.MULTILINE)
_KEYWORDS = re.compile(
    rb"\b(?:facet[^\S\n]+normal|outer[^\S\n]+loop|endloop|endfacet|vertex)\b",
    re.IGNORECASE,
)
_FACET = np.frombuffer(b"fovvvee", np.uint8)
"""First letters of facet, outer, vertex (three times), endloop, endfacet."""

_NUMBERS = np.array([3, 0, 3, 3, 3, 0, 0])
_SPACE, _LOWER = 32, 32

type Array = NDArray[Any]


def read_stl(data: bytes, beside: Beside) -> RawScan:
    """Read an STL file.

    Parameters
    ----------
    data : bytes
        The file.
    beside : Beside
        Not used: the format knows no other files.

    Returns
    -------
    RawScan
        Without unit and without up axis.

    Raises
    ------
    InvalidError
        If it is cut short, or is no STL.
    """
    del beside
    count = int.from_bytes(data[80:_HEADER_BYTES], "little")
    is_binary = len(data) == _HEADER_BYTES + count * _RECORD.itemsize
    if not is_binary and _SOLID.match(data):
        return _merged(_ascii_corners(data), {"encoding": "ascii"}, ())
    if len(data) < _HEADER_BYTES:
        raise InvalidError(
            f"The file is no STL: it has {len(data)} bytes",
            hint="check that the file's name matches its content.",
        )
    require_room("triangles", count, _RECORD.itemsize, len(data) - _HEADER_BYTES)
    records = np.frombuffer(data, _RECORD, count, _HEADER_BYTES)
    attributes = np.unique(records["attribute"])
    layers = {"attribute": records["attribute"].copy()} if attributes.any() else {}
    left = len(data) - _HEADER_BYTES - count * _RECORD.itemsize
    notes = (f"{left:,} bytes behind the triangles are kept in the original only",) if left else ()
    header = data[:80].rstrip(b"\0 ").decode("ascii", "backslashreplace")
    facts = {"encoding": "binary", "header": header}
    return _merged(records["corners"].astype(np.float32), facts, notes, layers)


def _ascii_corners(data: bytes) -> Array:
    """Return (m, 3, 3) float64: twelve numbers stand in each facet, its normal first.

    Raises
    ------
    InvalidError
        If it is cut short.
    """
    text = _SOLID_LINES.sub(b"", data)
    facets = _count_facets(np.frombuffer(b" " + text + b"  ", np.uint8))
    if not _END.search(data):
        raise InvalidError(
            f"The STL file is cut short behind facet {facets}", hint="copy or export it again."
        )
    return parse_numbers(_KEYWORDS.sub(b"", text), "STL file").reshape(-1, 4, 3)[:, 1:]


def _count_facets(text: NDArray[np.uint8]) -> int:
    """Return the number of facets; each must be whole: no number may slip into the next.

    Raises
    ------
    InvalidError
        With the first facet that is not ``facet normal n n n outer loop vertex ...``.
    """
    starts = np.flatnonzero((text[1:] > _SPACE) & (text[:-1] <= _SPACE)) + 1
    letter, next_letter = text[starts] | _LOWER, text[starts + 1] | _LOWER
    is_nan = ((letter == ord("n")) & (next_letter == ord("a"))) | (letter == ord("i"))
    is_word = (letter >= ord("a")) & (letter <= ord("z")) & ~is_nan
    is_keyword = is_word & np.isin(letter, _FACET)
    numbers_before = np.cumsum(~is_word)
    words = letter[is_keyword]
    ends = np.append(numbers_before[is_keyword], numbers_before[-1:])[1:]
    numbers = ends - numbers_before[is_keyword]
    whole = len(words) // len(_FACET) * len(_FACET)
    is_right = (words[:whole].reshape(-1, len(_FACET)) == _FACET).all(axis=1)
    is_right &= (numbers[:whole].reshape(-1, len(_FACET)) == _NUMBERS).all(axis=1)
    if whole != len(words) or not is_right.all():
        wrong = len(is_right) if is_right.all() else int(is_right.argmin())
        raise InvalidError(
            f"Facet {wrong + 1} of the STL file is not whole",
            hint="the file is damaged or cut short; copy or export it again.",
        )
    return len(is_right)


def _merged(
    corners: Array,
    facts: dict[str, Any],
    notes: tuple[str, ...],
    layers: dict[str, Array] | None = None,
) -> RawScan:
    points = corners.reshape(-1, 3).astype(np.float64)
    first, places = merge_exactly(points)
    mesh = MeshArrays(points[first], places.reshape(-1, 3), face_layers=layers or {})
    merged = f"{len(points):,} corners are merged into {len(first):,} vertices where they are equal"
    return RawScan(mesh, notes=(merged, *notes), facts=facts)
