"""Gives a cube its spectral axis: wavelengths in nm, rising, with good and bad bands.

Wavelengths that do not rise are sorted, and the note says so; a wavelength that comes twice
is refused, since nobody could name such a band. A cube without wavelengths keeps numbered
bands: nothing is invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.envi_header import parse_channels
from museion_datasets.ingest.form import Region, Values


@dataclass(frozen=True, slots=True)
class Bands:
    """What is known of the bands, in the file's order.

    Attributes
    ----------
    count : int
        How many.
    wavelength_nm, fwhm_nm : sequence of float or None
        Centres and widths.
    good : sequence of bool or None
        False for bands not to be used.
    names : sequence of str or None
        What they are called.
    """

    count: int
    wavelength_nm: tuple[float, ...] | None = None
    fwhm_nm: tuple[float, ...] | None = None
    good: tuple[bool, ...] | None = None
    names: tuple[str, ...] | None = None

    @classmethod
    def of_library(cls, fields: Mapping[str, str], count: int) -> Self:
        """Return the channels of a spectral library, which its header calls samples."""
        wavelength_nm, fwhm_nm, good = parse_channels(fields, count)
        return cls(count, wavelength_nm, fwhm_nm, good)


@dataclass(frozen=True, slots=True)
class Framed:
    """Values with their frame.

    Attributes
    ----------
    dims : tuple of str
        Dimensions of `values`.
    values : Values
        Bands in rising order.
    attrs : mapping
        Scale and missing value.
    frame : xarray.Dataset
        Coordinates.
    notes : tuple of str
        What was done to get there.
    """

    dims: tuple[str, ...]
    values: Values
    attrs: Mapping[str, Any]
    frame: xr.Dataset
    notes: tuple[str, ...]


def make_frame(
    bands: Bands,
    values: Values,
    *,
    missing: float | None = None,
    scale: float | None = None,
    leading: tuple[str, ...] = ("y", "x"),
) -> Framed:
    """Order the bands and name them.

    Parameters
    ----------
    bands : Bands
        In the order of the last axis of `values`.
    values : Values
        Anything that gives regions.
    missing : float, optional
        Stored value of what was not measured.
    scale : float, optional
        Stored values divided by this are what the cube means.
    leading : tuple of str
        Names of the other axes.

    Returns
    -------
    Framed
        Last dimension ``wavelength``, or ``band`` if there are no wavelengths.

    Raises
    ------
    InvalidError
        If two bands have the same wavelength.
    """
    order, notes = _order(bands)
    dim = "band" if bands.wavelength_nm is None else "wavelength"
    if not np.array_equal(order, np.arange(bands.count)):
        values = Reordered(values, order)
    # With both, xarray decodes to float32; with a scale alone it takes twice the memory.
    attrs: dict[str, Any] = (
        {} if scale is None else {"scale_factor": 1.0 / scale, "add_offset": 0.0}
    )
    if missing is not None:
        values, marked, said = _mark(values, missing)
        attrs |= marked
        notes += said
    frame = xr.Dataset(coords=_coordinates(bands, order, dim))
    return Framed((*leading, dim), values, attrs, frame, notes)


class Reordered:
    """Values whose last axis is in another order.

    Parameters
    ----------
    values : Values
        As stored.
    order : (bands,) int
        Which stored band comes where.
    """

    def __init__(self, values: Values, order: NDArray[np.intp]) -> None:
        self._values, self._order = values, order
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, region: Region) -> NDArray[Any]:
        *leading, last = region
        everything = np.asarray(self._values[*leading, slice(None)])
        return everything[..., self._order[last]]


class Masked:
    """Floating-point values with NaN for what was not measured.

    Parameters
    ----------
    values : Values
        With a mark for what was not measured.
    missing : float
        The mark.
    """

    def __init__(self, values: Values, missing: float) -> None:
        self._values = values
        self._missing = values.dtype.type(missing)
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, region: Region) -> NDArray[Any]:
        found = np.asarray(self._values[region])
        return np.where(found == self._missing, self.dtype.type(np.nan), found)


def _mark(values: Values, missing: float) -> tuple[Values, dict[str, Any], tuple[str, ...]]:
    """Return values and attributes that say what was not measured."""
    if values.dtype.kind in "fc":
        return (values if np.isnan(missing) else Masked(values, missing)), {}, ()
    limits = np.iinfo(values.dtype)
    if not float(missing).is_integer() or not limits.min <= missing <= limits.max:
        said = f"No stored value can be the data ignore value {missing}: it was left out"
        return values, {}, (said,)
    return values, {"_FillValue": int(missing)}, ()


def _order(bands: Bands) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return which band comes where.

    Raises
    ------
    InvalidError
        If two bands have the same wavelength.
    """
    if bands.wavelength_nm is None:
        return np.arange(bands.count), ("There are no wavelengths: the bands are numbered",)
    nm = np.asarray(bands.wavelength_nm)
    order = np.argsort(nm, kind="stable")
    twice = np.flatnonzero(np.diff(nm[order]) == 0)
    if twice.size:
        raise InvalidError(
            f"Two bands have the same wavelength: {nm[order][twice[0]]} nm",
            hint="correct the header, or export each detector's bands as a cube of its own.",
        )
    if np.all(np.diff(order) > 0):
        return order, ()
    return order, ("The wavelengths did not rise: the bands were sorted by wavelength",)


def _coordinates(bands: Bands, order: NDArray[np.intp], dim: str) -> dict[str, Any]:
    nm = {"units": "nm", "long_name": "wavelength"}
    coords: dict[str, Any] = {"good_band": (dim, np.ones(bands.count, bool))}
    if bands.wavelength_nm is None:
        coords[dim] = (dim, np.arange(bands.count))
    else:
        coords[dim] = (dim, np.asarray(bands.wavelength_nm)[order], nm)
    if bands.good is not None:
        coords["good_band"] = (dim, np.asarray(bands.good)[order])
    if bands.fwhm_nm is not None:
        width = {"units": "nm", "long_name": "full width at half maximum"}
        coords["fwhm"] = (dim, np.asarray(bands.fwhm_nm)[order], width)
    if bands.names is not None:
        coords["band_name"] = (dim, [bands.names[index] for index in order])
    return coords
