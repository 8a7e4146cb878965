"""Makes smaller maps, over windows of 2 x 2 pixels: means of numbers, majorities of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_NOTHING = np.iinfo(np.int64).min


def halve(pixels: NDArray[Any], missing: int | None) -> NDArray[Any]:
    """Return means over windows of 2 x 2 pixels, in the type of `pixels`.

    Parameters
    ----------
    pixels : (rows, columns, bands) array
        Integers or floats; NaN is missing.
    missing : int or None
        Stored value that is missing.

    Returns
    -------
    (rows / 2, columns / 2, bands) array
        Windows over the edge hold fewer pixels; a window without any is missing.
    """
    work = np.float64 if pixels.dtype.itemsize > np.dtype(np.uint16).itemsize else np.float32
    shape = (-(-pixels.shape[0] // 2), -(-pixels.shape[1] // 2), pixels.shape[2])
    total, count = np.zeros(shape, work), np.zeros(shape, np.uint8)
    for row in (0, 1):
        for column in (0, 1):
            corner = pixels[row::2, column::2]
            part = (slice(corner.shape[0]), slice(corner.shape[1]))
            _add(total[part], count[part], corner, missing)
    with np.errstate(invalid="ignore"):
        total /= count
    if pixels.dtype.kind == "f":
        return total.astype(pixels.dtype)
    np.rint(total, out=total)
    if missing is not None:
        total[count == 0] = missing
    return total.astype(pixels.dtype)


def halve_means(values: NDArray[Any]) -> NDArray[Any]:
    """Return means over windows of 2 x 2 pixels.

    Parameters
    ----------
    values : (rows, columns) or (rows, columns, channels) float
        NaN doesn't count in a mean.

    Returns
    -------
    array
        Half as high and wide, rounded up; a window without any value is NaN.
    """
    is_flat = values.ndim == len(("y", "x"))
    means = halve(values[..., None] if is_flat else values, None)
    return means[..., 0] if is_flat else means


def halve_classes(values: NDArray[Any]) -> NDArray[np.int32]:
    """Return the class that most pixels of each window of 2 x 2 have.

    Parameters
    ----------
    values : (rows, columns) int
        -1 is unknown, and counts like a class.

    Returns
    -------
    (rows / 2, columns / 2) int32
        Rounded up; of two that are equally frequent, the one that comes first in the window.
    """
    shape = (4, -(-values.shape[0] // 2), -(-values.shape[1] // 2))
    votes = np.full(shape, _NOTHING, np.int64)
    for number, vote in enumerate(votes):
        corner = values[number // 2 :: 2, number % 2 :: 2]
        vote[: corner.shape[0], : corner.shape[1]] = corner
    counts = np.stack([
        np.where(vote == _NOTHING, 0, (votes == vote).sum(axis=0)) for vote in votes
    ])
    winner = counts.argmax(axis=0)
    won: NDArray[np.int32] = np.take_along_axis(votes, winner[None], axis=0)[0].astype(np.int32)
    return won


def _add(
    total: NDArray[Any], count: NDArray[Any], corner: NDArray[Any], missing: int | None
) -> None:
    """Add one pixel of each window, where it was measured."""
    if corner.dtype.kind != "f" and missing is None:
        total += corner
        count += 1
        return
    valid = ~np.isnan(corner) if corner.dtype.kind == "f" else corner != missing
    np.add(total, corner, out=total, where=valid)
    count += valid
