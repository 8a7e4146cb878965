"""Non-negative factors: spectra that mix to those of the cube, found in the cube itself.

Pixels drawn at random are factorized by hierarchical alternating least squares, which starts
from the purest pixels; what each pixel of the cube holds of the spectra found is then unmixed
exactly and lazily. It is repeated from other starts: the factors of a mixture are seldom unique.

References
----------
D. D. Lee and H. S. Seung, "Learning the parts of objects by non-negative matrix factorization",
Nature 401 (1999) 788-791.
A. Cichocki and A.-H. Phan, "Fast local algorithms for large scale nonnegative matrix and tensor
factorizations", IEICE Trans. Fundamentals E92-A (2009) 708-721.
M. C. U. Araújo et al., "The successive projections algorithm", Chemometrics and Intelligent
Laboratory Systems 57 (2001) 65-73 (purest pixels).
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.components import require_count
from museion.imaging.analysis.pixels import WAVELENGTH, require_cube
from museion.imaging.analysis.progress import Progress, find_progress
from museion.imaging.analysis.sampling import draw_pixels
from museion.imaging.analysis.unmixing import MAX_RESIDUAL, unmix
from museion.imaging.cubes import require_reflectance

REPEATS = 4
_WHAT = "non-negative factors"
_PIXELS = 5_000
_ITERATIONS = 300
_LEAST = 1e-9

type Floats = NDArray[np.float64]


def nonnegative_factors(
    cube: xr.DataArray,
    count: int,
    *,
    max_residual: float = MAX_RESIDUAL,
    seed: int = 0,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Find spectra that a cube is mixed of, and how much of each a pixel holds.

    They are shapes that occur together, not yet pigments: compare them with a library.

    Parameters
    ----------
    cube : DataArray
        Reflectance with dimensions ``y``, ``x`` and ``wavelength`` in nm.
    count : int
        Number of factors.
    max_residual : float
        As of `unmix`.
    seed : int
        Of the pixels drawn; same seed, same result.
    progress : Progress, optional
        Told how far it is; a bar in a notebook by default.

    Returns
    -------
    Dataset
        As of `unmix`, lazy if the cube is, and ``spectra`` (endmember, wavelength), the
        largest value of each being one; ``stability`` (endmember), from 0 to 1: the cosine
        with the most similar spectrum found from another start, on average.

    Raises
    ------
    InputError
        If it is no cube of reflectance, has fewer bands than factors, or negative pixels only.
    """
    cube = require_reflectance(require_cube(cube))
    require_count(cube, count)
    told = find_progress(progress)
    drawn = draw_pixels(cube, _PIXELS, seed, _WHAT, told).to_numpy().clip(0, None)
    if np.linalg.matrix_rank(drawn) < count:
        raise InputError(f"The cube has not {count} factors", hint="ask for fewer.")
    random = np.random.default_rng(seed)
    spectra = factorize(drawn, _purest(drawn, count))
    stability = np.zeros(count)
    for done in range(REPEATS):
        start = drawn[random.choice(len(drawn), count, replace=False)]
        again = factorize(drawn, start)
        stability += _cosines(spectra, again).max(axis=1) / REPEATS
        told(done + 1, REPEATS, f"{_WHAT}, from another start")
    names = [f"factor {number}" for number in range(1, count + 1)]
    coords = {"endmember": names, WAVELENGTH: cube[WAVELENGTH]}
    labelled = xr.DataArray(spectra, dims=("endmember", WAVELENGTH), coords=coords)
    found = unmix(cube, labelled, max_residual=max_residual)
    found["spectra"] = labelled.assign_attrs({**cube.attrs, "long_name": "shape"})
    found["stability"] = ("endmember", stability, {"units": "1"})
    return found


def factorize(values: Floats, start: Floats) -> Floats:
    """Factorize non-negative spectra, and return the factors' spectra.

    Parameters
    ----------
    values : (n, bands) float64
        Not negative.
    start : (k, bands) float64
        Where to start.

    Returns
    -------
    (k, bands) float64
        The largest value of each is one.
    """
    spectra = start.clip(_LEAST, None)
    amounts = np.linalg.lstsq(spectra.T, values.T)[0].T.clip(_LEAST, None)
    for _ in range(_ITERATIONS):
        amounts = _improved(amounts, values @ spectra.T, spectra @ spectra.T)
        spectra = _improved(spectra.T, values.T @ amounts, amounts.T @ amounts).T
        scale = spectra.max(axis=1)
        spectra, amounts = spectra / scale[:, None], amounts * scale
    return spectra


def _improved(factor: Floats, products: Floats, normal: Floats) -> Floats:
    """Return one factor, each of its columns at its best while the others stay."""
    for column in range(factor.shape[1]):
        change = products[:, column] - factor @ normal[:, column]
        better = factor[:, column] + change / max(normal[column, column], _LEAST)
        factor[:, column] = better.clip(_LEAST, None)
    return factor


def _purest(values: Floats, count: int) -> Floats:
    """Return the spectra of pixels that are as little mixtures of each other as can be."""
    left, chosen = values.copy(), []
    for _ in range(count):
        place = int(np.einsum("ij,ij->i", left, left).argmax())
        chosen.append(place)
        axis = left[place] / np.linalg.norm(left[place])
        left -= np.outer(left @ axis, axis)
    return values[chosen]


def _cosines(first: Floats, second: Floats) -> Floats:
    """Return the cosines of the angles of each with each."""
    lengths = np.outer(np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1))
    cosines: Floats = first @ second.T / lengths
    return cosines
