"""Arrays between xarray and a sealed store.

An item is a zarr group as xarray writes it; a DataArray is a group with one variable,
whose name the group remembers, so that what was put in comes out. Attributes under
``museion`` say where an opened array comes from and are never stored.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec

from museion_datasets.arrays.attributes import ARRAY_ATTRIBUTE, ORIGIN_ATTRIBUTE
from museion_datasets.arrays.layout import Layout, blocks, choose_layout, fit_layout, task_chunks
from museion_datasets.arrays.regions import write_regions
from museion_datasets.arrays.store import SealedStore
from museion_datasets.errors import InvalidError

_FALLBACK_NAME = "values"
_SHORT_BYTES = 2

type Wish = Mapping[str, int] | Sequence[int] | None


def write_item(
    store: SealedStore, folder: str, data: xr.Dataset | xr.DataArray, *, chunks: Wish, shards: Wish
) -> None:
    """Write an array item.

    Parameters
    ----------
    store : SealedStore
        A draft's store.
    folder : str
        As in ``"arrays/vnir"``; empty.
    data : xarray.Dataset or xarray.DataArray
        Numpy or dask inside.
    chunks, shards : mapping of dimension to int, sequence of int, or None
        The wished layout.

    Raises
    ------
    InvalidError
        If `data` is neither.
    """
    if not isinstance(data, xr.Dataset | xr.DataArray):
        raise InvalidError(
            f"Not an xarray object: {type(data).__name__}",
            hint="wrap it: xarray.DataArray(values, dims=(…)).",
        )
    dataset = _prepared(data)
    _require_names(dataset)
    layouts = create_item(store, folder, dataset, chunks=chunks, shards=shards)
    lazy = {name: (dataset[name].variable, layout) for name, layout in layouts.items()}
    write_regions(store.require_staging(), folder, lazy)


def create_item(
    store: SealedStore, folder: str, dataset: xr.Dataset, *, chunks: Wish, shards: Wish
) -> dict[Hashable, Layout]:
    """Write an array item, but not the values of its lazy variables.

    Parameters
    ----------
    store : SealedStore
        A draft's store.
    folder : str
        As in ``"arrays/vnir"``; empty.
    dataset : xarray.Dataset
        Numpy or dask inside.
    chunks, shards : mapping of dimension to int, sequence of int, or None
        The wished layout.

    Returns
    -------
    dict of hashable to Layout
        The lazy variables, and how each is cut into objects.
    """
    layouts = {
        name: _layout(variable, chunks, shards) for name, variable in dataset.data_vars.items()
    }
    dataset.to_zarr(
        store,
        group=folder,
        mode="w",
        zarr_format=3,
        consolidated=False,
        compute=False,
        safe_chunks=False,
        encoding={name: _encoding(dataset[name], layout) for name, layout in layouts.items()},
    )
    return {name: layout for name, layout in layouts.items() if dataset[name].chunks}


def write_level(
    store: SealedStore, folder: str, data: xr.DataArray, *, chunks: Wish, shards: Wish
) -> None:
    """Write a bare zarr array.

    Parameters
    ----------
    store : SealedStore
        A draft's store.
    folder : str
        As in ``"pyramids/vnir/1"``; empty.
    data : xarray.DataArray
        Numpy or dask inside.
    chunks, shards : mapping of dimension to int, sequence of int, or None
        The wished layout.
    """
    array, layout = create_level(store, folder, data, chunks=chunks, shards=shards)
    if data.chunks:
        parent, _, name = folder.rpartition("/")
        write_regions(store.require_staging(), parent, {name: (data.variable, layout)})
        return
    for block in blocks(data.shape, layout.object_shape, data.dtype.itemsize):
        array[block] = data[block].to_numpy()


def create_level(
    store: SealedStore, folder: str, data: xr.DataArray, *, chunks: Wish, shards: Wish
) -> tuple[zarr.Array[Any], Layout]:
    """Make a bare zarr array without writing its values.

    Parameters
    ----------
    store : SealedStore
        A draft's store.
    folder : str
        As in ``"pyramids/vnir/1"``; empty.
    data : xarray.DataArray
        Its shape, type and dimensions count.
    chunks, shards : mapping of dimension to int, sequence of int, or None
        The wished layout.

    Returns
    -------
    array : zarr.Array
        To be filled.
    layout : Layout
        How it is cut into objects.
    """
    layout = _layout(data, chunks, shards)
    array = zarr.create_array(
        store,
        name=folder,
        shape=data.shape,
        dtype=data.dtype,
        chunks=layout.chunks,
        shards=layout.shards,
        compressors=_compressors(data.dtype),
        dimension_names=[str(name) for name in data.dims],
        zarr_format=3,
    )
    return array, layout


def read_item(
    store: SealedStore, folder: str, origin: Mapping[str, Any], *, is_lazy: bool
) -> xr.Dataset | xr.DataArray:
    """Open an array item.

    Parameters
    ----------
    store : SealedStore
        A version's store.
    folder : str
        As in ``"arrays/vnir"``.
    origin : mapping
        What the result says about where it comes from.
    is_lazy : bool
        Whether computations on it are dask graphs.

    Returns
    -------
    xarray.Dataset or xarray.DataArray
        What was put in; values are read when needed.
    """
    dataset = _open(store, folder, None)
    if is_lazy:
        dataset = _open(store, folder, _task_chunks(dataset))
    name = dataset.attrs.pop(ARRAY_ATTRIBUTE, None)
    result: xr.Dataset | xr.DataArray = dataset if name is None else dataset[name]
    result.attrs[ORIGIN_ATTRIBUTE] = dict(origin)
    return result


def _open(store: SealedStore, folder: str, chunks: dict[Hashable, int] | None) -> xr.Dataset:
    """Open a group; scaled integers of up to 16 bits become float32, which holds them all.

    JSON forgets that a scale was float32, and float64 would double every cube in memory.
    """
    raw = xr.open_zarr(
        store, group=folder, consolidated=False, zarr_format=3, chunks=chunks, decode_cf=False
    )
    for variable in raw.variables.values():
        for name in {"scale_factor", "add_offset"} & set(variable.attrs):
            if variable.dtype.itemsize <= _SHORT_BYTES:
                variable.attrs[name] = np.float32(variable.attrs[name])
    return xr.decode_cf(raw)


def _prepared(data: xr.Dataset | xr.DataArray) -> xr.Dataset:
    """Return what to store: without origin and old encoding, a DataArray as a Dataset."""
    if isinstance(data, xr.DataArray):
        taken = {None, *data.dims, *data.coords}
        name = _FALLBACK_NAME if data.name in taken else data.name
        dataset = data.to_dataset(name=name).assign_attrs({ARRAY_ATTRIBUTE: str(name)})
    else:
        dataset = data.copy(deep=False)
    lazy = {name: c.variable.compute() for name, c in dataset.coords.items() if c.chunks}
    dataset = dataset.assign_coords(lazy).drop_encoding()
    dataset.attrs.pop(ORIGIN_ATTRIBUTE, None)
    for variable in dataset.variables.values():
        variable.attrs.pop(ORIGIN_ATTRIBUTE, None)
    return dataset


def _require_names(dataset: xr.Dataset) -> None:
    """Raise unless each variable's name can be a folder's.

    Raises
    ------
    InvalidError
        If one has slashes, or is a name that zarr keeps for itself.
    """
    for name in map(str, dataset.variables):
        if "/" in name or name in {"", ".", "..", "zarr.json"}:
            raise InvalidError(
                f"Not a usable name for a variable: {name!r:.80}", hint="rename the variable."
            )


def _layout(variable: xr.DataArray, chunks: Wish, shards: Wish) -> Layout:
    """Return the layout of one variable."""
    if chunks is None:
        return choose_layout(variable.shape, variable.dims, variable.dtype.itemsize)
    wished = _lengths(variable, chunks)
    return fit_layout(
        variable.shape, wished, None if shards is None else _lengths(variable, shards)
    )


def _lengths(variable: xr.DataArray, wish: Mapping[str, int] | Sequence[int]) -> Sequence[int]:
    """Return a wish as one length for each dimension.

    Raises
    ------
    InvalidError
        If a sequence does not have one length for each dimension.
    """
    if isinstance(wish, Mapping):
        return [wish.get(str(name), length) for name, length in variable.sizes.items()]
    if len(wish) != variable.ndim:
        raise InvalidError(
            f"Not a layout for {variable.ndim} dimensions: {tuple(wish)}",
            hint="give one length for each dimension, or a mapping by name.",
        )
    return wish


def _encoding(variable: xr.DataArray, layout: Layout) -> dict[str, Any]:
    """Return xarray's encoding for a layout."""
    if variable.ndim == 0:
        return {}
    encoding: dict[str, Any] = {"chunks": layout.chunks}
    if layout.shards is not None:
        encoding["shards"] = layout.shards
    compressors = _compressors(variable.dtype)
    return encoding if compressors == "auto" else {**encoding, "compressors": compressors}


def _compressors(dtype: Any) -> Any:  # noqa: ANN401 - numpy and zarr are loosely typed here
    """Return the codec that measured best for numbers, zarr's own choice for the rest."""
    if dtype.kind not in "iufc":
        return "auto"
    return [BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle")]


def _task_chunks(dataset: xr.Dataset) -> dict[Hashable, int]:
    """Choose dask's blocks after the largest variable."""
    variables = [variable for variable in dataset.data_vars.values() if variable.ndim]
    if not variables:
        return {}
    largest = max(variables, key=lambda variable: variable.nbytes)
    layout = Layout(largest.encoding["chunks"], largest.encoding.get("shards"))
    return task_chunks(largest.sizes, largest.dims, layout, largest.dtype.itemsize)
