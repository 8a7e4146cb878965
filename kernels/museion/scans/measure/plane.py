"""A plane in space, with axes of its own to draw on."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.surface import require_points

type Array = NDArray[Any]

_SHORTEST = 1e-12
_THINNEST = 1e-9  # area of the triangle through three points, against its longest side squared


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The points x with `normal · x = offset`.

    Seen with the normal towards the viewer, `right` is level and `up` is up; seen from
    above, they are x and y.

    Attributes
    ----------
    normal : (3,) float64
        Unit vector.
    offset : float
        In metres.
    """

    normal: Array
    offset: float

    @classmethod
    def through(cls, point: object, normal: object) -> Self:
        """Return the plane through a point.

        Parameters
        ----------
        point : (3,) array-like
            In metres.
        normal : (3,) array-like
            Of any length.

        Raises
        ------
        InputError
            If the normal has no direction, or a coordinate is not a number.
        """
        at = require_points(point, "point of the plane")
        direction = require_points(normal, "normal of the plane")
        length = float(np.linalg.norm(direction))
        if length < _SHORTEST:
            raise InputError(
                "The normal of the plane has no direction: its length is 0",
                hint="give a vector perpendicular to the plane, as (0, 0, 1) for a level one.",
            )
        unit = direction / length
        return cls(unit, float(unit @ at))

    @classmethod
    def through_points(cls, first: object, second: object, third: object) -> Self:
        """Return the plane through three points, its normal to where they turn counter-clockwise.

        Parameters
        ----------
        first, second, third : (3,) array-like
            In metres.

        Raises
        ------
        InputError
            If the points are on a line.
        """
        a, b, c = require_points([first, second, third], "three points", (3, 3))
        across = np.cross(b - a, c - a)
        longest = max(float(side @ side) for side in (b - a, c - a, c - b))
        if float(np.linalg.norm(across)) <= _THINNEST * longest:
            raise InputError(
                "The three points are on a line: no plane is determined",
                hint="choose three points that span a triangle.",
            )
        return cls.through(a, across)

    @property
    def right(self) -> Array:
        """Unit vector to the right, in the plane."""
        level = np.cross([0.0, 0.0, 1.0], self.normal)
        length = float(np.linalg.norm(level))
        return level / length if length > _THINNEST else np.array([1.0, 0.0, 0.0])

    @property
    def up(self) -> Array:
        """Unit vector upwards, in the plane."""
        return np.cross(self.normal, self.right)

    def heights(self, points: Array) -> Array:
        """Return the signed distances of points, the same to the bit wherever a point is met.

        Parameters
        ----------
        points : (n, 3) float64
            In metres.
        """
        x, y, z = points.T
        heights: Array = x * self.normal[0] + y * self.normal[1] + z * self.normal[2] - self.offset
        return heights

    def flatten(self, points: Array) -> Array:
        """Return coordinates along `right` and `up`, (n, 2) float64 in metres.

        Parameters
        ----------
        points : (n, 3) float64
            In metres.
        """
        return np.stack([points @ self.right, points @ self.up], axis=1)


def require_plane(plane: object) -> Plane:
    """Return the plane.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(plane, Plane):
        raise InputError(
            f"Not a plane: {type(plane).__name__}",
            hint="make one with Plane.through(point, normal).",
        )
    return plane
