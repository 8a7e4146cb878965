"""The two references nearest to each pixel: how rankings are kept, put in order and named."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

UNKNOWN = -1
"""The class of a pixel that is none of those asked for."""


def outputs(measure: str) -> dict[str, tuple[str | None, int, Any]]:
    """Return the outputs of a ranking, as `map_pixels` wants them.

    Parameters
    ----------
    measure : str
        Name of what the ranking goes by.

    Returns
    -------
    dict
        Four planes.
    """
    return {
        "best": (None, 0, np.int32),
        measure: (None, 0, np.float32),
        "runner_up": (None, 0, np.int32),
        f"runner_up_{measure}": (None, 0, np.float32),
    }


def described(
    made: xr.Dataset, names: Sequence[str], measure: str, **attributes: str
) -> xr.Dataset:
    """Return a ranking with the names of its classes and the unit of its measure.

    Parameters
    ----------
    made : Dataset
        From `map_pixels` with `outputs`.
    names : sequence of str
        The references.
    measure : str
        Name of what the ranking goes by.
    **attributes
        Of the measure.

    Returns
    -------
    Dataset
        The same.
    """
    for name in ("best", "runner_up"):
        made[name].attrs |= {"classes": list(names), "unknown": UNKNOWN}
    for name in (measure, f"runner_up_{measure}"):
        made[name].attrs |= attributes
    return made


class Nearest:
    """Numbers and distances of the two nearest references, filled slab by slab.

    Parameters
    ----------
    shape : tuple of int
        Of the pixels.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        pixels = int(np.prod(shape))
        self._numbers = np.full((2, pixels), UNKNOWN, np.int32)
        self._distances = np.full((2, pixels), np.nan, np.float32)

    def put(
        self,
        rank: int,
        places: slice | NDArray[np.intp],
        numbers: NDArray[Any],
        distances: NDArray[Any],
    ) -> None:
        """Keep the best (rank 0) or second best (1) of some pixels.

        Parameters
        ----------
        rank : int
            0 or 1.
        places : slice or (n,) int
            Which pixels, in C order.
        numbers : (n,) int
            Their references.
        distances : (n,) float
            How far they are.
        """
        self._numbers[rank, places] = numbers
        self._distances[rank, places] = distances

    def finished(self, limit: float) -> tuple[NDArray[Any], ...]:
        """Return both, in order, unknown where the best is beyond a limit.

        Parameters
        ----------
        limit : float
            The largest distance of what is known.

        Returns
        -------
        tuple of four arrays
            Best, its distance, second best, its distance.
        """
        wrong = self._distances[1] < self._distances[0]  # where rounding ranked them
        self._numbers[:, wrong] = self._numbers[::-1, wrong]
        self._distances[:, wrong] = self._distances[::-1, wrong]
        self._numbers[0, ~(self._distances[0] <= limit)] = UNKNOWN
        pairs = zip(self._numbers, self._distances, strict=True)
        return tuple(each.reshape(self._shape) for pair in pairs for each in pair)
