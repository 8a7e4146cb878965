"""Puts a map into a draft, with smaller images of it for the eye.

Numbers are averaged, classes decided by majority. Each level is made from the one before,
block by block: a map larger than memory stays out of memory.
"""

from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from museion_datasets.arrays.variables import dims_of
from museion_datasets.draft import Draft
from museion_datasets.halving import halve, halve_classes
from museion_datasets.ingest.pyramid import TILE_PX
from museion_datasets.map_variable import MAX_PLANES, MapKind, MapVariable, find_variable

_BLOCK_PX = 512
_SPECTRAL = frozenset({"wavelength", "energy", "band", "plane", "channel"})
_SQUARE = ("y", "x")


def is_map(array: xr.DataArray) -> bool:
    """Whether `put_map` takes an array.

    Parameters
    ----------
    array : DataArray
        Any.

    Returns
    -------
    bool
        True for numbers or classes over y and x, with at most one more dimension before them.
    """
    others = array.dims[:-2]
    return (
        array.dims[-2:] == _SQUARE
        and len(others) <= 1
        and not set(map(str, others)) & _SPECTRAL
        and array.size > 0
        and array.size // (array.sizes["y"] * array.sizes["x"]) <= MAX_PLANES
        and array.dtype.kind in "biuf"
    )


def put_map(draft: Draft, name: str, array: xr.DataArray) -> None:
    """Write a map and its pyramid.

    Parameters
    ----------
    draft : Draft
        Open.
    name : str
        Name of the item, as in ``"elements"``.
    array : DataArray
        Dimensions (y, x) or (one more, y, x), numpy or Dask inside. Integers with the
        attribute ``classes``, a list of names, are classes; -1 is unknown.
    """
    draft.put_array(name, array)
    stored = find_variable(draft.store, name, None)
    if stored.array.dtype.kind == "b":
        return  # halved when it is looked at
    level, source = 0, stored.array
    while max(source.shape[-2:]) > TILE_PX:
        level += 1
        small = xr.DataArray(_halved(source, stored), dims=dims_of(stored.array))
        tile = {"y": TILE_PX, "x": TILE_PX}
        chunks = {**({str(small.dims[0]): 1} if small.ndim > len(_SQUARE) else {}), **tile}
        draft.put_level(name, level, small, chunks=chunks)
        path = f"pyramids/{name}/{level}"
        source = zarr.open_array(draft.store, path=path, mode="r", zarr_format=3)


def _halved(source: Any, stored: MapVariable) -> Any:  # noqa: ANN401 - zarr and Dask
    """Return half of a level, lazily, in the stored type."""
    blocks = (*(1 for _ in source.shape[:-2]), _BLOCK_PX, _BLOCK_PX)
    lazy = da.from_array(source, chunks=blocks)  # type: ignore[no-untyped-call,unused-ignore]
    chunks = (
        *lazy.chunks[:-2],
        *(tuple(-(-length // 2) for length in axis) for axis in lazy.chunks[-2:]),
    )
    return lazy.map_blocks(
        _halve_block,
        missing=_missing(stored.array.attrs.get("_FillValue")),
        is_classes=stored.kind is MapKind.CLASSES,
        dtype=source.dtype,
        chunks=chunks,
    )


def _halve_block(block: NDArray[Any], missing: int | None, *, is_classes: bool) -> NDArray[Any]:
    planes = block.reshape(-1, *block.shape[-2:])
    halves = [
        halve_classes(plane) if is_classes else halve(plane[..., None], missing)[..., 0]
        for plane in planes
    ]
    small = np.stack(halves).astype(block.dtype)
    return small.reshape(*block.shape[:-2], *small.shape[-2:])


def _missing(value: object) -> int | None:
    """Return the stored value of what was not measured, of integers."""
    return value if isinstance(value, int) else None
