"""Comparing and averaging spectra of a cube.

References
----------
F. A. Kruse et al., "The spectral image processing system (SIPS)", Remote
Sensing of Environment 44 (1993) 145-163 (spectral angle).
"""

import numpy as np
import xarray as xr

from museion.errors import InputError


def spectral_angle(cube: xr.DataArray, reference: xr.DataArray) -> xr.DataArray:
    """Angle between each pixel's spectrum and a reference.

    Brightness cancels out: a shadow has the angle of the paint it falls on.

    Parameters
    ----------
    cube : DataArray
        With dimension ``wavelength`` in nm; Dask arrays stay lazy.
    reference : DataArray
        One or several spectra along ``wavelength``. Where its wavelengths differ
        from the cube's it is interpolated.

    Returns
    -------
    DataArray
        Radians, 0 (same shape) to π/2, with the dimensions of both but for
        ``wavelength``. NaN where a spectrum has a gap or is zero.

    Raises
    ------
    InputError
        If the reference does not cover the cube's wavelengths.
    """
    reference = at_wavelengths(reference, cube["wavelength"])
    product = xr.dot(cube, reference, dim="wavelength")
    lengths = _length(cube) * _length(reference)
    angle: xr.DataArray = np.arccos((product / lengths).clip(-1.0, 1.0))
    return angle.rename("spectral_angle").assign_attrs(long_name="spectral angle", units="rad")


def mean_spectrum(cube: xr.DataArray, x: float, y: float, radius: float = 0) -> xr.Dataset:
    """Mean and standard deviation of the spectra in a disc.

    Parameters
    ----------
    cube : DataArray
        With dimensions ``y``, ``x`` and ``wavelength``.
    x, y : float
        Centre in pixels from the upper left corner.
    radius : float
        In pixels; 0 takes the one pixel.

    Returns
    -------
    Dataset
        ``mean`` and ``std`` along ``wavelength``; ``std`` is the spread over the disc.

    Raises
    ------
    InputError
        If the disc lies outside the cube.
    """
    height, width = cube.sizes["y"], cube.sizes["x"]
    if not (0 <= x < width and 0 <= y < height):
        raise InputError(
            f"the place is outside the cube: x={x}, y={y}",
            hint=f"choose x below {width} and y below {height}",
        )
    rows = slice(max(0, int(y - radius)), int(y + radius) + 1)
    columns = slice(max(0, int(x - radius)), int(x + radius) + 1)
    window = cube.isel(y=rows, x=columns)
    inside = _disc(window, x - columns.start, y - rows.start, radius)
    chosen = window.where(inside)
    return xr.Dataset({"mean": chosen.mean(["y", "x"]), "std": chosen.std(["y", "x"])})


def normalized_difference(cube: xr.DataArray, first_nm: float, second_nm: float) -> xr.DataArray:
    """Compute (A - B) / (A + B) of the two bands nearest to the given wavelengths.

    Parameters
    ----------
    cube : DataArray
        With dimension ``wavelength`` in nm.
    first_nm, second_nm : float
        Wavelengths of A and B.

    Returns
    -------
    DataArray
        -1 to 1, without ``wavelength``. NaN where both bands are zero.
    """
    first = cube.sel(wavelength=first_nm, method="nearest", drop=True)
    second = cube.sel(wavelength=second_nm, method="nearest", drop=True)
    difference: xr.DataArray = (first - second) / (first + second)
    return difference.rename("normalized_difference")


def _length(spectra: xr.DataArray) -> xr.DataArray:
    squares = xr.dot(spectra, spectra, dim="wavelength")
    length: xr.DataArray = np.sqrt(squares.where(squares > 0))
    return length


def _disc(window: xr.DataArray, x: float, y: float, radius: float) -> xr.DataArray:
    rows = np.arange(window.sizes["y"])[:, None] - int(y)
    columns = np.arange(window.sizes["x"])[None, :] - int(x)
    return xr.DataArray(rows**2 + columns**2 <= radius**2, dims=("y", "x"))


def at_wavelengths(reference: xr.DataArray, wavelength: xr.DataArray) -> xr.DataArray:
    """Return spectra at other wavelengths, interpolated where need be.

    Parameters
    ----------
    reference : DataArray
        With dimension ``wavelength`` in nm.
    wavelength : DataArray
        The wished wavelengths in nm.

    Returns
    -------
    DataArray
        With exactly these.

    Raises
    ------
    InputError
        If the reference does not cover them.
    """
    own, wanted = reference["wavelength"].to_numpy(), wavelength.to_numpy()
    if own.shape == wanted.shape and np.allclose(own, wanted):
        return reference.assign_coords(wavelength=wavelength)
    if wanted.min() < own.min() or wanted.max() > own.max():
        raise InputError(
            "the reference does not cover the cube's wavelengths: "
            f"{own.min():g} to {own.max():g} nm",
            hint=f"cut the cube first, cube.sel(wavelength=slice({own.min():g}, {own.max():g}))",
        )
    return reference.interp(wavelength=wavelength)
