"""`museion.view`: the viewer that fits what it is given."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from museion import _session
from museion.errors import InputError
from museion.widgets.base import StreamedView
from museion.widgets.layers import Layer, Source, Transforms, describe_layer, with_transforms
from museion.widgets.sources import find_origin
from museion_datasets.dataset import Dataset
from museion_datasets.errors import InvalidError
from museion_datasets.item import Item, ItemKind
from museion_datasets.rti import is_model


def view(obj: Any, **options: Any) -> StreamedView:  # noqa: ANN401 - dispatches on the type
    """Show a cube, a map, a picture, an RTI model or a scan, or several registered images.

    Images in a list lie over each other. A mesh that lives in the kernel only is shown too.

    Parameters
    ----------
    obj : DataArray, Item, Dataset, Scan, str, Layer, list of these, or mesh
        A cube or map opened from a dataset, an item, a whole dataset (its first item that
        can be shown), or a dataset's path. In a list the first is the base, and the others
        lie over it. A mesh has `vertices` and `faces`, as those of trimesh, or is a tuple of
        these arrays, with colours as a third.
    **options
        Of `museion.widgets.cube.CubeView`, `museion.widgets.maps.MapView`,
        `museion.widgets.rti.RtiView`, `museion.widgets.scan.ScanView` or, for a mesh,
        `museion.widgets.held_scan.HeldScanView`. For a list also
        ``transforms``: for each layer a (3, 3) affine matrix, or an object with such a
        ``matrix``, from its pixels (x, y, 1) to those of the base, the first pixel's centre
        at 0, 0; a list as long as `obj`, with None for the base and for what needs none, or
        a mapping from item name.

    Returns
    -------
    StreamedView
        Shows itself as the result of a cell.

    Raises
    ------
    InputError
        If there is nothing to show, or a layer doesn't fit on the base.
    """
    if (mesh := _view_mesh(obj, options)) is not None:
        return mesh
    if isinstance(obj, list | tuple):
        return _view_stack(obj, options.pop("transforms", None), options)
    if isinstance(obj, Layer):
        return _view_stack([obj], None, options)
    return _show(_find_source(obj), options)


def _view_mesh(obj: Any, options: Mapping[str, Any]) -> StreamedView | None:  # noqa: ANN401
    """Show a scan that was opened in Python, or a mesh that lives in the kernel only."""
    if isinstance(obj, Item | Dataset | str | xr.DataArray | xr.Dataset | Layer | list):
        return None
    from museion.scans.held import find_mesh  # noqa: PLC0415 - each viewer on its own
    from museion.scans.scan import Scan  # noqa: PLC0415
    from museion.widgets.held_scan import HeldScanView  # noqa: PLC0415
    from museion.widgets.scan import ScanView  # noqa: PLC0415

    if isinstance(obj, Scan):
        return ScanView(_session.library().open(obj.dataset, obj.version), obj.name, **options)
    mesh = find_mesh(obj)
    return None if mesh is None else HeldScanView(mesh, **options)


def _view_stack(
    objects: Sequence[Any], transforms: Transforms | None, options: dict[str, Any]
) -> StreamedView:
    """Show registered images.

    Raises
    ------
    InputError
        If there is none, or one doesn't fit on the base.
    """
    if not objects:
        raise InputError("Nothing to view: the list is empty", hint="give the base image first.")
    layers = [each if isinstance(each, Layer) else Layer(each) for each in objects]
    sources = [_find_source(layer.of) for layer in layers]
    names = [source.item.name for source in sources]
    layers = with_transforms(layers, names, transforms)
    base, *others = zip(layers, sources, strict=True)
    entries = [describe_layer(*each, base=base[1]) for each in others]
    return _show(base[1], {**base[0].look(), **options}, entries)


def _show(
    source: Source, options: Mapping[str, Any], layers: Sequence[dict[str, Any]] = ()
) -> StreamedView:
    """Show one item, with layers over it.

    Raises
    ------
    InputError
        If it can't be shown.
    """
    dataset, item = source.dataset, source.item
    if item.kind is ItemKind.SCAN and not layers:
        from museion.widgets.scan import ScanView  # noqa: PLC0415 - each viewer on its own

        return ScanView(dataset, item.name, **options)
    if is_model(dataset, item) and not layers:
        from museion.widgets.rti import RtiView  # noqa: PLC0415

        return RtiView(dataset, item.name, **options)
    if item.kind is not ItemKind.ARRAY:
        raise InputError(
            f"Cannot view the {item.kind.value} {item.name}",
            hint="cubes, maps, pictures and scans show, and only images lie over each other.",
        )
    from museion.widgets.cube import CubeView  # noqa: PLC0415
    from museion.widgets.maps import MapView  # noqa: PLC0415

    show = CubeView if source.is_cube else MapView
    return show(dataset, item.name, layers=layers, **options)


def _find_source(obj: Any) -> Source:  # noqa: ANN401
    """Return the dataset and the item behind an object.

    Raises
    ------
    InputError
        If there is none.
    """
    if isinstance(obj, str):
        return _first_shown(_session.library().open(obj))
    if isinstance(obj, Dataset):
        return _first_shown(obj)
    if isinstance(obj, Item):
        return Source(Dataset(obj.snapshot), obj)
    if isinstance(obj, xr.DataArray | xr.Dataset):
        return Source(*find_origin(obj))
    raise InputError(
        f"Cannot view a {type(obj).__name__}",
        hint="give a dataset, one of its items, or a cube opened from it.",
    )


def _first_shown(dataset: Dataset) -> Source:
    """Return the first item that can be shown.

    Raises
    ------
    InputError
        If none can.
    """
    for item in dataset.items.values():
        source = Source(dataset, item)
        if item.kind is ItemKind.SCAN or is_model(dataset, item):
            return source
        try:
            if item.kind is ItemKind.ARRAY and source.image is not None:
                return source
        except InvalidError:
            continue
    raise InputError(
        f"Nothing to view in {dataset.path}", hint="it holds no cube, map, picture or scan."
    )
