"""Whether a registration is one: what two images tell of each other, here and elsewhere."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from museion.imaging.registration.transform import Residual

_BINS = 24
_REACH_PX = 4
_PARTS = 4
_SHIFTED = 40
_STANDS_OUT = 5.0
_LEAST_PIXELS = 200
_CLEAR = 3.0  # standard deviations of what shifts tell, for a part's own shift to count

type Image = NDArray[np.float32]


def mutual_information(first: Image, second: Image) -> float:
    """Return what one image tells of another, in nats.

    Parameters
    ----------
    first, second : arrays of one shape
        Values 0 to 1; NaN counts for nothing.

    Returns
    -------
    float
        From a joint histogram; 0 if hardly any pixel counts.
    """
    valid = np.isfinite(first) & np.isfinite(second)
    if valid.sum() < _LEAST_PIXELS:
        return 0.0
    limits = [[0.0, 1.0], [0.0, 1.0]]
    joint = np.histogram2d(first[valid], second[valid], _BINS, limits)[0]
    share = joint / joint.sum()
    apart = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
    there = share > 0
    return float((share[there] * np.log(share[there] / apart[there])).sum())


def stands_out(placed: Image, fixed: Image) -> bool:
    """Whether two images tell more of each other in place than shifted at random.

    Parameters
    ----------
    placed, fixed : (y, x) float32
        Both on the fixed image's pixels, NaN where one has none.

    Returns
    -------
    bool
        Five standard deviations above what large shifts give.
    """
    random = np.random.default_rng(0)
    height, width = fixed.shape
    elsewhere = []
    for _ in range(_SHIFTED):
        down = int(random.integers(height // 4, max(height // 4 + 1, 3 * height // 4)))
        right = int(random.integers(width // 4, max(width // 4 + 1, 3 * width // 4)))
        elsewhere.append(mutual_information(np.roll(placed, (down, right), (0, 1)), fixed))
    here, mean, spread = mutual_information(placed, fixed), np.mean(elsewhere), np.std(elsewhere)
    return bool(here > mean + _STANDS_OUT * max(spread, 1e-6))


def local_residuals(
    placed: Image, fixed: Image, matrix: NDArray[np.float64]
) -> tuple[Residual, ...]:
    """Register parts of an image by themselves, by shifts alone.

    Parameters
    ----------
    placed, fixed : (y, x) float32
        As for `stands_out`.
    matrix : (3, 3) float64
        From the moving image to the fixed one.

    Returns
    -------
    tuple of Residual
        Of those parts in which one shift stands out.
    """
    back = np.linalg.inv(matrix)
    found = []
    for rows, columns in _parts(fixed.shape):
        shift = _best_shift(placed, fixed, rows, columns)
        if shift is None:
            continue
        x, y = 0.5 * (columns.start + columns.stop - 1), 0.5 * (rows.start + rows.stop - 1)
        source = back @ [x, y, 1.0]
        moving = (float(source[0] / source[2]), float(source[1] / source[2]))
        right, down = shift
        found.append(Residual(moving, (x + right, y + down), -right, -down))
    return tuple(found)


def _parts(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """Yield parts whose pixels shifted by the reach are inside the image."""
    edges = [np.linspace(_REACH_PX, n - _REACH_PX, _PARTS + 1).astype(int) for n in shape]
    for top, bottom in zip(edges[0][:-1], edges[0][1:], strict=True):
        for left, right in zip(edges[1][:-1], edges[1][1:], strict=True):
            yield slice(int(top), int(bottom)), slice(int(left), int(right))


def _best_shift(
    placed: Image, fixed: Image, rows: slice, columns: slice
) -> tuple[float, float] | None:
    """Return by how much a part should move to tell most, if one place stands out."""
    reach = range(-_REACH_PX, _REACH_PX + 1)
    told = np.array([
        [
            mutual_information(
                placed[rows, columns],
                fixed[_moved(rows, down), _moved(columns, right)],
            )
            for right in reach
        ]
        for down in reach
    ])
    row, column = np.unravel_index(told.argmax(), told.shape)
    last = len(reach) - 1
    is_inside = 0 < row < last and 0 < column < last
    if not is_inside or told.max() < told.mean() + _CLEAR * told.std():
        return None
    down = _vertex(told[row - 1 : row + 2, column])
    right = _vertex(told[row, column - 1 : column + 2])
    return float(column - _REACH_PX + right), float(row - _REACH_PX + down)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _vertex(three: NDArray[np.float64]) -> float:
    """Return where a parabola through three values has its top, from the middle one."""
    curvature = three[0] - 2 * three[1] + three[2]
    return float(0.5 * (three[0] - three[2]) / curvature) if curvature < 0 else 0.0
