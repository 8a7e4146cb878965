"""Pixels drawn at random from a cube of any size, to fit a model that is then used on all."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import find_complete
from museion.imaging.analysis.progress import Progress, compute

SAMPLE_PIXELS = 20_000
_FEWEST_PER_BAND = 2

type Floats = NDArray[np.float64]


def draw_pixels(
    cube: xr.DataArray, count: int, seed: int, what: str, progress: Progress
) -> xr.DataArray:
    """Draw pixels without gap, each at most once.

    Parameters
    ----------
    cube : DataArray
        From `require_cube`: its spectral dimension is the last.
    count : int
        How many are looked at; all, if the cube has no more.
    seed : int
        Same seed, same pixels.
    what : str
        What they are for, for the progress.
    progress : Progress
        Told how far the reading is.

    Returns
    -------
    DataArray
        (pixel, band) float64, in memory, the coordinates of `pixel` being the positions from
        0 along each of the cube's other dimensions, named as these with ``_index`` appended.

    Raises
    ------
    InputError
        If hardly any of them is without gap.
    """
    *dims, last = cube.dims
    shape = [cube.sizes[dim] for dim in dims]
    whole = int(np.prod(shape))
    chosen = np.sort(np.random.default_rng(seed).permutation(whole)[:count])
    places = dict(zip(dims, np.unravel_index(chosen, shape), strict=True))
    at = {dim: xr.DataArray(where, dims="pixel") for dim, where in places.items()}
    drawn = cube.drop_vars([each for each in dims if each in cube.coords]).isel(at)
    drawn = compute(drawn, what, progress).transpose("pixel", last).astype(np.float64)
    index = {f"{dim}_index": ("pixel", where) for dim, where in places.items()}
    drawn = drawn.assign_coords(index)
    drawn = drawn.isel(pixel=find_complete(drawn.to_numpy()))
    if drawn.sizes["pixel"] < _FEWEST_PER_BAND * min(cube.sizes[last], 10):
        raise InputError(
            f"Too few pixels without a gap: {drawn.sizes['pixel']} of {len(chosen)} looked at",
            hint="leave out the bands that have gaps: cube.dropna, or good_band.",
        )
    return drawn
