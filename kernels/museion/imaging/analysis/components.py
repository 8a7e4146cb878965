"""Principal components of a cube, from one pass over it.

The eigenvectors of the covariance (`museion.imaging.analysis.moments`) are the components; a
second, lazy pass projects the pixels.

References
----------
T. W. Anderson, "Asymptotic theory for principal component analysis", Annals of Mathematical
Statistics 34 (1963) 122-148 (error of an eigenvalue).
"""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.moments import Moments, gather_moments
from museion.imaging.analysis.pixels import (
    WAVELENGTH,
    map_pixels,
    precision_of,
    require_cube,
    slabs,
)
from museion.imaging.analysis.progress import Progress, find_progress

type Floats = NDArray[np.float64]


def principal_components(
    cube: xr.DataArray, count: int = 10, *, progress: Progress | None = None
) -> xr.Dataset:
    """Principal components of a cube's spectra.

    The moments are computed at once, in one pass; the scores stay lazy if the cube is.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm. Pixels with a gap in any band count
        for nothing and get no score.
    count : int
        Number of components, from the one with the most variance.
    progress : Progress, optional
        Told how far the pass is; a bar in a notebook by default.

    Returns
    -------
    Dataset
        ``scores`` (y, x, component) float32, in the cube's unit; ``loadings`` (component,
        wavelength), of length one, the largest of each positive; ``variance`` (component),
        in the cube's unit squared, with ``variance_error``, its standard error if pixels were
        independent (neighbours are not: it is a lower bound); ``variance_share``, of the
        whole variance; ``mean`` (wavelength); ``pixels``, how many counted.

    Raises
    ------
    InputError
        If it is no cube, has fewer bands than components, or fewer than two valid pixels.
    """
    cube = require_cube(cube)
    require_count(cube, count)
    moments = gather_moments(cube, "principal components", find_progress(progress))
    values, vectors = np.linalg.eigh(moments.covariance())
    variance, loadings = values[::-1].clip(0), upright(vectors.T[::-1])
    made = project(cube, moments.mean, loadings[:count])
    return _described(made, cube, moments, variance, loadings[:count])


def rebuild(found: xr.Dataset, count: int | None = None) -> xr.DataArray:
    """Return the cube again from its first components, without what the others hold.

    Parameters
    ----------
    found : Dataset
        From `principal_components` or `minimum_noise_fraction`; lazy stays lazy.
    count : int, optional
        How many components; all that were found by default.

    Returns
    -------
    DataArray
        (y, x, wavelength) float32.
    """
    kept = found.isel(component=slice(0, count))
    patterns = kept["patterns" if "patterns" in kept else "loadings"].astype(np.float32)
    mean = found["mean"].astype(np.float32)
    cube: xr.DataArray = xr.dot(kept["scores"], patterns, dim="component") + mean
    cube = cube.transpose(..., WAVELENGTH)
    return cube.assign_attrs(found["mean"].attrs)


def require_count(cube: xr.DataArray, count: int) -> None:
    """Require a number of components that a cube can have.

    Parameters
    ----------
    cube : DataArray
        From `require_cube`.
    count : int
        Wished number.

    Raises
    ------
    InputError
        If it is less than one or more than there are bands.
    """
    bands = cube.sizes[WAVELENGTH]
    if not 1 <= count <= bands:
        raise InputError(
            f"Not a number of components of {bands} bands: {count}",
            hint=f"ask for 1 to {bands}.",
        )


def upright(rows: Floats) -> Floats:
    """Return vectors with the sign that makes the largest value of each positive.

    Parameters
    ----------
    rows : (n, bands) float64
        None zero.

    Returns
    -------
    (n, bands) float64
        So that a component looks the same on every machine.
    """
    largest = np.abs(rows).argmax(axis=1)
    turned: Floats = rows * np.sign(rows[np.arange(len(rows)), largest])[:, None]
    return turned


def project(cube: xr.DataArray, mean: Floats, weights: Floats) -> xr.Dataset:
    """Return the scores of pixels: their deviations from a mean, weighted and added.

    Parameters
    ----------
    cube : DataArray
        From `require_cube`.
    mean : (bands,) float64
        Taken off.
    weights : (components, bands) float64
        A row for each score.

    Returns
    -------
    Dataset
        ``scores`` (y, x, component) float32, lazy if the cube is; NaN where there is a gap.
    """
    outputs = {"scores": ("component", len(weights), np.float32)}
    made = map_pixels(_project, cube, outputs, mean=mean, weights=weights)
    return made.assign_coords(component=np.arange(1, len(weights) + 1))


def _project(block: NDArray[Any], mean: Floats, weights: Floats) -> tuple[NDArray[np.float32]]:
    """Return the scores of a block's pixels."""
    kind = precision_of(block.dtype)
    centre, product = mean.astype(kind), weights.T.astype(kind)
    scores = np.empty((block[..., 0].size, len(weights)), np.float32)
    with np.errstate(invalid="ignore"):
        for rows, spectra in slabs(block, len(weights), kind):
            scores[rows] = (spectra - centre) @ product
    return (scores.reshape(*block.shape[:-1], len(weights)),)


def _described(
    made: xr.Dataset, cube: xr.DataArray, moments: Moments, variance: Floats, loadings: Floats
) -> xr.Dataset:
    """Return scores and what they mean, with units."""
    unit = unit_of(cube)
    squared = "1" if unit == "1" else f"({unit})^2"
    count, whole = len(loadings), float(variance.sum())
    kept = variance[:count]
    share = kept / whole if whole else np.zeros(count)
    error = kept * np.sqrt(2 / (moments.count - 1))
    made["loadings"] = (("component", WAVELENGTH), loadings, {"units": "1"})
    made["variance"] = ("component", kept, {"units": squared})
    made["variance_error"] = ("component", error, {"units": squared, "long_name": "lower bound"})
    made["variance_share"] = ("component", share, {"units": "1"})
    made["mean"] = (WAVELENGTH, moments.mean, {**cube.attrs, "units": unit})
    made["pixels"] = ((), moments.count)
    made["scores"].attrs = {"units": unit, "long_name": "score"}
    return made.assign_coords({WAVELENGTH: cube[WAVELENGTH]})


def unit_of(cube: xr.DataArray) -> str:
    """Return the unit of a cube's values.

    Parameters
    ----------
    cube : DataArray
        Any.

    Returns
    -------
    str
        "1" if it says nothing.
    """
    return str(cube.attrs.get("units", cube.attrs.get("unit", "1")))
