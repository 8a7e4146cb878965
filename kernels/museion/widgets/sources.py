"""Finds the dataset and the item behind what a person wants to see."""

from typing import Any

import numpy as np
import xarray as xr

from museion import _session
from museion.errors import InputError
from museion_datasets.dataset import Dataset
from museion_datasets.item import Item
from museion_datasets.spectral_axis import find_axis

_SAVE_HINT = 'save it first, museion.save(cube, "derived"), and view what that returns.'


def find_origin(array: xr.DataArray | xr.Dataset) -> tuple[Dataset, Item]:
    """Return where an array comes from, if it still is what is stored there.

    Parameters
    ----------
    array : DataArray or xarray.Dataset
        Opened from an item.

    Returns
    -------
    tuple of (Dataset, Item)
        The version that it was opened from.

    Raises
    ------
    InputError
        If it was never stored, is a part, or was computed on.
    """
    origin = array.attrs.get("museion")
    if origin is None:
        raise InputError("The array does not come from a dataset", hint=_SAVE_HINT)
    dataset = _session.library().open(origin["dataset"], origin["version"])
    item = dataset[origin["item"]]
    if not _is_same(array, item.to_xarray()):
        raise InputError(
            f"The array is no longer what {origin['dataset']} holds as {origin['item']}",
            hint=_SAVE_HINT,
        )
    return dataset, item


def _is_same(array: Any, stored: Any) -> bool:  # noqa: ANN401 - DataArray or Dataset
    if isinstance(array, xr.Dataset) and isinstance(stored, xr.Dataset):
        names = set(array.data_vars)
        return names == set(stored.data_vars) and all(
            _is_same_array(array[name], stored[name]) for name in names
        )
    if isinstance(array, xr.DataArray) and isinstance(stored, xr.DataArray):
        return _is_same_array(array, stored)
    return False


def _is_same_array(array: xr.DataArray, stored: xr.DataArray) -> bool:
    """Compare shape, wavelengths and a part in the middle: attributes outlive arithmetic.

    Of a cube the part is a spectrum, of maps a row of each: one pixel may be empty.
    """
    if array.sizes != stored.sizes:
        return False
    axis = find_axis(array.dims, array.shape)
    if axis is not None and array.coords.get(axis.name) is None and axis.units:
        return False
    if axis is not None and not np.array_equal(array[axis.name], stored[axis.name]):
        return False
    across = {"y", "x"} if axis is not None else {"y"}
    middle = {name: array.sizes[name] // 2 for name in array.dims if name in across}
    is_number = array.dtype.kind in "fc"
    return bool(np.array_equal(array.isel(middle), stored.isel(middle), equal_nan=is_number))
