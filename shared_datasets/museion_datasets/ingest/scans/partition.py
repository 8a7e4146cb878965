"""Orders grid points along a space-filling curve, and cuts space into parts of equal work.

A point's key interleaves the bits of its coordinates (Morton order), so neighbours in space
lie near each other on the disk, and the leading bits name the cell that the point is in.
Parts are boxes of cells, cut by halves where the work is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[Any]

CELLS = 1 << 21
"""Seven bits on each axis."""

_CELL_SHIFT = np.uint64(42)
_SPREADS = (
    (32, 0x1F00000000FFFF),
    (16, 0x1F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)
_GATHERS = (
    (2, 0x10C30C30C30C30C3),
    (4, 0x100F00F00F00F00F),
    (8, 0x1F0000FF0000FF),
    (16, 0x1F00000000FFFF),
    (32, 0x1FFFFF),
)
_EVERY_THIRD = np.uint64(0x1249249249249249)


def encode_keys(points: Array) -> NDArray[np.uint64]:
    """Return Morton keys of (n, 3) coordinates of at most 21 bits."""
    keys = np.zeros(len(points), np.uint64)
    for axis in range(3):
        bits = points[:, axis].astype(np.uint64)
        for shift, mask in _SPREADS:
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
        keys |= bits << np.uint64(2 - axis)
    return keys


def decode_keys(keys: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return the (n, 3) coordinates of Morton keys."""
    points = np.empty((len(keys), 3), np.int32)
    for axis in range(3):
        bits = (keys >> np.uint64(2 - axis)) & _EVERY_THIRD
        for shift, mask in _GATHERS:
            bits = (bits | (bits >> np.uint64(shift))) & np.uint64(mask)
        points[:, axis] = bits
    return points


def cells_of(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the cell of each key."""
    return (keys >> _CELL_SHIFT).astype(np.int64)


def cut_cells(counts: Array, parts: int) -> NDArray[np.uint16]:
    """Cut space into parts that hold about the same.

    Parameters
    ----------
    counts : (CELLS,) int
        What each cell holds.
    parts : int
        At most 65,535; some are empty where the cells are too few.

    Returns
    -------
    (CELLS,) uint16
        The part of each cell.
    """
    found = np.zeros(CELLS, np.uint16)
    cells = np.flatnonzero(counts)
    places = decode_keys(cells.astype(np.uint64) << _CELL_SHIFT)
    waiting = [(np.arange(len(cells)), 0, parts)]
    while waiting:
        members, first, count = waiting.pop()
        if count == 1 or len(members) < 2:  # noqa: PLR2004 - one cell is not cut
            found[cells[members]] = first
            continue
        own = places[members]
        members = members[np.argsort(own[:, int(np.ptp(own, axis=0).argmax())], kind="stable")]
        reached = np.cumsum(counts[cells[members]])
        left = count // 2
        cut = int(np.searchsorted(reached, reached[-1] * left / count)) + 1
        cut = min(cut, len(members) - 1)
        waiting.append((members[:cut], first, left))
        waiting.append((members[cut:], first + left, count - left))
    return found
