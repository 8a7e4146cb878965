"""Makes smaller maps, over windows of 2 x 2 pixels: means of numbers, majorities of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.pyramid import halve

_NOTHING = np.iinfo(np.int64).min


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
