"""Puts a spectral cube into a draft: the cube itself, and smaller images of it for the eye.

The cube is stored in pillars (all bands of a small window), so that a spectrum costs one
read, and each pillar in chunks of some bands, so that an image at full resolution decodes
few of them. Each level of the pyramid is stored in planes (one band of a tile), so that a
tile of an image costs one to three reads. Every level is made from the one before, block by
block: a cube larger than memory stays out of memory.
"""

from collections.abc import Mapping
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
import zarr

from museion_datasets.draft import Draft
from museion_datasets.errors import InvalidError
from museion_datasets.spectral_axis import CHANNEL, ENERGY, WAVELENGTH, SpectralAxis, find_axis

TILE_PX = 256
REFLECTANCE_SCALE = 1e-4
MISSING = 65535  # the stored value of a pixel without measurement
_BLOCK_PX = 512
_COUNTED = frozenset({ENERGY.name, CHANNEL.name})
_SPELLINGS = {
    "nm": frozenset({"nm", "nanometer", "nanometers", "nanometre", "nanometres"}),
    "keV": frozenset({"kev", "kiloelectronvolt", "kiloelectronvolts"}),
}


def put_cube(draft: Draft, name: str, cube: xr.DataArray) -> None:
    """Write a cube and its pyramid.

    Reflectance from 0 to 6.5 becomes uint16 with step 0.0001, which is finer than any
    camera's noise and a quarter of the size; everything else is kept as it is, also what is
    lazy, which would have to be computed twice to know its range.

    Parameters
    ----------
    draft : Draft
        Open.
    name : str
        Name of the item, as in ``"vnir"``.
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in any order, wavelengths in nm rising,
        numpy or Dask inside; or ``energy`` in keV, or ``channel``, instead of wavelength.
        Attributes it may carry: ``quantity``, ``pixel_size_mm``,
        ``default_rgb_nm``, ``synthetic``.

    Raises
    ------
    InvalidError
        If dimensions or wavelengths are not as said.
    """
    axis = _require_cube(cube)
    stored = _quantize(cube.transpose("y", "x", axis.name), axis)
    draft.put_array(name, stored)
    put_pyramid(draft, name, stored)


def put_pyramid(draft: Draft, name: str, stored: xr.DataArray) -> None:
    """Write smaller images of an array that was put, plane by plane.

    Parameters
    ----------
    draft : Draft
        Open; the array is in it.
    name : str
        Name of the item.
    stored : DataArray
        What was put: its name, its dimensions (y, x, one more) and its attributes count.
    """
    group = zarr.open_group(draft.store, path=f"arrays/{name}", mode="r", zarr_format=3)
    dims = tuple(map(str, stored.dims))
    planes = (dims[2], *dims[:2])
    level = _blocks(group[str(stored.name)], dims)
    factor = 0
    while max(level.sizes["y"], level.sizes["x"]) > TILE_PX:
        factor += 1
        small = _halve(level, stored.attrs, dims[2]).transpose(*planes)
        tile = {"y": TILE_PX, "x": TILE_PX}
        draft.put_level(name, factor, small, chunks={planes[0]: 1, **tile}, shards=tile)
        written = zarr.open_array(draft.store, path=f"pyramids/{name}/{factor}", mode="r")
        level = _blocks(written, planes)


def _require_cube(cube: xr.DataArray) -> SpectralAxis:
    """Return the axis of a cube.

    Raises
    ------
    InvalidError
        With what is missing.
    """
    axis = find_axis(cube.dims, cube.shape)
    if axis is None or 0 in cube.shape:
        raise InvalidError(
            f"Not a cube: its dimensions are {', '.join(map(str, cube.dims)) or 'none'}",
            hint="name them y, x and wavelength (or energy, or channel), each at least one long.",
        )
    if axis is not CHANNEL or axis.name in cube.coords:
        _require_coordinate(cube, axis)
    return axis


def _require_coordinate(cube: xr.DataArray, axis: SpectralAxis) -> None:
    """Raise unless the bands lie on their axis as they should.

    Raises
    ------
    InvalidError
        With what is wrong.
    """
    name, units = axis.name, axis.units
    plural = {"energy": "energies"}.get(name, f"{name}s")
    if name not in cube.coords:
        raise InvalidError(
            f"The cube has no {plural}",
            hint=f"give them in {units}: cube.assign_coords({name}=…).",
        )
    values = cube[name].to_numpy()
    if not np.issubdtype(values.dtype, np.number) or not np.all(np.isfinite(values)):
        article = "An" if name == "energy" else "A"
        raise InvalidError(f"{article} {name} is not a number", hint=f"give all in {units}.")
    if np.any(np.diff(values) <= 0):
        raise InvalidError(f"The {plural} do not rise", hint=f'use cube.sortby("{name}").')
    said = cube[name].attrs.get("units", units)
    if units and said.lower() not in _SPELLINGS[units]:
        raise InvalidError(
            f"The {plural} are not in {units}: {said!r:.40}",
            hint=f'convert them and set cube.{name}.attrs["units"] = "{units}".',
        )


def _quantize(cube: xr.DataArray, axis: SpectralAxis) -> xr.DataArray:
    """Return what to store, with the attributes that undo it."""
    name = "reflectance" if axis is WAVELENGTH else "counts"
    cube = cube.rename(name) if cube.name in {None, *cube.dims} else cube
    if axis.units:
        cube = cube.assign_coords({axis.name: cube[axis.name].assign_attrs(units=axis.units)})
    if axis is not WAVELENGTH:
        return cube
    if cube.dtype.kind != "f" or cube.chunks or not _fits(cube):
        return cube
    attrs = {**cube.attrs, "scale_factor": REFLECTANCE_SCALE, "_FillValue": MISSING}
    steps = (cube / np.float32(REFLECTANCE_SCALE)).round().fillna(MISSING)
    return steps.astype(np.uint16).assign_attrs(attrs)


def _fits(cube: xr.DataArray) -> bool:
    """Whether every value is a reflectance that uint16 can hold; NaN is."""
    low, high = float(cube.min()), float(cube.max())
    return bool(low >= 0 and high < (MISSING - 1) * REFLECTANCE_SCALE) or bool(np.isnan(low))


def _blocks(array: Any, dims: tuple[str, ...]) -> xr.DataArray:  # noqa: ANN401 - zarr's union
    """Return a stored array as Dask blocks that hold all bands."""
    chunks = tuple(_BLOCK_PX if name in {"y", "x"} else -1 for name in dims)
    lazy = da.from_array(array, chunks=chunks)  # type: ignore[no-untyped-call,unused-ignore]
    return xr.DataArray(lazy, dims=dims)


def _halve(level: xr.DataArray, attrs: Mapping[str, Any], band: str) -> xr.DataArray:
    """Return means over windows of 2 x 2 pixels, in the stored type.

    Few photons are counted in a channel: means of counts would be lost in whole numbers.
    """
    missing = attrs.get("_FillValue")
    values = level.astype(np.float32)
    if missing is not None:
        values = values.where(level != missing)
    means = values.coarsen(y=2, x=2, boundary="pad").mean()
    if level.dtype.kind == "f":
        return means.astype(level.dtype)
    if band in _COUNTED and missing is None:
        return means
    means = means.round()
    return (means if missing is None else means.fillna(missing)).astype(level.dtype)
