"""`museion.view`: the viewer that fits what it is given."""

from typing import Any

import numpy as np
import xarray as xr

from museion import _session
from museion.errors import InputError
from museion.widgets.base import StreamedView
from museion_datasets.dataset import Dataset
from museion_datasets.errors import InvalidError
from museion_datasets.item import Item, ItemKind

_SAVE_HINT = 'save it first, museion.save(cube, "derived"), and view what that returns.'


def view(obj: Any, **options: Any) -> StreamedView:  # noqa: ANN401 - dispatches on the type
    """Show a cube or a scan.

    Parameters
    ----------
    obj : DataArray, Item, Dataset or str
        A cube opened from a dataset, an item, a whole dataset (its first cube or scan), or
        a dataset's path.
    **options
        Of `museion.widgets.cube.CubeView` or `museion.widgets.scan.ScanView`.

    Returns
    -------
    StreamedView
        Shows itself as the result of a cell.

    Raises
    ------
    InputError
        If there is nothing to show.
    """
    if isinstance(obj, str):
        return _view_dataset(_session.library().open(obj), options)
    if isinstance(obj, Dataset):
        return _view_dataset(obj, options)
    if isinstance(obj, Item):
        return _view_item(Dataset(obj.snapshot), obj, options)
    if isinstance(obj, xr.DataArray):
        dataset, item = _origin(obj)
        return _view_item(dataset, item, options)
    raise InputError(
        f"Cannot view a {type(obj).__name__}",
        hint="give a dataset, one of its items, or a cube opened from it.",
    )


def _view_dataset(dataset: Dataset, options: dict[str, Any]) -> StreamedView:
    """Show the first item that can be shown.

    Raises
    ------
    InputError
        If none can.
    """
    for item in dataset.items.values():
        try:
            return _view_item(dataset, item, options)
        except (InputError, InvalidError):
            continue
    raise InputError(
        f"Nothing to view in {dataset.path}", hint="it holds neither a cube nor a scan."
    )


def _view_item(dataset: Dataset, item: Item, options: dict[str, Any]) -> StreamedView:
    """Show one item.

    Raises
    ------
    InputError
        If it is neither cube nor scan.
    """
    if item.kind is ItemKind.ARRAY:
        from museion.widgets.cube import CubeView  # noqa: PLC0415 - each viewer on its own

        return CubeView(dataset, item.name, **options)
    if item.kind is ItemKind.SCAN:
        from museion.widgets.scan import ScanView  # noqa: PLC0415

        return ScanView(dataset, item.name, **options)
    raise InputError(
        f"Cannot view the {item.kind.value} {item.name}", hint="only cubes and scans show."
    )


def _origin(array: xr.DataArray) -> tuple[Dataset, Item]:
    """Return where an array comes from, if it still is what is stored there.

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
    stored = item.to_xarray()
    if isinstance(stored, xr.Dataset) or not _is_same(array, stored):
        raise InputError(
            f"The array is no longer what {origin['dataset']} holds as {origin['item']}",
            hint=_SAVE_HINT,
        )
    return dataset, item


def _is_same(array: xr.DataArray, stored: xr.DataArray) -> bool:
    """Compare shape, wavelengths and the spectrum in the middle: attributes outlive arithmetic."""
    if array.sizes != stored.sizes or "wavelength" not in array.coords:
        return False
    if not np.array_equal(array["wavelength"], stored["wavelength"]):
        return False
    middle = {name: array.sizes[name] // 2 for name in array.dims if name != "wavelength"}
    return bool(np.array_equal(array.isel(middle), stored.isel(middle), equal_nan=True))
