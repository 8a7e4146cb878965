"""Spectra made smoother, differentiated, or brought to other bands: each one matrix product.

A polynomial is fitted around each band to the bands within a window in nm (Savitzky and Golay),
with the bands' real spacing and so also at the ends, across bad bands and for cameras whose
bands are not even. A new band is a weighted mean under its Gaussian response. A gap spreads as
far as the window, and no further.

References
----------
A. Savitzky and M. J. E. Golay, "Smoothing and differentiation of data by simplified least
squares procedures", Analytical Chemistry 36 (1964) 1627-1639.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.cubes import Quantity, label_of, mark

_FWHM_PER_SIGMA = 2 * np.sqrt(2 * np.log(2))
_REACH = 3.0  # of a response, in sigma

type Floats = NDArray[np.float64]


def smooth(cube: xr.DataArray, window_nm: float, degree: int = 2) -> xr.DataArray:
    """Smooth spectra by local polynomials.

    Parameters
    ----------
    cube : DataArray
        Along ``wavelength`` in nm, in any quantity; Dask stays lazy. Bad bands are left out.
    window_nm : float
        Width of the window.
    degree : int
        Of the polynomial.

    Returns
    -------
    DataArray
        float32, in the same quantity. NaN where the window has a gap.

    Raises
    ------
    InputError
        If a window holds no more bands than the polynomial has coefficients.
    """
    matrix, ready = _fitted(cube, window_nm, degree, 0)
    return _like(cube, _apply(ready, matrix, ready[WAVELENGTH]))


def derivative(
    cube: xr.DataArray, window_nm: float, degree: int = 2, order: int = 1
) -> xr.DataArray:
    """Differentiate spectra by wavelength, smoothing them by local polynomials.

    Parameters
    ----------
    cube : DataArray
        As for `smooth`.
    window_nm : float
        Width of the window.
    degree : int
        Of the polynomial; not less than `order`.
    order : int
        1 for slope, 2 for curvature.

    Returns
    -------
    DataArray
        float32, in units of the values per nm (or nm²); the attribute ``of`` says of what.

    Raises
    ------
    InputError
        If a window is too small, or the order is none.
    """
    if not 1 <= order <= degree:
        raise InputError(
            f"A polynomial of degree {degree} has no derivative of order {order} to use",
            hint="raise the degree; 1 is the slope, 2 the curvature.",
        )
    matrix, ready = _fitted(cube, window_nm, degree, order)
    made = _like(cube, _apply(ready, matrix, ready[WAVELENGTH]))
    made = mark(made, Quantity.DERIVATIVE, units="nm-1" if order == 1 else f"nm-{order}")
    return made.rename("derivative").assign_attrs(of=label_of(cube), order=order)


def resample(
    cube: xr.DataArray,
    wavelength_nm: Sequence[float] | NDArray[Any] | xr.DataArray,
    fwhm_nm: float | Sequence[float] | None = None,
) -> xr.DataArray:
    """Bring spectra to other bands.

    Parameters
    ----------
    cube : DataArray
        As for `smooth`.
    wavelength_nm : sequence of float
        Centres of the new bands, rising, within the cube's range.
    fwhm_nm : float or sequence of float, optional
        Their full widths at half maximum; by default values are interpolated in straight lines.

    Returns
    -------
    DataArray
        float32, in the same quantity, with the widths as coordinate ``fwhm``.

    Raises
    ------
    InputError
        If a new band lies outside, or is narrower than the cube can tell.
    """
    ready = require_cube(_as_cube(cube))
    own = ready[WAVELENGTH].to_numpy().astype(np.float64)
    centres = np.atleast_1d(np.asarray(wavelength_nm, np.float64))
    if centres.min() < own.min() or centres.max() > own.max() or np.any(np.diff(centres) <= 0):
        raise InputError(
            f"The cube's bands go from {own.min():g} to {own.max():g} nm only: "
            f"{centres.min():g} to {centres.max():g}",
            hint="ask for rising wavelengths within that range.",
        )
    coords = xr.DataArray(centres, dims=WAVELENGTH, attrs={"units": "nm"})
    if fwhm_nm is None:
        return _like(cube, _apply(ready, _straight(own, centres), coords))
    widths = np.broadcast_to(np.asarray(fwhm_nm, np.float64), centres.shape)
    made = _apply(ready, _responses(ready, own, centres, widths), coords)
    return _like(cube, made.assign_coords(fwhm=(WAVELENGTH, widths.copy(), {"units": "nm"})))


def _as_cube(cube: xr.DataArray) -> xr.DataArray:
    """Return a single spectrum as a cube of one pixel."""
    return cube.expand_dims("spectrum") if cube.dims == (WAVELENGTH,) else cube


def _fitted(
    cube: xr.DataArray, window_nm: float, degree: int, order: int
) -> tuple[Floats, xr.DataArray]:
    """Return the matrix of local fits, and the cube it fits.

    Raises
    ------
    InputError
        If a window holds too few bands.
    """
    ready = require_cube(_as_cube(cube))
    nm = ready[WAVELENGTH].to_numpy().astype(np.float64)
    matrix = np.zeros((len(nm), len(nm)))
    factorial = float(np.prod(np.arange(1, order + 1), initial=1))
    for band, centre in enumerate(nm):
        inside = np.flatnonzero(np.abs(nm - centre) <= window_nm / 2)
        if len(inside) <= degree:
            raise InputError(
                f"A window of {window_nm:g} nm holds {len(inside)} bands at {centre:g} nm",
                hint=f"a polynomial of degree {degree} needs at least {degree + 1}: widen it.",
            )
        scaled = (nm[inside] - centre) / (window_nm / 2)
        powers = np.vander(scaled, degree + 1, increasing=True)
        fit = np.linalg.pinv(powers)[order] * factorial / (window_nm / 2) ** order
        matrix[band, inside] = fit
    return matrix, ready


def _straight(own: Floats, centres: Floats) -> Floats:
    """Return the matrix of straight-line interpolation."""
    matrix = np.zeros((len(centres), len(own)))
    right = np.searchsorted(own, centres).clip(1, len(own) - 1)
    share = (centres - own[right - 1]) / (own[right] - own[right - 1])
    rows = np.arange(len(centres))
    matrix[rows, right - 1] = 1 - share
    matrix[rows, right] = share
    return matrix


def _responses(ready: xr.DataArray, own: Floats, centres: Floats, widths: Floats) -> Floats:
    """Return the matrix of Gaussian responses.

    Raises
    ------
    InputError
        If a new band is narrower than the old ones.
    """
    step = np.gradient(own)
    known = ready["fwhm"].to_numpy() if "fwhm" in ready.coords else step
    least = np.interp(centres, own, np.maximum(known, step))
    if np.any(widths < least * 0.999):
        at = int(np.argmax(least - widths))
        raise InputError(
            f"A band of {widths[at]:g} nm cannot be made at {centres[at]:g} nm from bands of "
            f"{least[at]:.3g} nm",
            hint="resampling can widen bands, not sharpen them.",
        )
    if "fwhm" in ready.coords:  # what is wide already needs less
        widths = np.sqrt(
            np.maximum(widths**2 - np.interp(centres, own, known) ** 2, step.min() ** 2)
        )
    away = (own[None, :] - centres[:, None]) / (widths[:, None] / _FWHM_PER_SIGMA)
    weights = np.where(np.abs(away) <= _REACH, np.exp(-0.5 * away**2), 0) * step
    thin = weights.sum(axis=1) == 0
    weights[thin] = _straight(own, centres)[thin]
    result: Floats = weights / weights.sum(axis=1, keepdims=True)
    return result


def _apply(ready: xr.DataArray, matrix: Floats, wavelength: xr.DataArray) -> xr.DataArray:
    """Multiply each spectrum with a matrix."""
    if len(matrix) == ready.sizes[WAVELENGTH]:
        made = map_pixels(
            _product, ready, {"v": (WAVELENGTH, len(matrix), np.float32)}, matrix=matrix
        )
    else:
        outputs = {"v": ("_new", len(matrix), np.float32)}
        made = map_pixels(_product, ready, outputs, matrix=matrix).rename(_new=WAVELENGTH)
    kept = {name: each for name, each in wavelength.coords.items() if each.dims == (WAVELENGTH,)}
    return made["v"].assign_coords(kept or {WAVELENGTH: wavelength})


def _product(block: NDArray[Any], matrix: Floats) -> tuple[NDArray[np.float32]]:
    """Return a block's spectra times a matrix; a gap makes those it touches gaps."""
    out = np.empty((block[..., 0].size, len(matrix)), np.float32)
    reach = (matrix != 0).astype(np.float32).T
    for rows, spectra in slabs(block, 2 * len(matrix)):
        gaps = ~np.isfinite(spectra)
        if gaps.any():
            found = np.where(gaps, 0, spectra) @ matrix.T
            found[(gaps.astype(np.float32) @ reach) > 0] = np.nan
        else:
            found = spectra @ matrix.T
        out[rows] = found
    return (out.reshape(*block.shape[:-1], len(matrix)),)


def _like(cube: xr.DataArray, made: xr.DataArray) -> xr.DataArray:
    """Return new values with the old name and attributes."""
    made = made.rename(cube.name).assign_attrs(cube.attrs)
    return made.isel(spectrum=0, drop=True) if cube.dims == (WAVELENGTH,) else made
