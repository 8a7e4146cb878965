"""Independent components: directions in which a cube's values are least normally distributed.

The cube is made white by its covariance, from one pass; FastICA then turns the axes, on pixels
drawn at random. It is repeated on resampled pixels, which says how much of a component is
chance.

References
----------
A. Hyvärinen, "Fast and robust fixed-point algorithms for independent component analysis", IEEE
Transactions on Neural Networks 10 (1999) 626-634.
J. Himberg, A. Hyvärinen and F. Esposito, "Validating the independent components of neuroimaging
time series via clustering and visualization", NeuroImage 22 (2004) 1214-1222 (resampling).
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.components import project, require_count, unit_of, upright
from museion.imaging.analysis.moments import gather_moments
from museion.imaging.analysis.pixels import WAVELENGTH, require_cube
from museion.imaging.analysis.progress import Progress, find_progress
from museion.imaging.analysis.sampling import SAMPLE_PIXELS, draw_pixels

REPEATS = 5
_WHAT = "independent components"
_ITERATIONS = 400
_CLOSE = 1e-5
_NORMAL = 0.3745672075  # mean of log cosh of a normal variable
_LEAST_SHARE = 1e-10  # of the variance, below which there is nothing to make white

type Floats = NDArray[np.float64]


def independent_components(
    cube: xr.DataArray, count: int = 5, *, seed: int = 0, progress: Progress | None = None
) -> xr.Dataset:
    """Independent components of a cube's spectra.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm. Pixels with a gap count for nothing
        and get no score.
    count : int
        Number of components, found among as many principal components.
    seed : int
        Of the pixels drawn and of the start; same seed, same result.
    progress : Progress, optional
        Told how far it is; a bar in a notebook by default.

    Returns
    -------
    Dataset
        ``scores`` (y, x, component) float32, of variance one, lazy if the cube is; ``weights``
        (component, wavelength); ``patterns`` (component, wavelength), in the cube's unit, for
        `rebuild`; ``mean`` (wavelength); ``negentropy`` (component), by which they are
        ordered; ``stability`` (component), from 0 to 1: how like it its nearest component is
        when pixels are drawn anew, on average. Believe those near 1.

    Raises
    ------
    InputError
        If it is no cube, has fewer bands than components, or less variance.
    """
    cube = require_cube(cube)
    require_count(cube, count)
    told = find_progress(progress)
    moments = gather_moments(cube, _WHAT, told)
    covariance = moments.covariance()
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    if values[-1] <= _LEAST_SHARE * values[0]:
        raise InputError(f"The cube has not {count} components", hint="ask for fewer.")
    whiten = vectors / np.sqrt(values)
    drawn = draw_pixels(cube, SAMPLE_PIXELS, seed, _WHAT, told).to_numpy()
    white = (drawn - moments.mean) @ whiten
    random = np.random.default_rng(seed)
    turn = find_rotation(white, random)
    stability = np.zeros(count)
    for done in range(REPEATS):
        again = find_rotation(white[random.integers(0, len(white), len(white))], random)
        stability += np.abs(turn @ again.T).max(axis=1) / REPEATS
        told(done + 1, REPEATS, f"{_WHAT}, drawn anew")
    negentropy = (np.log(np.cosh(white @ turn.T)).mean(axis=0) - _NORMAL) ** 2
    order = np.argsort(-negentropy)
    weights = upright(turn[order] @ whiten.T)
    made = project(cube, moments.mean, weights)
    made["weights"] = (("component", WAVELENGTH), weights)
    made["patterns"] = (("component", WAVELENGTH), weights @ covariance)
    made["mean"] = (WAVELENGTH, moments.mean, {**cube.attrs, "units": unit_of(cube)})
    made["negentropy"] = ("component", negentropy[order], {"units": "1"})
    made["stability"] = ("component", stability[order].clip(0, 1), {"units": "1"})
    made["scores"].attrs = {"units": "1", "long_name": "independent component"}
    return made.assign_coords({WAVELENGTH: cube[WAVELENGTH]})


def find_rotation(white: Floats, random: np.random.Generator) -> Floats:
    """Find the rotation of white data that makes its axes least normal (symmetric FastICA).

    Parameters
    ----------
    white : (n, k) float64
        Uncorrelated, of variance one.
    random : Generator
        For the start.

    Returns
    -------
    (k, k) float64
        Orthogonal; a row for each component.
    """
    count = white.shape[1]
    turn = _orthogonal(random.normal(size=(count, count)))
    for _ in range(_ITERATIONS):
        slope = np.tanh(white @ turn.T)
        newer = slope.T @ white / len(white) - (1 - slope**2).mean(axis=0)[:, None] * turn
        newer = _orthogonal(newer)
        change = np.abs(np.abs(np.einsum("ij,ij->i", newer, turn)) - 1).max()
        turn = newer
        if change < _CLOSE:
            break
    return turn


def _orthogonal(matrix: Floats) -> Floats:
    """Return the orthogonal matrix nearest to one."""
    left, _, right = np.linalg.svd(matrix)
    nearest: Floats = left @ right
    return nearest
