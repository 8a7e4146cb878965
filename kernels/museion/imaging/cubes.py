"""What a cube's values are: counts, radiance, reflectance, -log R or K/S; and its good bands.

A cube is a :class:`xarray.DataArray` with dimensions ``y``, ``x`` and one of ``wavelength`` (nm),
``energy`` (keV) or ``channel``. Its attribute ``quantity`` says what a value is, and the boolean
coordinate ``good_band`` along the spectral dimension which bands may be used. Functions that
need a quantity ask for it here, so that counts are never taken for reflectance. Everything lazy
stays lazy.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr

from museion.errors import InputError
from museion.imaging.kubelka_munk import absorption_over_scattering, infinite_reflectance

GOOD_BAND = "good_band"
SPECTRAL_AXES = ("wavelength", "energy", "channel")


class Quantity(StrEnum):
    """What a value of a cube is."""

    RAW = "raw"
    RADIANCE = "radiance"
    REFLECTANCE = "reflectance"
    ABSORBANCE = "absorbance"
    K_OVER_S = "k_over_s"
    COUNTS = "counts"
    DERIVATIVE = "derivative"
    CONTINUUM_REMOVED = "continuum_removed"
    VALUES = "values"
    """Nobody said what."""


_LABELS: Mapping[Quantity, tuple[str, str]] = MappingProxyType({
    Quantity.RAW: ("raw counts", "count"),
    Quantity.RADIANCE: ("radiance", "W m-2 sr-1 nm-1"),
    Quantity.REFLECTANCE: ("reflectance", "1"),
    Quantity.ABSORBANCE: ("\N{MINUS SIGN}log₁₀ R", "1"),
    Quantity.K_OVER_S: ("K/S", "1"),
    Quantity.COUNTS: ("counts", "count"),
    Quantity.DERIVATIVE: ("derivative", "nm-1"),
    Quantity.CONTINUUM_REMOVED: ("reflectance over continuum", "1"),
    Quantity.VALUES: ("values", "1"),
})


def quantity_of(cube: xr.DataArray) -> Quantity:
    """Return what a cube's values are.

    Parameters
    ----------
    cube : DataArray
        Of any dimensions.

    Returns
    -------
    Quantity
        As its attribute ``quantity`` says, else its name. A cube of floating-point numbers
        that says nothing is reflectance; whole numbers that say nothing are `Quantity.VALUES`.
    """
    for said in (cube.attrs.get("quantity"), cube.name):
        word = str(said).lower().replace(" ", "_")
        if word in set(Quantity):
            return Quantity(word)
    is_silent = "quantity" not in cube.attrs and cube.dtype.kind == "f"
    return Quantity.REFLECTANCE if is_silent else Quantity.VALUES


def mark(cube: xr.DataArray, quantity: str, *, units: str | None = None) -> xr.DataArray:
    """Say what a cube's values are.

    Parameters
    ----------
    cube : DataArray
        Of any dimensions.
    quantity : str
        One of `Quantity`.
    units : str, optional
        Instead of the quantity's usual one.

    Returns
    -------
    DataArray
        The same values with ``quantity``, ``units`` and ``long_name``.

    Raises
    ------
    InputError
        If there is no such quantity.
    """
    if quantity not in set(Quantity):
        raise InputError(
            f"Not a quantity of a cube: {quantity!r:.40}", hint=f"use one of {', '.join(Quantity)}."
        )
    label, usual = _LABELS[Quantity(quantity)]
    units = usual if units is None else units
    return cube.assign_attrs(quantity=str(quantity), units=units, long_name=label)


def label_of(cube: xr.DataArray) -> str:
    """Return what to write on an axis of a cube's values, as in ``"K/S"``.

    Parameters
    ----------
    cube : DataArray
        Of any dimensions.

    Returns
    -------
    str
        Never empty; R, -log R and K/S are told apart.
    """
    return _LABELS[quantity_of(cube)][0]


def spectral_axis(cube: xr.DataArray) -> str:
    """Return the name of a cube's spectral dimension.

    Parameters
    ----------
    cube : DataArray
        With one of `SPECTRAL_AXES`.

    Returns
    -------
    str
        ``"wavelength"``, ``"energy"`` or ``"channel"``.

    Raises
    ------
    InputError
        If it has none, or several.
    """
    found = [name for name in SPECTRAL_AXES if name in cube.dims]
    if len(found) != 1:
        raise InputError(
            f"Not one spectral dimension among {', '.join(map(str, cube.dims)) or 'none'}",
            hint=f"name it {' or '.join(SPECTRAL_AXES)}, as cube.rename(band='wavelength') does.",
        )
    return found[0]


def good_bands(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube without the bands that are marked as bad.

    Parameters
    ----------
    cube : DataArray
        With a boolean coordinate ``good_band`` along its spectral dimension, or none.

    Returns
    -------
    DataArray
        The same cube if all are good.

    Raises
    ------
    InputError
        If none is good.
    """
    if GOOD_BAND not in cube.coords:
        return cube
    axis = spectral_axis(cube)
    good = cube[GOOD_BAND].to_numpy().astype(bool)
    if not good.any():
        raise InputError(
            "All bands are marked as bad",
            hint="drop the marks, cube.drop_vars('good_band'), or correct the header's bbl.",
        )
    return cube if good.all() else cube.isel({axis: np.flatnonzero(good)})


def require_reflectance(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube as reflectance, or refuse.

    Parameters
    ----------
    cube : DataArray
        Reflectance, or what can be turned back into it: -log R or K/S.

    Returns
    -------
    DataArray
        Reflectance, marked as such.

    Raises
    ------
    InputError
        If the values are counts, radiance, derivatives, or nobody said what.
    """
    return to_reflectance(cube)


def to_reflectance(cube: xr.DataArray) -> xr.DataArray:
    """Return reflectance R from R, -log₁₀ R or K/S.

    Parameters
    ----------
    cube : DataArray
        In one of these quantities.

    Returns
    -------
    DataArray
        Reflectance, marked as such.

    Raises
    ------
    InputError
        If the values are something else.
    """
    quantity = quantity_of(cube)
    if quantity is Quantity.REFLECTANCE:
        return mark(cube, Quantity.REFLECTANCE)
    if quantity is Quantity.ABSORBANCE:
        return _like(cube, 10.0**-cube, Quantity.REFLECTANCE)
    if quantity is Quantity.K_OVER_S:
        return _like(cube, infinite_reflectance(cube), Quantity.REFLECTANCE)
    if quantity is Quantity.VALUES:
        hint = 'if they are, say so: museion.imaging.mark(cube, "reflectance").'
    elif quantity in {Quantity.RAW, Quantity.RADIANCE}:
        hint = "divide by a white reference: museion.imaging.calibrate(raw, white=…, dark=…)."
    else:
        hint = "start from the cube that this was made from."
    raise InputError(f"Reflectance is needed, and the values are {quantity}", hint=hint)


def to_absorbance(cube: xr.DataArray) -> xr.DataArray:
    """Return -log₁₀ R, often called apparent absorbance.

    Parameters
    ----------
    cube : DataArray
        As for `require_reflectance`.

    Returns
    -------
    DataArray
        NaN where R is not positive.
    """
    cube = require_reflectance(cube)
    logarithm: Any = np.log10(cube.where(cube > 0))  # numpy's type; xarray gives a DataArray
    return _like(cube, -logarithm, Quantity.ABSORBANCE)


def to_k_over_s(cube: xr.DataArray) -> xr.DataArray:
    """Return Kubelka and Munk's K/S of an opaque layer, (1 - R)²/2R.

    Parameters
    ----------
    cube : DataArray
        As for `require_reflectance`.

    Returns
    -------
    DataArray
        NaN where R is not positive; 0 where R is above 1, as for a perfect white.
    """
    cube = require_reflectance(cube)
    inside = cube.where(cube > 0).clip(max=1)
    return _like(cube, absorption_over_scattering(inside), Quantity.K_OVER_S)


def _like(cube: xr.DataArray, values: xr.DataArray, quantity: Quantity) -> xr.DataArray:
    """Return new values with the old attributes and precision, but the new quantity."""
    values = values.astype(np.result_type(cube.dtype, np.float32), copy=False)
    return mark(values.rename(str(quantity)).assign_attrs(cube.attrs), quantity)
