"""Spreads the points of a cloud over the pixels of a still picture."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[Any]

_FILLED = 0.35  # of the picture, by a cloud that fits it
_OVERLAP = 1.6
_MOST_PX = 15
_NEIGHBOURS = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))
_STEEPEST = 5.0


def dots(screen: Array, width: int, height: int) -> tuple[Array, Array, Array]:
    """Return the pixels that points cover, which point is nearest there, and how steep it is.

    Parameters
    ----------
    screen : (n, 3) float64
        Columns, rows and depths.
    width, height : int
        Of the picture.

    Returns
    -------
    (k,) int64
        Places in the picture, row by row.
    (k,) int64
        Rows of `screen`.
    (k,) float64
        Mean slope down to the pixel from its neighbours; 0 facing the viewer.
    """
    side = int(np.clip(np.sqrt(width * height * _FILLED / len(screen)) * _OVERLAP, 1, _MOST_PX))
    down, across = np.indices((side, side)).reshape(2, -1) - side // 2
    is_round = np.hypot(down, across) <= max(side / 2.0, 0.5)
    columns = screen[:, 0].astype(np.int64)[:, None] + across[is_round]
    rows = screen[:, 1].astype(np.int64)[:, None] + down[is_round]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    pixel = (rows * width + columns)[inside]
    point = np.broadcast_to(np.arange(len(screen))[:, None], inside.shape)[inside]
    depth = screen[point, 2]
    nearest = np.full(width * height, np.inf)
    np.minimum.at(nearest, pixel, depth)
    kept = np.flatnonzero(depth <= nearest[pixel])
    _, first = np.unique(pixel[kept], return_index=True)
    kept = kept[first]
    slope = _slopes(nearest.reshape(height, width), side).ravel()
    return pixel[kept], point[kept], slope[pixel[kept]]


def _slopes(depths: Array, reach: int) -> Array:
    """Return the mean slope down to each pixel from the pixels at a distance around it."""
    covered = np.isfinite(depths)
    if not covered.any():
        return np.zeros_like(depths)
    # Rows are as long as columns are wide: 28 degrees over the height, at the middle's depth.
    unit = float(np.median(depths[covered])) * 2.0 * np.tan(np.deg2rad(14.0)) / len(depths) * reach
    total = np.zeros_like(depths)
    for y, x in _NEIGHBOURS:
        other = np.roll(depths, (y * reach, x * reach), axis=(0, 1))
        with np.errstate(invalid="ignore"):
            fall = (depths - other) / (unit * np.hypot(y, x))
        total += np.where(covered & np.isfinite(other), fall, 0.0).clip(0.0, _STEEPEST)
    mean: Array = total / len(_NEIGHBOURS)
    return mean
