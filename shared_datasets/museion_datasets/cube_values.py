"""Opens the array of a stored cube, and what is computed of its values without the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.arrays.store import SealedStore
from museion_datasets.arrays.variables import dims_of, open_variables
from museion_datasets.errors import InvalidError
from museion_datasets.spectral_axis import CHANNEL, SpectralAxis, find_axis

_SAMPLE_PX = 256
_PERCENTILES = (1.0, 99.0)

type Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Mean and spread of some pixels: of a disc, or of a region.

    Attributes
    ----------
    count : int
        Those of them inside the cube.
    mean, std : (bands,) float32
        NaN where a band has no valid pixel.
    """

    count: int
    mean: Floats
    std: Floats


def open_cube(
    store: SealedStore, item: str
) -> tuple[Any, SpectralAxis, NDArray[Any], NDArray[Any]]:
    """Open the array of a cube.

    Parameters
    ----------
    store : SealedStore
        A version's store.
    item : str
        Name of the array item.

    Returns
    -------
    array : zarr.Array
        The item's variable (y, x, …).
    axis : SpectralAxis
        The third.
    places, good : (bands,) array
        Where the bands lie on it, and which are to be used.

    Raises
    ------
    NotFoundError
        If there is no such item.
    InvalidError
        If the item is no cube.
    """
    arrays = open_variables(store, item)
    cubes = [(each, axis) for each in arrays.values() if (axis := _axis_of(each)) is not None]
    if len(cubes) != 1 or (cubes[0][1] is not CHANNEL and cubes[0][1].name not in arrays):
        raise InvalidError(
            f"Not a cube: {item!r:.80}",
            hint="a cube has the dimensions y, x and wavelength, with wavelengths in nm; or "
            "energy, in keV; or channel.",
        )
    array, axis = cubes[0]
    count = array.shape[2]
    places = np.asarray(arrays[axis.name][:]) if axis.name in arrays else np.arange(count)
    good = np.asarray(arrays["good_band"][:]) if "good_band" in arrays else np.ones(count, bool)
    return array, axis, places, good


def _axis_of(array: Any) -> SpectralAxis | None:  # noqa: ANN401 - zarr's union of array kinds
    """Return the spectral axis of a stored variable; it comes last."""
    dims = dims_of(array)
    return find_axis(dims, array.shape) if dims[:2] == ("y", "x") else None


def average(pixels: Floats) -> Spectrum:
    """Average the spectra of some pixels.

    Parameters
    ----------
    pixels : (n, bands) float32
        NaN where nothing was measured.

    Returns
    -------
    Spectrum
        Mean and standard deviation of what was measured.
    """
    valid = np.isfinite(pixels)
    count = valid.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(valid, pixels, 0).sum(axis=0, dtype=np.float64) / count
        spread = np.where(valid, pixels - mean, 0) ** 2
        std = np.sqrt(spread.sum(axis=0) / count)
    return Spectrum(len(pixels), mean.astype(np.float32), std.astype(np.float32))


def add_groups(values: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """Add the values of bands that belong together.

    Parameters
    ----------
    values : (y, x, bands) float32
        Of all groups' bands, one group after the other.
    groups : sequence of sequences of int
        Their lengths count.

    Returns
    -------
    (y, x, groups) float32
        The values themselves where every group is of one band.
    """
    lengths = [len(group) for group in groups]
    if max(lengths, default=1) == 1:
        return values
    starts = np.cumsum([0, *lengths[:-1]])
    sums: Floats = np.add.reduceat(values, starts, axis=-1, dtype=np.float32)
    return sums


def middle_of(length: int, most: int) -> slice:
    """Return the middle of a side: what stands for a cube without pyramid.

    Parameters
    ----------
    length : int
        Of the side, in pixels.
    most : int
        How much of it at most.

    Returns
    -------
    slice
        At most 256 pixels.
    """
    size = min(_SAMPLE_PX, most)
    start = max(0, (length - size) // 2)
    return slice(start, start + size)


def percentiles_of(values: Floats) -> tuple[float, float]:
    """Return the 1st and the 99th percentile.

    Parameters
    ----------
    values : array of float32
        NaN where there is none.

    Returns
    -------
    low, high : float
        Never the same; 0 and 1 if there is no value.
    """
    valid = values[np.isfinite(values)]
    if valid.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(valid, _PERCENTILES)
    return float(low), float(high) if high > low else float(low) + 1.0
