"""Reference spectra, at the wavelengths of a cube and with their names."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import WAVELENGTH
from museion.imaging.spectra import at_wavelengths

type Floats = NDArray[np.float64]


def require_references(cube: xr.DataArray, spectra: xr.DataArray) -> tuple[Floats, list[str]]:
    """Return spectra at a cube's wavelengths, and their names.

    Parameters
    ----------
    cube : DataArray
        From `require_cube`.
    spectra : DataArray
        Of two dimensions, one of them ``wavelength``.

    Returns
    -------
    (references, bands) float64
        Values.
    list of str
        Names: the coordinate ``name``, as libraries have it, or that of the first dimension,
        or numbers.

    Raises
    ------
    InputError
        If they are none, have gaps, or don't cover the cube's wavelengths.
    """
    good = isinstance(spectra, xr.DataArray) and WAVELENGTH in spectra.dims
    if not good or spectra.ndim != 2 or WAVELENGTH not in spectra.coords or not spectra.size:  # noqa: PLR2004
        raise InputError(
            "Not reference spectra: they need two dimensions, one of them wavelength in nm",
            hint='make them so: xarray.DataArray(values, dims=("reference", "wavelength"), …).',
        )
    fitted = at_wavelengths(spectra, cube[WAVELENGTH]).transpose(..., WAVELENGTH)
    values = fitted.to_numpy().astype(np.float64)
    usable = np.isfinite(values).all(axis=1) & (values**2).any(axis=1)
    if not usable.all():
        raise InputError(
            f"A reference has a gap or is zero: number {int(np.argmin(usable))}",
            hint="leave it out.",
        )
    (dim,) = (name for name in fitted.dims if name != WAVELENGTH)
    named = [
        each for each in ("name", dim) if each in fitted.coords and fitted[each].dims == (dim,)
    ]
    names = fitted[named[0]].to_numpy() if named else range(len(values))
    return values, [str(name) for name in names]
