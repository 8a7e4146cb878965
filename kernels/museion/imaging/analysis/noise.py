"""Minimum noise fraction: components in the order of their signal over noise.

Neighbours along a line differ mostly by noise, so half the covariance of their differences is
taken for that of the noise. Signal and noise come from one pass over the cube; what makes the
noise white and uncorrelated, and then the covariance diagonal, is one generalized eigenvalue
problem. A second, lazy pass projects the pixels.

References
----------
A. A. Green, M. Berman, P. Switzer and M. D. Craig, "A transformation for ordering multispectral
data in terms of image quality with implications for noise removal", IEEE Transactions on
Geoscience and Remote Sensing 26 (1988) 65-74.
J. B. Lee, A. S. Woodyatt and M. Berman, "Enhancement of high spectral resolution remote-sensing
data by a noise-adjusted principal components transform", ibid. 28 (1990) 295-304.
"""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.linalg import eigh

from museion.errors import InputError
from museion.imaging.analysis.components import project, require_count, unit_of, upright
from museion.imaging.analysis.moments import Moments, Sum, gather, gather_moments
from museion.imaging.analysis.pixels import SLAB_BYTES, WAVELENGTH, precision_of, require_cube
from museion.imaging.analysis.progress import Progress, find_progress

_LEAST_SHARE = 1e-6  # of independent noise; single precision leaves no more
_WHAT = "minimum noise fraction"
_NARROWEST = 16  # pixels along x in a block, for enough neighbours

type Floats = NDArray[np.float64]


def minimum_noise_fraction(
    cube: xr.DataArray,
    count: int = 10,
    *,
    region: xr.DataArray | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Components of a cube's spectra, those with the best signal over noise first.

    Edges and fine texture count as noise too: give a region that is even, if there is one.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm. Pixels with a gap count for nothing
        and get no score.
    count : int
        Number of components.
    region : DataArray, optional
        Where the noise is measured, with the same bands: an even part of the same cube, or a
        white reference taken like it. The whole cube by default.
    progress : Progress, optional
        Told how far the pass is; a bar in a notebook by default.

    Returns
    -------
    Dataset
        ``scores`` (y, x, component) float32, in standard deviations of the noise; ``weights``
        (component, wavelength), which make scores of deviations from ``mean`` (wavelength);
        ``patterns`` (component, wavelength), in the cube's unit, which make spectra of scores
        (see `rebuild`); ``snr`` (component), the ratio of the variances of signal and noise,
        with ``snr_error``, its standard error if pixels were independent (a lower bound);
        ``noise`` (wavelength), its standard deviation in the cube's unit; ``pixels``.

    Raises
    ------
    InputError
        If it is no cube, has fewer bands than components, too few pixels, or bands without
        noise of their own.
    """
    cube = require_cube(cube)
    require_count(cube, count)
    told = find_progress(progress)
    if region is None:
        signal, differences = _gather(cube, told)
    else:
        region = require_cube(region)
        _require_same_bands(cube, region)
        differences = _gather(region, told)[1]
        signal = gather_moments(cube, _WHAT, told)
    covariance, noise = signal.covariance(), differences.covariance() / 2
    _require_noise(noise, cube)
    values, vectors = eigh(covariance, noise)
    weights = upright(vectors.T[::-1])[:count]
    made = project(cube, signal.mean, weights)
    made["weights"] = (("component", WAVELENGTH), weights)
    made["patterns"] = (("component", WAVELENGTH), weights @ noise)
    made["mean"] = (WAVELENGTH, signal.mean, {**cube.attrs, "units": unit_of(cube)})
    made["noise"] = (WAVELENGTH, np.sqrt(np.diagonal(noise)), {"units": unit_of(cube)})
    made["pixels"] = ((), signal.count)
    ratio = values[::-1][:count]
    error = ratio * np.sqrt(2 / (signal.count - 1) + 2 / (differences.count - 1))
    made["snr"] = ("component", (ratio - 1).clip(0), {"units": "1"})
    made["snr_error"] = ("component", error, {"units": "1", "long_name": "lower bound"})
    made["scores"].attrs = {"units": "1", "long_name": "score over noise"}
    return made.assign_coords({WAVELENGTH: cube[WAVELENGTH]})


def find_signal_and_noise(block: NDArray[Any]) -> tuple[Moments, Moments]:
    """Return the moments of a block's pixels, and of the differences of neighbours.

    Parameters
    ----------
    block : (…, x, bands) array
        Any numbers; NaN is a gap.

    Returns
    -------
    tuple of two Moments
        Of pixels; of differences of neighbours along x, where neither has a gap.
    """
    bands, kind = block.shape[-1], precision_of(block.dtype)
    signal, noise = Sum(bands, kind), Sum(bands, kind)
    lines = block.reshape(-1, *block.shape[-2:])
    step = max(1, SLAB_BYTES // max(1, lines[:1].nbytes))
    room = np.empty((min(step, len(lines)), max(0, block.shape[-2] - 1), bands), kind)
    for start in range(0, len(lines), step):
        some = lines[start : start + step].astype(kind, copy=False)
        signal.add(some.reshape(-1, bands))
        with np.errstate(invalid="ignore"):
            apart = np.subtract(some[:, 1:], some[:, :-1], out=room[: len(some)])
        noise.add(apart.reshape(-1, bands))
    return signal.moments(), noise.moments()


def _gather(cube: xr.DataArray, progress: Progress) -> tuple[Moments, Moments]:
    """Return the moments of a cube's pixels and of the differences of neighbours in a block."""
    cube = cube.transpose(..., "x", WAVELENGTH) if "x" in cube.dims else cube
    if cube.chunks and min(cube.chunks[-2]) < _NARROWEST:
        cube = cube.chunk({cube.dims[-2]: -1})
    signal, noise = gather(find_signal_and_noise, cube, _WHAT, progress)
    return signal, noise


def _require_same_bands(cube: xr.DataArray, region: xr.DataArray) -> None:
    """Require that the noise was measured in the cube's bands.

    Raises
    ------
    InputError
        If not.
    """
    own, other = cube[WAVELENGTH].to_numpy(), region[WAVELENGTH].to_numpy()
    if own.shape != other.shape or not np.allclose(own, other):
        raise InputError(
            f"The region has other bands than the cube: {len(other)}, not {len(own)}",
            hint="cut it out of the same cube, or out of a reference taken with it.",
        )


def _require_noise(noise: Floats, cube: xr.DataArray) -> None:
    """Require that each band has noise of its own.

    Raises
    ------
    InputError
        If one has none.
    """
    deviation = np.sqrt(np.diagonal(noise))
    silent = deviation <= deviation.max() * _LEAST_SHARE
    if silent.any() or not np.isfinite(deviation).all():
        where = ", ".join(f"{nm:g}" for nm in cube[WAVELENGTH].to_numpy()[silent][:5])
        raise InputError(
            f"Bands without noise: {where} nm",
            hint="they are constant or dead: mark them in the coordinate good_band.",
        )
    least = np.linalg.eigvalsh(noise / np.outer(deviation, deviation))[0]
    if least < _LEAST_SHARE:
        raise InputError(
            "The noise of a band follows from that of the others",
            hint="bands were interpolated, smoothed or doubled, or there are too few pixels: "
            "analyse the cube as it was measured.",
        )
