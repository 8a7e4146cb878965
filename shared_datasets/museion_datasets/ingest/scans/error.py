"""Measures how far a simplified surface lies from the vertices that were measured.

The error is not the simplifier's estimate: a sample of measured vertices (the witnesses of a
group) is compared with the simplified triangles themselves. Point to triangle distances
follow Ericson, Real-Time Collision Detection (2005), §5.1, by projection onto the plane and
onto the three edges. A witness is compared with the triangles nearest by centroid, those that
seem far off with many more of them, so a distance may come out too large, never too small.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion_datasets.ingest.scans.surface import Surface

type Array = NDArray[Any]

_CANDIDATES = 6
_CANDIDATES_FAR = 64
_FAR_SHARE = 0.8
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


def measure_deviation(surface: Surface, witnesses: Array, faces: Array) -> Deviation:
    """Compare measured points with simplified triangles.

    Parameters
    ----------
    surface : Surface
    witnesses : (w,) int
        Point ids.
    faces : (k, 3) int
        Point ids of the simplified triangles.
    """
    corners = surface.points[faces].astype(np.float64)
    points = surface.points[witnesses].astype(np.float64)
    tree = cKDTree(corners.mean(axis=1))
    nearest, weights, squared = _nearest(tree, points, corners, _CANDIDATES)
    far = np.flatnonzero(squared >= np.quantile(squared, _FAR_SHARE))
    again = _nearest(tree, points[far], corners, _CANDIDATES_FAR)
    nearest[far], weights[far], squared[far] = again
    chosen = faces[nearest]
    smear = _difference(surface, witnesses, chosen, weights)
    size = _triangle_size(surface.points[chosen].astype(np.float64))
    distance = float(np.sqrt(squared.max()))
    return Deviation(distance, float(np.quantile(smear * size, _QUANTILE)), nearest)


def _nearest(
    tree: cKDTree, points: Array, corners: Array, candidates: int
) -> tuple[Array, Array, Array]:
    """Nearest triangle of each point, barycentric weights there, and squared distance."""
    count = min(candidates, len(corners))
    _, near = tree.query(points, k=count)
    near = near.reshape(len(points), count)
    weights, squared = closest_on_triangles(points[:, None, :], corners[near])
    best = squared.argmin(axis=1)
    row = np.arange(len(points))
    return near[row, best], weights[row, best], squared[row, best]


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


def _difference(surface: Surface, witnesses: Array, chosen: Array, weights: Array) -> Array:
    """Relative difference (0 to 1) of what was measured and what is interpolated."""
    normals = np.einsum("wc,wcx->wx", weights, surface.normals[chosen])
    worst: Array = np.linalg.norm(normals - surface.normals[witnesses], axis=1) / 2.0
    if surface.colors is not None:
        colors = np.einsum("wc,wcx->wx", weights, surface.colors[chosen].astype(np.float64))
        off = np.linalg.norm(colors - surface.colors[witnesses], axis=1) / (255.0 * np.sqrt(3.0))
        worst = np.maximum(worst, off)
    return worst


def _triangle_size(corners: Array) -> Array:
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size: Array = np.sqrt(np.linalg.norm(across, axis=1))
    return size
