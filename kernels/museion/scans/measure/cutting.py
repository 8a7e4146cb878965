"""Cuts a surface with a plane: exact segments, joined to polylines.

A vertex on the plane counts as above it, so each crossed triangle gives one segment between
two crossed edges, and an edge is crossed at one and the same point in all its triangles: the
section of a closed surface is closed. Segments have the material on their left, seen with the
plane's normal towards the viewer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.scans.measure.plane import Plane
from museion.scans.measure.surface import Patch, Surface

type Array = NDArray[Any]

BLOCKS_AT_ONCE = 512
_NONE = -1
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Segments:
    """Where a plane crosses triangles.

    Attributes
    ----------
    points : (p, 3) float64
        Crossed edges' points in metres, each edge once.
    ends : (s, 2) int64
        Rows of `points`; from first to second, the material is on the left.
    """

    points: Array
    ends: Array


@dataclass(frozen=True, slots=True)
class Chain:
    """A polyline of a section.

    Attributes
    ----------
    points : (n, 3) float64
        In metres; of a closed chain the first point is not repeated.
    is_closed : bool
    is_directed : bool
        Whether all its segments have the material on the same side.
    """

    points: Array
    is_closed: bool
    is_directed: bool


def cut(surface: Surface, plane: Plane) -> Segments:
    """Return the segments in which a plane crosses a surface.

    Parameters
    ----------
    surface : Surface
        Only blocks that the plane may cross are read.
    plane : Plane
    """
    crossed = surface.blocks.crossing(plane.normal, plane.offset)
    parts = [
        cut_patch(surface.read(crossed[start : start + BLOCKS_AT_ONCE]), plane)
        for start in range(0, len(crossed), BLOCKS_AT_ONCE)
    ]
    keys = np.concatenate([np.empty((0, 2), np.int64), *(part[0] for part in parts)])
    points = np.concatenate([np.empty((0, 3)), *(part[1] for part in parts)])
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    is_new = np.ones(len(keys), bool)
    is_new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    row = np.empty(len(keys), np.int64)
    row[order] = np.cumsum(is_new) - 1
    return Segments(points[order[is_new]], row.reshape(-1, 2))


def cut_patch(patch: Patch, plane: Plane) -> tuple[Array, Array]:
    """Return the crossed edges of each crossed triangle, two rows for each segment.

    Parameters
    ----------
    patch : Patch
    plane : Plane

    Returns
    -------
    keys : (2 s, 2) int64
        Keys of each crossed edge's ends, the smaller first.
    points : (2 s, 3) float64
        Where the plane crosses it, in metres.
    """
    heights = plane.heights(patch.vertices)
    is_above = heights >= 0.0
    count = is_above[patch.faces].sum(axis=1, dtype=np.int8)
    crossed = np.flatnonzero((count == 1) | (count == _PAIR))
    faces, lone_is_above = patch.faces[crossed], count[crossed] == 1
    lone = np.argmax(is_above[faces] == lone_is_above[:, None], axis=1)
    at = np.arange(len(faces))
    tip, following, before = (faces[at, (lone + turn) % 3] for turn in range(3))
    start = np.where(lone_is_above, following, before)
    end = np.where(lone_is_above, before, following)
    one = np.stack([tip, tip], axis=1).ravel()
    other = np.stack([start, end], axis=1).ravel()
    is_turned = patch.keys[one] > patch.keys[other]
    low, high = np.where(is_turned, other, one), np.where(is_turned, one, other)
    share = heights[low] / (heights[low] - heights[high])
    base = patch.vertices[low]
    points = base + share[:, None] * (patch.vertices[high] - base)
    return np.stack([patch.keys[low], patch.keys[high]], axis=1), points


def chain(segments: Segments) -> list[Chain]:
    """Join segments to polylines, in order; they end where the surface does.

    Where more than two segments meet, as at edges of three triangles, chains end too.

    Parameters
    ----------
    segments : Segments
    """
    mates = _mates(segments)
    is_used = [False] * len(segments.ends)
    free_ends = np.flatnonzero(mates == _NONE).tolist()
    following = mates.tolist()
    nodes = segments.ends.ravel()
    found = []
    for half in _starts(free_ends, is_used):
        walked, is_closed = _walk(half, following, is_used)
        halves = np.array(walked)
        rows = nodes[halves] if is_closed else np.append(nodes[halves], nodes[halves[-1] ^ 1])
        is_forward = halves % 2 == 0
        if not is_forward.all() and not is_forward.any():
            rows = rows[::-1]
        is_directed = bool(is_forward.all() or not is_forward.any())
        found.append(Chain(_distinct(segments.points[rows]), is_closed, is_directed))
    return [one for one in found if len(one.points) >= _PAIR]


def _starts(free_ends: list[int], is_used: list[bool]) -> Iterator[int]:
    """Half segments to walk from: open ends first, preferably forward, then whatever is left."""
    for half in sorted(free_ends, key=lambda each: each % 2):
        if not is_used[half // 2]:
            yield half
    for segment in range(len(is_used)):
        if not is_used[segment]:
            yield 2 * segment


def _walk(half: int, following: list[int], is_used: list[bool]) -> tuple[list[int], bool]:
    """Half segments from one end to the next free end, or round; and whether it came round."""
    first, walked = half, []
    while True:
        is_used[half // 2] = True
        walked.append(half)
        half = following[half ^ 1]
        if half == _NONE:
            return walked, False
        if is_used[half // 2]:
            return walked, half == first


def _mates(segments: Segments) -> Array:
    """For each half segment the one that shares its point; none if it is alone or one of many."""
    nodes = segments.ends.ravel()
    order = np.argsort(nodes, kind="stable")
    count = np.bincount(nodes, minlength=len(segments.points))
    first = np.concatenate([[0], np.cumsum(count)])[:-1]
    pairs = first[count == _PAIR]
    mates = np.full(len(nodes), _NONE, np.int64)
    mates[order[pairs]] = order[pairs + 1]
    mates[order[pairs + 1]] = order[pairs]
    return mates


def _distinct(points: Array) -> Array:
    """Leave out points that repeat the one before, as at vertices on the plane."""
    keep = np.ones(len(points), bool)
    keep[1:] = np.any(points[1:] != points[:-1], axis=1)
    distinct: Array = points[keep]
    return distinct
