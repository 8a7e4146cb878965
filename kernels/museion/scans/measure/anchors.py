"""Points on a surface: the nearest one to a place, and the one that a ray hits first.

Of a cloud, whose blocks have no triangles, the nearest point is a measured one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.quantities import show_length
from museion.scans.measure.surface import Patch, Surface, require_points
from museion_datasets.ingest.scans.error import closest_on_triangles

type Array = NDArray[Any]

_BLOCKS_AT_ONCE = 8
_ON_EDGE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """A point on a surface at full resolution.

    Attributes
    ----------
    point : (3,) float64
        In metres.
    vertex : int
        Id of the measured vertex that is nearest among its triangle's corners.
    normal : (3,) float64
        Unit normal of its triangle; zero if the triangle has no area, and in clouds.
    away_m : float
        Distance from the place that was asked about, or along the ray.
    """

    point: Array
    vertex: int
    normal: Array
    away_m: float


def nearest(surface: Surface, place: object) -> Anchor:
    """Return the nearest point of a surface.

    Parameters
    ----------
    surface : Surface
        Blocks are read from near to far, until no other can hold a nearer point.
    place : (3,) array-like
        In metres.

    Raises
    ------
    InputError
        If a coordinate is not a number.
    """
    at = require_points(place, "point")
    least = surface.blocks.distances(at)
    order = np.argsort(least)
    best, found = np.inf, (0, 0, at)
    for start in range(0, len(order), _BLOCKS_AT_ONCE):
        for block in order[start : start + _BLOCKS_AT_ONCE].tolist():
            if least[block] > best:
                break
            patch = surface.read(np.array([block]))
            points = closest_points(at, patch.corners) if len(patch.faces) else patch.vertices
            away = np.linalg.norm(points - at, axis=1)
            face = int(np.argmin(away))
            if away[face] < best:
                best, found = float(away[face]), (block, face, points[face])
        if least[order[start]] > best:
            break
    block, face, point = found
    return _anchor(surface, block, face, point, best)


def require_on_surface(surface: Surface, place: object, tolerance_m: float) -> Anchor:
    """Return the point of the surface that a place is on.

    Parameters
    ----------
    surface : Surface
    place : (3,) array-like
        In metres.
    tolerance_m : float
        How far off it may be.

    Raises
    ------
    InputError
        If it is farther away.
    """
    anchor = nearest(surface, place)
    if anchor.away_m > tolerance_m:
        raise InputError(
            f"The point is not on the surface: {show_length(anchor.away_m)} away",
            hint="pick points on the scan, or allow more with tolerance_m; "
            f"the nearest point is {np.round(anchor.point, 6).tolist()}.",
        )
    return anchor


def pick(surface: Surface, start: object, direction: object) -> Anchor:
    """Return the first point of a surface that a ray hits, from either side.

    Parameters
    ----------
    surface : Surface
    start : (3,) array-like
        Where the ray starts, in metres.
    direction : (3,) array-like
        Of any length.

    Raises
    ------
    InputError
        If the ray has no direction, or hits nothing.
    """
    origin = require_points(start, "start of the ray")
    along = require_points(direction, "direction of the ray")
    length = float(np.linalg.norm(along))
    if length == 0.0:
        raise InputError("The ray has no direction: its length is 0", hint="give a direction.")
    along = along / length
    best, found = np.inf, (0, 0)
    for block, first in zip(*surface.blocks.along(origin, along), strict=True):
        if first > best:
            break
        away = _hits(origin, along, surface.read(np.array([block])))
        face = int(np.argmin(away))
        if away[face] < best:
            best, found = float(away[face]), (int(block), face)
    if not np.isfinite(best):
        raise InputError("The ray does not hit the surface", hint="pick a point on the scan.")
    return _anchor(surface, *found, origin + best * along, best)


def closest_points(point: Array, corners: Array) -> Array:
    """Return the closest point of each triangle, (m, 3) float64.

    Parameters
    ----------
    point : (3,) float64
    corners : (m, 3, 3) float64
    """
    weights, _ = closest_on_triangles(point, corners)
    closest: Array = np.einsum("mc,mcx->mx", weights, corners)
    return closest


def barycentric(points: Array, corners: Array) -> Array:
    """Return the weights of the corners at points of triangles, (m, 3) float64; NaN without area.

    Parameters
    ----------
    points : (m, 3) float64
    corners : (m, 3, 3) float64
    """
    ab, ac, ap = (other - corners[:, 0] for other in (corners[:, 1], corners[:, 2], points))
    across = np.cross(ab, ac)
    size = (across * across).sum(axis=1)
    size = np.where(size > 0.0, size, np.nan)
    v = (np.cross(ap, ac) * across).sum(axis=1) / size
    w = (np.cross(ab, ap) * across).sum(axis=1) / size
    return np.stack([1.0 - v - w, v, w], axis=1)


def _hits(origin: Array, along: Array, patch: Patch) -> Array:
    """Distance at which a ray hits each triangle; infinite where it does not [Möller 1997]."""
    corners = patch.corners
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(along, ac)
    size = (ab * across).sum(axis=1)
    is_slanted = size != 0.0
    size = np.where(is_slanted, size, 1.0)
    to = origin - corners[:, 0]
    v = (to * across).sum(axis=1) / size
    turned = np.cross(to, ab)
    w = turned @ along / size
    away = (ac * turned).sum(axis=1) / size
    is_hit = is_slanted & (v >= -_ON_EDGE) & (w >= -_ON_EDGE) & (v + w <= 1 + _ON_EDGE)
    return np.where(is_hit & (away >= 0.0), away, np.inf)


def _anchor(surface: Surface, block: int, face: int, point: Array, away_m: float) -> Anchor:
    patch = surface.read(np.array([block]))
    if len(patch.faces) == 0:
        return Anchor(point, int(surface.vertex_ids(block)[face]), np.zeros(3), away_m)
    rows = patch.faces[face]
    corners = patch.vertices[rows]
    row = rows[int(np.argmin(np.linalg.norm(corners - point, axis=1)))]
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    length = float(np.linalg.norm(normal))
    unit = normal / length if length > 0.0 else np.zeros(3)
    return Anchor(point, int(surface.vertex_ids(block)[row]), unit, away_m)
