"""Which point of a cylinder's or cone's wall each pixel of its development shows.

Seen from outside with the axis upwards, angles grow to the right. A cylinder becomes a
rectangle, a cone a sector of a ring; both keep lengths on the wall exactly.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.axis import Axis, Wall

type Array = NDArray[Any]

MAX_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Development:
    """Rays onto a wall, one for each pixel.

    Attributes
    ----------
    shape : (int, int)
        Rows, top first, and columns.
    rows, columns : (n,) int64
        Pixels that show the wall.
    points : (n, 3) float64
        On the wall, in metres.
    outward : (n, 3) float64
        Unit normals of the wall.
    """

    shape: tuple[int, int]
    rows: Array
    columns: Array
    points: Array
    outward: Array


def develop(axis: Axis, wall: Wall, pixel_m: float, seam_deg: float) -> Development:
    """Return the rays of a development.

    Parameters
    ----------
    axis : Axis
    wall : Wall
    pixel_m : float
        Side of a pixel on the wall, in metres.
    seam_deg : float
        Angle around the axis at which the wall is cut open.

    Raises
    ------
    InputError
        If the pixel is no positive length, or so small that the picture would be too large.
    """
    if not pixel_m > 0.0 or not np.isfinite(pixel_m):
        raise InputError(f"Not the side of a pixel: {pixel_m} m", hint="give metres, as 1e-4.")
    make = _sector if wall.slope else _rectangle
    shape, rows, columns, turn, height = make(wall, pixel_m)
    angle = turn + np.deg2rad(seam_deg)
    first, second = axis.across
    radial = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    radius = wall.radius + wall.slope * height
    points = axis.point + radius[:, None] * radial + height[:, None] * axis.direction
    outward = (radial - wall.slope * axis.direction) / np.hypot(1.0, wall.slope)
    return Development(shape, rows, columns, points, outward)


type _Pixels = tuple[tuple[int, int], Array, Array, Array, Array]
"""Shape; row, column, angle from the seam in radians and height in metres of each pixel."""


def _rectangle(wall: Wall, pixel_m: float) -> _Pixels:
    shape = _shape(wall.high - wall.low, 2.0 * np.pi * wall.radius, pixel_m)
    rows, columns = (one.ravel() for one in np.indices(shape))
    turn = (columns + 0.5) * pixel_m / wall.radius
    height = wall.high - (rows + 0.5) * pixel_m
    is_wall = (turn <= 2.0 * np.pi) & (height >= wall.low)
    return shape, rows[is_wall], columns[is_wall], turn[is_wall], height[is_wall]


def _sector(wall: Wall, pixel_m: float) -> _Pixels:
    sine = abs(wall.slope) / np.hypot(1.0, wall.slope)
    radii = sorted((wall.radius + wall.slope * wall.low, wall.radius + wall.slope * wall.high))
    near, far = radii[0] / sine, radii[1] / sine
    widest = np.pi * sine
    side = far * (np.sin(widest) if widest < np.pi / 2.0 else 1.0)
    least = min(near * np.cos(widest), far * np.cos(widest))
    shape = _shape(far - least, 2.0 * side, pixel_m)
    rows, columns = (one.ravel() for one in np.indices(shape))
    right = (columns + 0.5) * pixel_m - side
    # The apex is below a wall that widens upwards, and above one that narrows.
    up = far - (rows + 0.5) * pixel_m if wall.slope > 0.0 else least + (rows + 0.5) * pixel_m
    slant, lean = np.hypot(right, up), np.arctan2(right, up)
    height = (slant * sine - wall.radius) / wall.slope
    is_wall = (np.abs(lean) <= widest) & (height >= wall.low) & (height <= wall.high)
    turn = lean / sine + np.pi
    return shape, rows[is_wall], columns[is_wall], turn[is_wall], height[is_wall]


def _shape(height: float, width: float, pixel_m: float) -> tuple[int, int]:
    rows, columns = int(np.ceil(height / pixel_m)), int(np.ceil(width / pixel_m))
    if rows * columns > MAX_PIXELS:
        raise InputError(
            f"The picture would be too large: {rows} x {columns} pixels",
            hint=f"choose larger pixels; at most {MAX_PIXELS} are drawn.",
        )
    return max(rows, 1), max(columns, 1)
