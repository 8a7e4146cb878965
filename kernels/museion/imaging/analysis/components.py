"""Principal components of a cube, from one pass over it.

Each block gives the number of its pixels, their mean and their scatter matrix in float64;
pairs of these are merged (Chan et al.), so nothing larger than a block is ever in memory and
no large numbers cancel. The eigenvectors of the covariance are the components; a second,
lazy pass projects the pixels.

References
----------
T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance",
The American Statistician 37 (1983) 242-247 (merging moments).
T. W. Anderson, "Asymptotic theory for principal component analysis", Annals of Mathematical
Statistics 34 (1963) 122-148 (error of an eigenvalue).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dask
import numpy as np
import xarray as xr
from dask.delayed import delayed
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs

_MERGED_AT_ONCE = 8

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """What is known of some pixels.

    Attributes
    ----------
    count : int
        Number of pixels without gaps.
    mean : (bands,) float64
        Their mean spectrum.
    scatter : (bands, bands) float64
        Sum of the outer products of their deviations from it.
    """

    count: int
    mean: Floats
    scatter: Floats

    def merged(self, other: "Moments") -> "Moments":
        """Return the moments of both sets of pixels.

        Parameters
        ----------
        other : Moments
            Of other pixels, same bands.

        Returns
        -------
        Moments
            Of all.
        """
        count = self.count + other.count
        if not self.count or not other.count:
            return self if self.count else other
        shift = other.mean - self.mean
        scatter = self.scatter + other.scatter
        scatter += np.outer(shift, shift) * (self.count * other.count / count)
        return Moments(count, self.mean + shift * (other.count / count), scatter)


def principal_components(cube: xr.DataArray, count: int = 10) -> xr.Dataset:
    """Principal components of a cube's spectra.

    The moments are computed at once, in one pass; the scores stay lazy if the cube is.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm. Pixels with a gap in any band count
        for nothing and get no score.
    count : int
        Number of components, from the one with the most variance.

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
    bands = cube.sizes[WAVELENGTH]
    if not 1 <= count <= bands:
        raise InputError(
            f"Not a number of components of {bands} bands: {count}",
            hint=f"ask for 1 to {bands}.",
        )
    moments = _moments(cube)
    if moments.count < 2:  # noqa: PLR2004 - one pixel has no variance
        raise InputError(
            f"Too few pixels without a gap: {moments.count}",
            hint="leave out the bands that have none: cube.dropna.",
        )
    variance, loadings = _components(moments)
    outputs = {"scores": ("component", count, np.float32)}
    made = map_pixels(_project, cube, outputs, mean=moments.mean, loadings=loadings[:count])
    return _described(made, cube, moments, variance, loadings[:count])


def find_moments(block: NDArray[Any]) -> Moments:
    """Return the moments of a block.

    Parameters
    ----------
    block : (…, bands) array
        Any numbers; NaN is a gap.

    Returns
    -------
    Moments
        Of the pixels without gap.
    """
    bands = block.shape[-1]
    found = Moments(0, np.zeros(bands), np.zeros((bands, bands)))
    for _, spectra in slabs(block, 0):
        valid = spectra[np.isfinite(spectra).all(axis=1)]
        if len(valid):
            mean = valid.mean(axis=0)
            valid -= mean
            found = found.merged(Moments(len(valid), mean, valid.T @ valid))
    return found


def _moments(cube: xr.DataArray) -> Moments:
    """Return the moments of a cube, computed where the current scheduler computes."""
    if not cube.chunks:
        return find_moments(cube.to_numpy())
    parts = [delayed(find_moments, pure=False)(each) for each in cube.data.to_delayed().ravel()]
    while len(parts) > 1:
        groups = range(0, len(parts), _MERGED_AT_ONCE)
        merge = delayed(_merged, pure=False)
        parts = [merge(parts[first : first + _MERGED_AT_ONCE]) for first in groups]
    (moments,) = dask.compute(*parts)  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
    return moments  # type: ignore[no-any-return,unused-ignore]


def _merged(several: Sequence[Moments]) -> Moments:
    """Return the moments of several sets of pixels."""
    merged = several[0]
    for each in several[1:]:
        merged = merged.merged(each)
    return merged


def _components(moments: Moments) -> tuple[Floats, Floats]:
    """Return all variances, falling, and the loadings as rows."""
    values, vectors = np.linalg.eigh(moments.scatter / (moments.count - 1))
    loadings = vectors.T[::-1]
    largest = np.abs(loadings).argmax(axis=1)
    loadings = loadings * np.sign(loadings[np.arange(len(loadings)), largest])[:, None]
    return values[::-1].clip(0), loadings


def _project(block: NDArray[Any], mean: Floats, loadings: Floats) -> tuple[NDArray[np.float32]]:
    """Return the scores of a block's pixels."""
    scores = np.empty((block[..., 0].size, len(loadings)), np.float32)
    for rows, spectra in slabs(block, len(loadings)):
        scores[rows] = (spectra - mean) @ loadings.T
    return (scores.reshape(*block.shape[:-1], len(loadings)),)


def _described(
    made: xr.Dataset, cube: xr.DataArray, moments: Moments, variance: Floats, loadings: Floats
) -> xr.Dataset:
    """Return scores and what they mean, with units."""
    unit = str(cube.attrs.get("units", cube.attrs.get("unit", "1")))
    squared = "1" if unit == "1" else f"({unit})^2"
    count, whole = len(loadings), float(variance.sum())
    kept = variance[:count]
    share = kept / whole if whole else np.zeros(count)
    error = kept * np.sqrt(2 / (moments.count - 1))
    component, spectral = {"component": np.arange(1, count + 1)}, cube[WAVELENGTH]
    made = made.assign_coords(component)
    made["loadings"] = (("component", WAVELENGTH), loadings, {"units": "1"})
    made["variance"] = ("component", kept, {"units": squared})
    made["variance_error"] = ("component", error, {"units": squared, "long_name": "lower bound"})
    made["variance_share"] = ("component", share, {"units": "1"})
    made["mean"] = (WAVELENGTH, moments.mean, {"units": unit})
    made["pixels"] = ((), moments.count)
    made["scores"].attrs = {"units": unit, "long_name": "score"}
    return made.assign_coords({WAVELENGTH: spectral})
