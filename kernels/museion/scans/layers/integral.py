"""How much of a ball around each vertex lies inside the material: the volume integral invariant.

By the divergence theorem, for a ball of radius r around a vertex p of the surface S, with θ the
solid angle of the material at p and x from p,

    share = θ / 4π - 1 / 4π ∫ over S in the ball of (x · n) (1 / |x|³ - 1 / r³) dA.

It is 1/2 on a plane, θ / 4π on cones and edges, and 1/2 - 3 r / (16 R) on a sphere of radius R.
The integrand vanishes where |x| = r, so triangles that the ball cuts need no clipping; where the
surface has a hole it counts as if it went on straight away from p.

Near p the integral is a sum over triangles, with their exact solid angles (van Oosterom and
Strackee 1983, doi:10.1109/TBME.1983.325207). Farther off it is a sum over cells that double in
size as the distance does, opposite walls kept apart; smooth windows hand over from level to
level, so nothing counts twice.

Source: Pottmann, Wallner, Huang and Yang 2009, doi:10.1016/j.cagd.2008.01.002; for inscriptions
Mara, Krömker, Jakob and Breuckmann 2010, doi:10.2312/VAST/VAST10/131-138.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion.scans.layers.solid import Solid

type Array = NDArray[Any]
type Progress = Callable[[float], None]
"""Told which share of the work is done, from 0 to 1."""

_NEAR_EDGES = 5.0
"""Triangles are exact up to here, in median edges."""
_HANDOVER = 0.6
"""A window rises from here, as a share of where it is whole."""
_LONGEST_EDGES = 3.0
_MOST_PARTS = 12
_LEAF = 32
_TOUCHING = 1e-6
"""Of the radius: what is nearer is the vertex itself."""


@dataclass(frozen=True, slots=True)
class _Elements:
    """Pieces of the surface: centres (e, 3), area vectors (e, 3), and centre · area vector (e,)."""

    centers: Array
    areas: Array
    moments: Array


@dataclass(frozen=True, slots=True)
class _Level:
    """Pieces that are summed between two distances; `begins` 0 for the nearest."""

    elements: _Elements
    tree: cKDTree
    begins: float
    ends: float


def ball_shares(solid: Solid, radius: float, progress: Progress | None = None) -> Array:
    """Return the share of a ball around each vertex that lies inside the material.

    Parameters
    ----------
    solid : Solid
    radius : float
        Of the ball, in metres; at least two edges of the triangles, to be meaningful.
    progress : callable, optional
        Told which share is done.

    Returns
    -------
    (k,) float64
        From 0 to 1; 1/2 where the surface is a plane.
    """
    corners = _refined(solid.corners, _LONGEST_EDGES * solid.edge_m)
    levels = list(_make_levels(corners, solid.edge_m, radius))
    shares = solid_angles(solid) / (4.0 * np.pi)
    leaves = list(_leaves(cKDTree(solid.vertices, leafsize=_LEAF)))

    def work(rows: Array) -> tuple[Array, Array]:
        points = solid.vertices[rows]
        total = _near(points, corners, levels[0], radius)
        for level in levels[1:]:
            total += _far(points, level, radius)
        return rows, total / (4.0 * np.pi)

    with ThreadPoolExecutor(os.cpu_count() or 1) as executor:
        for done, (rows, lost) in enumerate(executor.map(work, leaves), 1):
            shares[rows] -= lost
            if progress is not None and (done % 64 == 0 or done == len(leaves)):
                progress(done / len(leaves))
    return shares.clip(0.0, 1.0)


def solid_angles(solid: Solid) -> Array:
    """Return the solid angle of the material at each vertex, (k,) in steradians.

    Where the surface ends at a vertex it counts as going on flat.

    Parameters
    ----------
    solid : Solid
    """
    count, faces = len(solid.vertices), solid.faces
    inside = -solid.normals[faces]
    angle, around = np.zeros(count), np.zeros(count)
    for corner in range(3):
        own = solid.corners[:, corner]
        first = _unit(solid.corners[:, (corner + 1) % 3] - own)
        second = _unit(solid.corners[:, (corner + 2) % 3] - own)
        pole = inside[:, corner]
        volume = _dot(pole, np.cross(first, second))
        whole = 1.0 + _dot(pole, first) + _dot(first, second) + _dot(second, pole)
        angle -= np.bincount(faces[:, corner], 2.0 * np.arctan2(volume, whole), count)
        flat = [side - _dot(side, pole)[:, None] * pole for side in (first, second)]
        turned = np.arctan2(-_dot(pole, np.cross(*flat)), _dot(*flat))
        around += np.bincount(faces[:, corner], turned, count)
    missing = np.where(_is_border(faces, count), 2.0 * np.pi - around, 0.0)
    return (angle + missing).clip(0.0, 4.0 * np.pi)


def _is_border(faces: Array, count: int) -> Array:
    """Tell which vertices have an edge that only one triangle has."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, first, uses = np.unique(edges @ [count, 1], return_index=True, return_counts=True)
    found = np.zeros(count, bool)
    found[edges[first[uses == 1]].ravel()] = True
    return found


def _make_levels(corners: Array, edge: float, radius: float) -> Iterator[_Level]:
    """Yield the triangles, then cells of one edge, two, four, until the ball ends."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    elements = _elements(corners.mean(axis=1), np.cross(b - a, c - a) / 2.0)
    begins, ends = 0.0, _NEAR_EDGES * edge
    cell = edge
    while True:
        is_last = ends >= radius
        yield _Level(elements, cKDTree(elements.centers), begins, np.inf if is_last else ends)
        if is_last:
            return
        elements = _joined(elements, cell)
        begins, ends, cell = ends, 2.0 * ends, 2.0 * cell


def _elements(centers: Array, areas: Array) -> _Elements:
    return _Elements(centers, areas, _dot(centers, areas))


def _joined(elements: _Elements, cell: float) -> _Elements:
    """Put pieces together that lie in one cell and look the same way."""
    places = np.floor(elements.centers / cell).astype(np.int64)
    places -= places.min(axis=0)
    sizes = places.max(axis=0) + 1
    looks = (elements.areas > 0.0) @ np.array([4, 2, 1])
    keys = ((places[:, 0] * sizes[1] + places[:, 1]) * sizes[2] + places[:, 2]) * 8 + looks
    _, cells = np.unique(keys, return_inverse=True)
    weights = np.linalg.norm(elements.areas, axis=1) + 1e-300
    centers = _summed(cells, elements.centers * weights[:, None])
    centers /= np.bincount(cells, weights)[:, None]
    return _Elements(centers, _summed(cells, elements.areas), np.bincount(cells, elements.moments))


def _summed(cells: Array, vectors: Array) -> Array:
    return np.stack([np.bincount(cells, vectors[:, axis]) for axis in range(3)], axis=1)


def _refined(corners: Array, longest: float) -> Array:
    """Cut triangles with longer edges into equal parts, (e, 3, 3)."""
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    parts = np.ceil(edges / longest).clip(1, _MOST_PARTS).astype(np.int64)
    found = [corners[parts == 1]]
    for count in np.unique(parts[parts > 1]).tolist():
        own = corners[parts == count]
        weights = _parts_of_a_triangle(count)
        found.append(np.einsum("pcw,twx->tpcx", weights, own).reshape(-1, 3, 3))
    return np.concatenate(found)


def _parts_of_a_triangle(count: int) -> Array:
    """Barycentric corners of count² equal parts, (count², 3, 3)."""
    parts = []
    for i in range(count):
        for j in range(count - i):
            parts.append([(i, j), (i + 1, j), (i, j + 1)])
            if i + j < count - 1:
                parts.append([(i + 1, j), (i + 1, j + 1), (i, j + 1)])
    places = np.array(parts, np.float64) / count
    return np.concatenate([1.0 - places.sum(axis=2, keepdims=True), places], axis=2)


def _near(points: Array, corners: Array, level: _Level, radius: float) -> Array:
    """Sum over triangles close by, with exact solid angles, (p,)."""
    middle, found = _within(points, level, radius)
    own = corners[found] - middle
    around = points - middle
    distance = _distances(around, own.mean(axis=1))
    point, face = np.nonzero(distance < min(level.ends, radius))
    distance = distance[point, face]
    height = _dot(own.mean(axis=1)[face] - around[point], level.elements.areas[found][face])
    away = [_distances(around, own[:, corner])[point, face] for corner in range(3)]
    sides = [_dot(own[:, i] - own[:, i - 2], own[:, i] - own[:, i - 2])[face] for i in range(3)]
    dots = [(away[i] ** 2 + away[i - 2] ** 2 - sides[i]) / 2.0 for i in range(3)]
    whole = away[0] * away[1] * away[2]
    whole += dots[0] * away[2] + dots[1] * away[0] + dots[2] * away[1]
    part = 2.0 * np.arctan2(2.0 * height, whole) - height / radius**3
    is_own = np.minimum(np.minimum(away[0], away[1]), away[2]) < _TOUCHING * radius
    part = np.where(is_own, 0.0, part * _window(distance, level))
    total: Array = np.bincount(point, part, len(points))
    return total


def _far(points: Array, level: _Level, radius: float) -> Array:
    """Sum over cells farther off, (p,)."""
    middle, found = _within(points, level, radius)
    centers = level.elements.centers[found] - middle
    areas = level.elements.areas[found]
    around = points - middle
    height = level.elements.moments[found] - areas @ middle - around @ areas.T
    distance = np.maximum(_distances(around, centers), _TOUCHING * radius)
    weight = np.maximum(distance**-3 - radius**-3, 0.0) * _window(distance, level)
    total: Array = (height * weight).sum(axis=1)
    return total


def _distances(points: Array, others: Array) -> Array:
    """Return the distances of all pairs, (p, o)."""
    squares = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)
    squares -= 2.0 * points @ others.T
    found: Array = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    return found


def _within(points: Array, level: _Level, radius: float) -> tuple[Array, Array]:
    """Return the points' middle, and the pieces that one of them may see in this level."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    own = float(np.linalg.norm(points - middle, axis=1).max())
    reach = own + min(level.ends, radius)
    return middle, np.array(level.tree.query_ball_point(middle, reach), np.int64)


def _window(distance: Array, level: _Level) -> Array:
    """Return how much of a level counts at a distance; all levels together make 1."""
    found = np.ones_like(distance)
    if level.begins > 0.0:
        found = _rise(distance, level.begins)
    return found if np.isinf(level.ends) else found - _rise(distance, level.ends)


def _rise(distance: Array, end: float) -> Array:
    share = ((distance / end - _HANDOVER) / (1.0 - _HANDOVER)).clip(0.0, 1.0)
    smooth: Array = share * share * (3.0 - 2.0 * share)
    return smooth


def _leaves(tree: cKDTree) -> Iterator[Array]:
    """Yield the rows of points that lie together."""
    waiting = [tree.tree]
    while waiting:
        node = waiting.pop()
        if node.split_dim == -1:
            yield node.indices
        else:
            waiting += [node.greater, node.lesser]


def _dot(a: Array, b: Array) -> Array:
    product: Array = (a * b).sum(axis=-1)
    return product


def _unit(vectors: Array) -> Array:
    unit: Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit
