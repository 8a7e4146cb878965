"""Whether numbers lie in the order that a header says: neighbours in a picture are alike.

Von Neumann's ratio, the mean square of the difference of neighbours over twice the variance, is
near 0 where neighbours are alike and near 1 where they are strangers. Read with the wrong byte
order or interleave, a cube's neighbours are strangers. Doubt is voiced only where another order
is far smoother than the one that was said, so that noise, tests and empty frames raise none.

References
----------
J. von Neumann, "Distribution of the ratio of the mean square successive difference to the
variance", Annals of Mathematical Statistics 12 (1941) 367-395.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_STRANGERS = 0.3
_ALIKE = 0.1
_TIMES_SMOOTHER = 4.0
_FEWEST_ON_A_SIDE = 8
_FEWEST_BANDS = 16  # with fewer, neighbouring bands may well be strangers
_PLACES, _RUN = 48, 256
_ABSURD = 1e15

type Numbers = NDArray[np.generic]


def find_order(
    read: Callable[[int, int], Numbers], shape: tuple[int, int, int], interleave: str
) -> str | None:
    """Find a byte order or interleave that fits a file better than its header's.

    Parameters
    ----------
    read : callable
        Takes a position in values and a count, returns so many values as the header reads them.
    shape : tuple of int
        Rows, columns, bands.
    interleave : str
        What the header says.

    Returns
    -------
    str or None
        ``"byte order"``, or the interleave that fits; None if the header may well be right.
    """
    if min(shape) < _FEWEST_ON_A_SIDE:
        return None
    size = int(np.prod(shape, dtype=object))
    starts = np.random.default_rng(0).integers(0, max(1, size - _RUN), _PLACES)
    starts = np.sort(starts)
    runs = [read(int(start), min(_RUN, size - int(start))) for start in starts]
    if is_swapped(np.stack([run for run in runs if len(run) == len(runs[0])])):
        return "byte order"
    spread = float(np.var(np.concatenate(runs).astype(np.float64)))
    if not np.isfinite(spread) or spread == 0:
        return None
    height, width, bands = shape
    lags = {
        "bil": (1, width, width * bands),
        "bip": (1, bands, width * bands),
        "bsq": (1, width, width * height),
    }
    known: dict[int, float] = {}
    for lag in {lag for several in lags.values() for lag in several}:
        known[lag] = _at_lag(read, runs, starts, lag, size) / (2 * spread)
    worst = {name: max(known[lag] for lag in several) for name, several in lags.items()}
    best = min(worst, key=lambda name: worst[name])
    if worst[interleave] > max(_STRANGERS, _TIMES_SMOOTHER * worst[best]):
        return best
    return _by_edges(read, shape, interleave, spread)


def _by_edges(
    read: Callable[[int, int], Numbers],
    shape: tuple[int, int, int],
    interleave: str,
    spread: float,
) -> str | None:
    """Tell ``bil`` from ``bsq`` by where the lines of the file jump.

    Both hold lines of a band; with about as many rows as bands their neighbours lie about
    equally far apart. Only at the end of a row of pictures does the next line jump.
    """
    height, width, bands = shape
    if interleave == "bip" or height == bands:
        return None
    said, other = (bands, height) if interleave == "bil" else (height, bands)
    jump, elsewhere = (
        _edge(read, every * width, width, height * width * bands) / (2 * spread)
        for every in (other, said)
    )
    is_doubtful = jump > max(_STRANGERS, _TIMES_SMOOTHER * elsewhere)
    return ("bsq" if interleave == "bil" else "bil") if is_doubtful else None


def _edge(read: Callable[[int, int], Numbers], period: int, width: int, size: int) -> float:
    """Return the mean square difference of two lines, one before and one after a multiple."""
    multiples = np.unique(np.linspace(period, max(period, size - width), _PLACES) // period)
    squares = []
    for place in (multiples * period).astype(int).tolist():
        if width <= place <= size - width:
            pair = read(place - width, 2 * width).astype(np.float64)
            squares.append(np.mean((pair[width:] - pair[:width]) ** 2))
    return float(np.mean(squares)) if squares else 0.0


def is_swapped(runs: Numbers) -> bool:
    """Return whether neighbours would be far more alike in the other byte order.

    Parameters
    ----------
    runs : (n, m) array
        Values that lie one after the other in a file; at least two bytes each.

    Returns
    -------
    bool
        False in doubt.
    """
    if runs.dtype.itemsize == 1 or runs.dtype.kind == "c":
        return False
    other = runs.byteswap()
    if runs.dtype.kind == "f":
        return _absurd(runs) > 0.1 and _absurd(other) == 0  # noqa: PLR2004 - a tenth
    here, there = _ratio(runs, 1), _ratio(other, 1)
    return here > max(_STRANGERS, _TIMES_SMOOTHER * there)


def doubtful_order(sample: Numbers) -> str | None:
    """Say if the values of a window look as if their order were wrong.

    Parameters
    ----------
    sample : (y, x, bands) array
        A window in the middle of a cube.

    Returns
    -------
    str or None
        One sentence, or None.
    """
    if min(sample.shape) < _FEWEST_ON_A_SIDE:
        return None
    if is_swapped(sample.reshape(-1, sample.shape[2])):
        return "Neighbours would be far more alike in the other byte order: is it right?"
    rows, columns, bands = (_ratio(sample, axis) for axis in range(3))
    is_crossed = bands > 0.5 and min(rows, columns) < _ALIKE  # noqa: PLR2004 - half strangers
    if sample.shape[2] < _FEWEST_BANDS:
        is_crossed = False
    is_sheared = max(rows, columns) > 0.5 and min(rows, columns) < _ALIKE  # noqa: PLR2004
    if is_crossed or is_sheared:
        return "Neighbours are alike along one axis and strangers along another: is the interleave right?"  # noqa: E501
    return None


def _at_lag(
    read: Callable[[int, int], Numbers],
    runs: list[Numbers],
    starts: NDArray[np.integer],
    lag: int,
    size: int,
) -> float:
    """Return the mean square of differences between values so far apart in the file."""
    squares = []
    for run, start in zip(runs, starts, strict=True):
        count = min(len(run), size - lag - int(start))
        if count > 0:
            further = read(int(start) + lag, count).astype(np.float64)
            squares.append(np.mean((further - run[:count].astype(np.float64)) ** 2))
    return float(np.mean(squares)) if squares else 0.0


def _ratio(values: Numbers, axis: int) -> float:
    """Return von Neumann's ratio along an axis; 0 where nothing varies."""
    numbers = values.astype(np.float64)
    spread = np.nanvar(numbers) if np.isfinite(numbers).any() else 0.0
    if not spread > 0:
        return 0.0
    return float(np.nanmean(np.diff(numbers, axis=axis) ** 2) / (2 * spread))


def _absurd(values: Numbers) -> float:
    """Return the share of numbers that no instrument gives."""
    with np.errstate(invalid="ignore"):
        size = np.abs(values.astype(np.float64))
    return float(np.mean(~(size < _ABSURD) | ((size > 0) & (size < 1 / _ABSURD))))
