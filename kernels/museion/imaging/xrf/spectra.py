"""XRF cubes: what is one, and how long each row was measured."""

from typing import Any

import numpy as np
import xarray as xr

from museion.errors import InputError

ENERGY = "energy"
_KEV = frozenset({"kev", "kiloelectronvolt", "kiloelectronvolts"})
_NEIGHBOURS = 3
_ODD_SPREADS = 5.0
_SPREAD_PER_MAD = 1.4826
_COUNTED = frozenset({"raw", "counts", "values", "counts/s"})


def require_counts(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube of counts with its energies last and, if it is lazy, in whole spectra.

    Parameters
    ----------
    cube : DataArray
        With dimension ``energy`` and its coordinate in keV.

    Returns
    -------
    DataArray
        The same values.

    Raises
    ------
    InputError
        If it is none, its energies don't rise or have another unit, or its values are no
        counts.
    """
    if not isinstance(cube, xr.DataArray) or ENERGY not in cube.dims:
        raise InputError(
            "Not an XRF cube: it needs the dimension energy",
            hint="calibrate its channels first: xrf.calibrate_energy(…).apply(cube).",
        )
    if ENERGY not in cube.coords or cube.sizes[ENERGY] < 2:  # noqa: PLR2004 - an axis
        raise InputError(
            "The cube has no energies", hint="give them in keV: cube.assign_coords(energy=…)."
        )
    units = str(cube[ENERGY].attrs.get("units", "keV"))
    if units.lower() not in _KEV:
        raise InputError(
            f"The energies are not in keV: {units!r:.40}",
            hint='convert them and set cube.energy.attrs["units"] = "keV".',
        )
    energy = cube[ENERGY].to_numpy()
    if not np.all(np.isfinite(energy)) or not np.all(np.diff(energy) > 0):
        raise InputError("The energies don't rise", hint="sort the cube: cube.sortby('energy').")
    quantity = str(cube.attrs.get("quantity", "counts"))
    if quantity not in _COUNTED:
        raise InputError(
            f"The values are no counts: {quantity!r:.40}", hint="give the spectra as measured."
        )
    cube = cube.transpose(..., ENERGY)
    return cube.chunk({ENERGY: -1}) if cube.chunks else cube


def mean_spectrum(cube: xr.DataArray) -> xr.DataArray:
    """Return the mean spectrum of all pixels that were counted, lazily if the cube is lazy.

    Parameters
    ----------
    cube : DataArray
        From `require_counts`.

    Returns
    -------
    DataArray
        Counts per pixel along ``energy``.
    """
    mean: xr.DataArray = cube.mean([dim for dim in cube.dims if dim != ENERGY], dtype=np.float64)
    return mean


def estimate_dwell(cube: xr.DataArray, dim: str = "y") -> xr.DataArray:
    """Estimate which rows were measured longer or shorter than their neighbours.

    A stage that stops or slips gives single rows with half the counts at every energy. A row
    is compared with the median of its neighbours, channel sums over the whole energy range.

    Parameters
    ----------
    cube : DataArray
        Counts (y, x, energy).
    dim : str
        Along which the scan advanced from line to line.

    Returns
    -------
    DataArray
        Relative dwell time along `dim`: 1 but for the odd rows. Give it to `map_elements` as
        ``live_time`` if the instrument wrote none.
    """
    totals = require_counts(cube).sum([each for each in cube.dims if each != dim]).compute()
    values = totals.to_numpy().astype(np.float64)
    around = np.array([_median_around(values, at) for at in range(len(values))])
    ratio = values / np.where(around > 0, around, 1)
    spread = _SPREAD_PER_MAD * np.median(np.abs(ratio - np.median(ratio)))
    odd = np.abs(ratio - 1) > np.maximum(_ODD_SPREADS * spread, 0.1)
    dwell = np.where(odd & (ratio > 0), ratio, 1.0)
    coords = {dim: cube[dim]} if dim in cube.coords else {}
    attrs = {"units": "1", "long_name": "relative dwell time"}
    return xr.DataArray(dwell, dims=(dim,), coords=coords, attrs=attrs)


def _median_around(values: Any, at: int) -> float:  # noqa: ANN401 - one row of numbers
    near = np.r_[values[max(0, at - _NEIGHBOURS) : at], values[at + 1 : at + 1 + _NEIGHBOURS]]
    return float(np.median(near)) if len(near) else float(values[at])
