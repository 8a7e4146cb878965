"""Which points lie at exactly the same place, found share by share on the disk."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.mesh import Floats, Integers
from museion_datasets.ingest.scans.scratch import Buckets, blocks, room_for

type Array = NDArray[Any]

SHARE_ROWS = 1 << 22
"""Rows that are sorted in memory at once."""

_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_FOLD = np.uint64(31)
_TOP = np.uint64(48)


def mix(rows: Array) -> NDArray[np.uint64]:
    """Return a 64-bit number for each (n, 3) row of 64-bit values; equal rows have equal ones."""
    found = np.zeros(len(rows), np.uint64)
    for column, odd in enumerate(_ODD):
        found = (found ^ np.ascontiguousarray(rows[:, column]).view(np.uint64)) * odd
        found ^= found >> _FOLD
    return found


def shares_of(mixed: NDArray[np.uint64], count: int) -> Array:
    """Return which of `count` shares each mixed number belongs to."""
    return ((mixed >> _TOP).astype(np.int64) * count) >> 16


def first_equal(points: Floats) -> NDArray[np.uint32]:
    """Find for each point the first one that is equal to it in every coordinate.

    Parameters
    ----------
    points : (n, 3) float64
        NaN equals nothing; zero has no sign.

    Returns
    -------
    (n,) uint32
        Its own row where there is none before.
    """
    buckets = Buckets(max(1, -(-len(points) // SHARE_ROWS)), 2, np.uint64)
    for block in blocks(len(points), points):
        mixed = mix(points[block] + 0.0)
        rows = np.arange(block.start, block.stop, dtype=np.uint64)
        buckets.add(np.stack([mixed, rows], axis=1), shares_of(mixed, len(buckets)))
    found = room_for((len(points),), np.uint32)
    for share in range(len(buckets)):
        mixed, rows = buckets.read(share).T
        order = np.argsort(mixed, kind="stable")
        ordered, rows = mixed[order], rows[order].astype(np.int64)
        begins = _begins(ordered)
        found[rows] = rows[begins]
        _separate(points, rows, begins, found)
    return found


def merge_exactly(points: Floats) -> tuple[Integers, Integers]:
    """Find points that are equal in every coordinate, to the last bit but the sign of zero.

    Parameters
    ----------
    points : (n, 3) float64
        NaN equals nothing.

    Returns
    -------
    (k,) int64
        The first of each set of equal points, in their order.
    (n,) int64
        For each point, its place among these.
    """
    firsts = first_equal(points)
    is_first = firsts == np.arange(len(points))
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[firsts]


def _begins(ordered: Array) -> Integers:
    """Return for each of sorted numbers where its run of equal ones begins."""
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = ordered[1:] != ordered[:-1]
    return np.maximum.accumulate(np.where(is_new, np.arange(len(ordered)), 0))


def _separate(points: Floats, rows: Integers, begins: Integers, found: Array) -> None:
    """Look at the points themselves: what has one mixed number may be different, or NaN."""
    later = np.flatnonzero(begins != np.arange(len(begins)))
    differs = (points[rows[later]] != points[rows[begins[later]]]).any(axis=1)
    is_nan = np.isnan(points[rows[later]]).any(axis=1)
    found[rows[later[is_nan]]] = rows[later[is_nan]]
    for begin in np.unique(begins[later[differs & ~is_nan]]):
        run = rows[begins == begin]
        _, place, inverse = np.unique(
            points[run] + 0.0, axis=0, return_index=True, return_inverse=True
        )
        found[run] = run[place][inverse.ravel()]
