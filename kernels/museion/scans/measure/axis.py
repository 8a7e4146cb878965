"""The axis of a vessel, and the cylinder or cone that its wall is developed onto.

The normals of a surface of revolution all meet its axis: the axis is the line of least
moment with them (Pottmann & Randrup 1998), found again with small weights for what does not
fit (handles, breaks, figures).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.surface import Patch, require_points

type Array = NDArray[Any]

SOURCE = "Pottmann & Randrup 1998, doi:10.1007/BF02684413"
_ROUNDS = 30
_ROBUST = 1.4826022185056018
_BIWEIGHT = 4.685  # of the spread: 95 % efficient for normal errors [Beaton & Tukey 1974]
_UNDETERMINED = 1e-4
_LEVEL = 1e-6  # rise of an axis that has no upper end
_OUTWARD = 0.3  # cosine to the radius above which a triangle belongs to the outer wall


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """A line.

    Attributes
    ----------
    point : (3,) float64
        On it, in metres.
    direction : (3,) float64
        Unit vector; upwards if it was fitted.
    """

    point: Array
    direction: Array

    @property
    def across(self) -> tuple[Array, Array]:
        """Two unit vectors perpendicular to it, that make a right-handed frame with it."""
        seed = np.eye(3)[int(np.argmin(np.abs(self.direction)))]
        if abs(float(self.direction[0])) < np.sqrt(0.5):
            seed = np.array([1.0, 0.0, 0.0])  # an upright axis counts its angles from x
        first = seed - (seed @ self.direction) * self.direction
        first /= np.linalg.norm(first)
        return first, np.cross(self.direction, first)

    def cylindrical(self, points: Array) -> tuple[Array, Array, Array]:
        """Return radius and height in metres and angle in radians of points.

        Parameters
        ----------
        points : (n, 3) float64
        """
        arms = points - self.point
        x, y = (arms @ one for one in self.across)
        return np.hypot(x, y), arms @ self.direction, np.arctan2(y, x)


@dataclass(frozen=True, slots=True)
class Wall:
    """A cylinder or cone around an axis: its radius at height h is `radius + slope · h`.

    Attributes
    ----------
    radius : float
        At height 0, in metres.
    slope : float
        0 for a cylinder.
    low, high : float
        Heights between which the outer wall lies, in metres.
    """

    radius: float
    slope: float
    low: float
    high: float


def require_axis(point: object, direction: object) -> Axis:
    """Return the axis through a point.

    Raises
    ------
    InputError
        If it has no direction, or a coordinate is not a number.
    """
    along = require_points(direction, "direction of the axis")
    length = float(np.linalg.norm(along))
    if length == 0.0:
        raise InputError("The axis has no direction: its length is 0", hint="give a direction.")
    return Axis(require_points(point, "point of the axis"), along / length)


def fit_axis(patch: Patch) -> Axis:
    """Return the axis that the normals of a surface meet.

    Parameters
    ----------
    patch : Patch

    Raises
    ------
    InputError
        If the surface has no one axis, as a sphere or a plane.
    """
    centers, normals, areas = _elements(patch)
    middle = np.average(centers, axis=0, weights=areas)
    arms = centers - middle
    size = float(np.sqrt(np.average((arms * arms).sum(axis=1), weights=areas)))
    rows = np.concatenate([np.cross(arms / size, normals), normals], axis=1)
    weights = areas / areas.sum()
    for _ in range(_ROUNDS):
        line = _least_moment(rows, weights)
        misses = rows @ line
        spread = _ROBUST * float(np.median(np.abs(misses)))
        if spread <= 1e-12:  # noqa: PLR2004 - exact already
            break
        ratio = np.clip(np.abs(misses) / (_BIWEIGHT * spread), 0.0, 1.0)
        fresh = areas * (1.0 - ratio**2) ** 2
        fresh /= fresh.sum()
        if float(np.abs(fresh - weights).sum()) < 1e-9:  # noqa: PLR2004 - settled
            break
        weights = fresh
    direction, moment = line[:3], line[3:]
    deciding = (
        direction[2] if abs(direction[2]) > _LEVEL else direction[np.argmax(np.abs(direction))]
    )
    if deciding < 0.0:
        direction, moment = -direction, -moment
    return Axis(middle + size * np.cross(direction, moment), direction)


def fit_wall(patch: Patch, axis: Axis, *, is_cone: bool) -> Wall:
    """Return the cylinder or cone nearest to the outer wall of a vessel.

    Parameters
    ----------
    patch : Patch
    axis : Axis
    is_cone : bool

    Raises
    ------
    InputError
        If no triangle faces outwards, or the wall is no cone.
    """
    centers, normals, areas = _elements(patch)
    radius, height, _ = axis.cylindrical(centers)
    outward = centers - axis.point - height[:, None] * axis.direction
    is_outer = (outward * normals).sum(axis=1) > _OUTWARD * radius
    if not is_outer.any():
        raise InputError(
            "No triangle faces away from the axis: there is no outer wall to unroll",
            hint="check the axis, or turn the triangles round.",
        )
    radius, height, areas = radius[is_outer], height[is_outer], areas[is_outer]
    rows = patch.faces[_has_area(patch)][is_outer]
    reach = (patch.vertices[rows.ravel()] - axis.point) @ axis.direction
    low, high = float(reach.min()), float(reach.max())
    if not is_cone:
        return Wall(_weighted_median(radius, areas), 0.0, low, high)
    start, slope = _robust_line(height, radius, areas)
    if min(start + slope * low, start + slope * high) <= 0.0 or abs(slope) < 1e-3:  # noqa: PLR2004
        raise InputError(
            f"The outer wall is no cone: its radius changes by {slope:.3g} m per m of height",
            hint='unroll it with kind="cylinder".',
        )
    return Wall(start, slope, low, high)


def _least_moment(rows: Array, weights: Array) -> Array:
    """Line (direction, moment) with the least weighted moment with normals.

    Raises
    ------
    InputError
        If several lines have about the least.
    """
    system = rows.T @ (rows * weights[:, None])
    turns, mixed, shifts = system[:3, :3], system[:3, 3:], system[3:, 3:]
    spectrum = np.linalg.eigvalsh(shifts)
    back = np.linalg.pinv(shifts, rcond=1e-9, hermitian=True) @ mixed.T
    values, vectors = np.linalg.eigh(turns - mixed @ back)
    if values[1] < _UNDETERMINED or spectrum[1] < _UNDETERMINED:
        raise InputError(
            "The surface does not determine one axis, as a sphere or a plane",
            hint="give the axis: unroll(axis=(point, direction)).",
        )
    direction = vectors[:, 0]
    moment = -back @ direction
    return np.concatenate([direction, moment - (moment @ direction) * direction])


def _has_area(patch: Patch) -> Array:
    return np.linalg.norm(_across(patch), axis=1) > 0.0


def _elements(patch: Patch) -> tuple[Array, Array, Array]:
    """Centres, unit normals and areas of the triangles that have an area."""
    across = _across(patch)
    double = np.linalg.norm(across, axis=1)
    proper = double > 0.0
    normals = across[proper] / double[proper, None]
    return patch.corners[proper].mean(axis=1), normals, double[proper] / 2.0


def _across(patch: Patch) -> Array:
    corners = patch.corners
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _weighted_median(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order[int(np.searchsorted(reached, reached[-1] / 2.0))]])


def _robust_line(x: Array, y: Array, areas: Array) -> tuple[float, float]:
    """Value at 0 and slope, with small weights for what does not fit."""
    columns = np.stack([np.ones_like(x), x], axis=1)
    weights = areas / areas.sum()
    for _ in range(_ROUNDS):
        solution = np.linalg.solve(
            columns.T @ (columns * weights[:, None]), columns.T @ (weights * y)
        )
        misses = np.abs(y - columns @ solution)
        spread = _ROBUST * float(np.median(misses))
        if spread <= 1e-15:  # noqa: PLR2004 - exact already
            break
        weights = areas * (1.0 - np.clip(misses / (_BIWEIGHT * spread), 0.0, 1.0) ** 2) ** 2
    return float(solution[0]), float(solution[1])
