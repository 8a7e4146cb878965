"""Measures how far a simplified surface lies from the vertices that were measured.

The error is not the simplifier's estimate: a sample of measured vertices (the witnesses of a
group) is compared with the simplified triangles themselves. Point to triangle distances
follow Ericson, Real-Time Collision Detection (2005), §5.1, by projection onto the plane and
onto the three edges. A witness is compared with the triangles nearest by centroid; those that
seem farthest off with many more of them, until none that is left could be the farthest. So a
distance may come out too large, never too small.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion_datasets.ingest.scans.surface import Points, unpack_normals

type Array = NDArray[Any]

_CANDIDATES = 4
_CANDIDATES_FAR = 64
_FAR_AT_ONCE, _FAR_MOST = 16, 480
_QUANTILE = 0.95


@dataclass(frozen=True, slots=True)
class Deviation:
    """What a simplified piece of surface gets wrong, as lengths in grid steps.

    Attributes
    ----------
    distance : float
        Largest distance of a witness from the simplified triangles.
    appearance : float
        Length over which colour and shading are smeared: size of the triangle times the
        relative difference of colour or normal, exceeded by 5 % of the witnesses.
    nearest : (w,) int
        The simplified triangle nearest to each witness.
    """

    distance: float
    appearance: float
    nearest: NDArray[np.int64]


def measure_deviation(
    witnesses: Points, shown: Points, faces: Array, same: Array | None = None
) -> Deviation:
    """Compare measured points with simplified triangles.

    Parameters
    ----------
    witnesses : Points
        What was measured.
    shown : Points
        What the triangles are made of.
    faces : (k, 3) int
        Rows of `shown`.
    same : (w,) int, optional
        The row of `shown` that is the witness itself, -1 for none: a witness that is a corner
        of a triangle deviates by nothing.
    """
    owner = np.full(len(shown) + 1, -1, np.int64)
    owner[faces.ravel()] = np.repeat(np.arange(len(faces)), 3)
    nearest = np.full(len(witnesses), -1) if same is None else owner[same]
    moved = np.flatnonzero(nearest < 0)
    if len(moved) == 0:
        return Deviation(0.0, 0.0, nearest)
    points = witnesses.places[moved].astype(np.float64)
    corners = shown.places[faces].astype(np.float64)
    found, squared = _Triangles(corners).nearest(points)
    nearest[moved] = found
    weights, _ = closest_on_triangles(points, corners[found])
    smear = np.zeros(len(witnesses))
    smear[moved] = _difference(witnesses.take(moved), shown, faces[found], weights)
    smear[moved] *= _triangle_size(corners[found])
    return Deviation(float(np.sqrt(squared.max())), float(np.quantile(smear, _QUANTILE)), nearest)


class _Triangles:
    """Triangles among which the nearest one is looked for."""

    def __init__(self, corners: Array) -> None:
        a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        dots = [_dot(ab, ab), _dot(ab, ac), _dot(ac, ac)]
        self._table = np.concatenate([a.T, ab.T, ac.T, dots])
        self._tree = cKDTree(a + (ab + ac) / 3.0, balanced_tree=False, compact_nodes=False)

    def nearest(self, points: Array) -> tuple[Array, Array]:
        """Return the nearest triangle of each point, (n, 3), and its squared distance."""
        nearest, squared = self._among(points, _CANDIDATES)
        order, sure = np.argsort(-squared, kind="stable"), 0.0
        for start in range(0, min(len(order), _FAR_MOST), _FAR_AT_ONCE):
            far = order[start : start + _FAR_AT_ONCE]
            if sure >= squared[far[0]]:
                break
            nearest[far], squared[far] = self._among(points[far], _CANDIDATES_FAR)
            sure = max(sure, float(squared[far].max()))
        return nearest, squared

    def _among(self, points: Array, candidates: int) -> tuple[Array, Array]:
        """Compare points with the triangles that are nearest by centroid."""
        count = min(candidates, self._table.shape[1])
        _, near = self._tree.query(points, k=count)
        near = near.reshape(len(points), count)
        squared = self._squared(points, near)
        best = squared.argmin(axis=1)[:, None]
        chosen: Array = np.take_along_axis(near, best, 1)[:, 0]
        return chosen, np.take_along_axis(squared, best, 1)[:, 0]

    def _squared(self, points: Array, near: Array) -> Array:
        """Squared distance of each point from each of its triangles, all from dot products."""
        table = self._table[:, near]
        away = points.T[:, :, None] - table[0:3]
        d00, d01, d11 = table[9:]
        d20, d21, own = (_sum3(away, each) for each in (table[3:6], table[6:9], away))
        area = d00 * d11 - d01 * d01
        v, w = d11 * d20 - d01 * d21, d00 * d21 - d01 * d20
        is_inside = (area > 0.0) & (v >= 0.0) & (w >= 0.0) & (v + w <= area)
        plane = own - (v * d20 + w * d21) / np.where(area > 0.0, area, 1.0)
        bc = d00 - 2.0 * d01 + d11
        edges = np.minimum(_from_edge(own, d00, d20), _from_edge(own, d11, d21))
        edges = np.minimum(edges, _from_edge(own - 2.0 * d20 + d00, bc, d21 - d20 - d01 + d00))
        return np.maximum(np.where(is_inside, np.minimum(plane, edges), edges), 0.0)


def _sum3(a: Array, b: Array) -> Array:
    total: Array = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return total


def _from_edge(own: Array, length: Array, along: Array) -> Array:
    """Squared distance from an edge, given |p|², |e|² and p·e from its start."""
    share = np.clip(along / np.where(length > 0.0, length, 1.0), 0.0, 1.0)
    distance: Array = own - share * (2.0 * along - share * length)
    return distance


def closest_on_triangles(points: Array, corners: Array) -> tuple[Array, Array]:
    """Barycentric weights of the closest point of each triangle, and its squared distance.

    Parameters
    ----------
    points : (..., 3) float64
    corners : (..., 3, 3) float64
        Corner, then coordinate.
    """
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    best, squared = _on_plane(points, a, b, c)
    for first, second, columns in ((a, b, (0, 1)), (b, c, (1, 2)), (c, a, (2, 0))):
        along, distance = _on_edge(points, first, second)
        is_closer = distance < squared
        squared = np.where(is_closer, distance, squared)
        edge = np.zeros(best.shape)
        edge[..., columns[0]], edge[..., columns[1]] = 1.0 - along, along
        best = np.where(is_closer[..., None], edge, best)
    return best, squared


def _on_plane(points: Array, a: Array, b: Array, c: Array) -> tuple[Array, Array]:
    """Weights of the foot on the plane; distance infinite where it falls outside."""
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac)
    d20, d21 = _dot(ap, ab), _dot(ap, ac)
    area = d00 * d11 - d01 * d01
    safe = np.where(area > 0.0, area, 1.0)
    v, w = (d11 * d20 - d01 * d21) / safe, (d00 * d21 - d01 * d20) / safe
    weights = np.stack([1.0 - v - w, v, w], axis=-1)
    foot = ap - v[..., None] * ab - w[..., None] * ac
    is_inside = (area > 0.0) & (weights >= 0.0).all(axis=-1)
    return weights, np.where(is_inside, _dot(foot, foot), np.inf)


def _on_edge(points: Array, a: Array, b: Array) -> tuple[Array, Array]:
    ab = b - a
    length = _dot(ab, ab)
    along = np.clip(_dot(points - a, ab) / np.where(length > 0.0, length, 1.0), 0.0, 1.0)
    away = points - a - along[..., None] * ab
    return along, _dot(away, away)


def _dot(a: Array, b: Array) -> Array:
    product: Array = np.einsum("...i,...i->...", a, b)
    return product


def _difference(witnesses: Points, shown: Points, chosen: Array, weights: Array) -> Array:
    """Relative difference (0 to 1) of what was measured and what is interpolated."""
    normals = np.einsum("wc,wcx->wx", weights, unpack_normals(shown.normals[chosen]))
    apart = normals - unpack_normals(witnesses.normals)
    worst: Array = np.linalg.norm(apart, axis=1) / 2.0
    if shown.colors is not None and witnesses.colors is not None:
        colors = np.einsum("wc,wcx->wx", weights, shown.colors[chosen].astype(np.float64))
        off = np.linalg.norm(colors - witnesses.colors, axis=1) / (255.0 * np.sqrt(3.0))
        worst = np.maximum(worst, off)
    return worst


def _triangle_size(corners: Array) -> Array:
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size: Array = np.sqrt(np.linalg.norm(across, axis=1))
    return size
