"""The continuum of a spectrum, and what is left when it is divided out: absorption features.

The continuum is the upper convex hull of the spectrum over wavelength, which need not be evenly
spaced. All spectra of a slab are wrapped at once: from each hull point, the next one is where
the slope is steepest.

References
----------
R. N. Clark and T. L. Roush, "Reflectance spectroscopy: quantitative analysis techniques for
remote sensing applications", J. Geophysical Research 89 (1984) 6329-6340.
R. A. Jarvis, "On the identification of the convex hull of a finite set of points in the
plane", Information Processing Letters 2 (1973) 18-21.
"""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.cubes import Quantity, mark, require_reflectance

_FEWEST_BANDS = 3

type Floats = NDArray[np.float64]


def remove_continuum(
    cube: xr.DataArray, low_nm: float | None = None, high_nm: float | None = None
) -> xr.DataArray:
    """Divide each spectrum by its continuum.

    Parameters
    ----------
    cube : DataArray
        Reflectance along ``wavelength`` in nm, or what can be turned back into it; Dask stays
        lazy. Bad bands are left out.
    low_nm, high_nm : float, optional
        The shoulders of a feature; the whole range by default.

    Returns
    -------
    DataArray
        float32, 0 to 1: 1 on the continuum, below in a feature; the bands of the range. NaN
        where a spectrum has a gap or is not positive.

    Raises
    ------
    InputError
        If the values are no reflectance, or fewer than three bands are in the range.
    """
    is_spectrum = cube.dims == (WAVELENGTH,)
    whole = require_reflectance(cube.expand_dims("spectrum") if is_spectrum else cube)
    whole = require_cube(whole).sel({WAVELENGTH: slice(low_nm, high_nm)})
    if whole.sizes[WAVELENGTH] < _FEWEST_BANDS:
        raise InputError(
            f"Too few bands between {low_nm} and {high_nm} nm: {whole.sizes[WAVELENGTH]}",
            hint="give shoulders further apart, in nm.",
        )
    nm = whole[WAVELENGTH].to_numpy().astype(np.float64)
    outputs = {"ratio": (WAVELENGTH, len(nm), np.float32)}
    made = map_pixels(_ratio, whole, outputs, nm=nm)["ratio"]
    made = made.assign_coords(whole[WAVELENGTH].coords).assign_attrs(cube.attrs)
    made = mark(made.rename(str(Quantity.CONTINUUM_REMOVED)), Quantity.CONTINUUM_REMOVED)
    return made.isel(spectrum=0, drop=True) if is_spectrum else made


def continuum(spectra: NDArray[Any], nm: NDArray[Any]) -> Floats:
    """Return the upper convex hulls of spectra.

    Parameters
    ----------
    spectra : (n, bands) array
        Any numbers.
    nm : (bands,) array
        Wavelengths, rising.

    Returns
    -------
    (n, bands) float64
        Nowhere below the spectrum, equal to it at both ends. NaN where a spectrum has a gap.
    """
    values = np.asarray(spectra, np.float64)
    nm = np.asarray(nm, np.float64)
    hull = values.copy()
    hull[~np.isfinite(values).all(axis=1)] = np.nan
    last = len(nm) - 1
    todo = np.flatnonzero(np.isfinite(hull).all(axis=1))
    here = np.zeros(len(values), np.intp)
    bands = np.arange(len(nm))
    while len(todo):
        start = here[todo]
        base = values[todo, start][:, None]
        run = nm[None, :] - nm[start][:, None]
        ahead = bands[None, :] > start[:, None]
        slope = np.where(ahead, (values[todo] - base) / np.where(ahead, run, 1), -np.inf)
        following = last - slope[:, ::-1].argmax(axis=1)
        steepest = np.take_along_axis(slope, following[:, None], axis=1)
        between = ahead & (bands[None, :] < following[:, None])
        hull[todo] = np.where(between, base + steepest * run, hull[todo])
        here[todo] = following
        todo = todo[following < last]
    return hull


def _ratio(block: NDArray[Any], nm: Floats) -> tuple[NDArray[np.float32]]:
    """Return a block's spectra over their continua."""
    out = np.full((block[..., 0].size, len(nm)), np.nan, np.float32)
    for rows, spectra in slabs(block, 6 * len(nm)):
        hull = continuum(spectra, nm)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[rows] = np.where(hull > 0, spectra / hull, np.nan)
    return (out.reshape(block.shape),)
