"""`museion.datasets`, `open`, `draft`, `ingest` and `save`: the library of this process."""

from typing import TYPE_CHECKING, Any, Unpack

import xarray as xr

from museion import _session
from museion.errors import InputError

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset
    from museion_datasets.draft import Draft
    from museion_datasets.ingest.report import Report
    from museion_datasets.ingest.run import Sources
    from museion_datasets.model import DatasetRecord
    from museion_datasets.versions.wish import DraftTerms

_CUBE_DIMS = {"y", "x", "wavelength"}
_ITEM = "data"


def datasets() -> list["DatasetRecord"]:
    """Return the datasets that this workspace may open.

    Returns
    -------
    list of DatasetRecord
        With path, title, kind, rights, version and size.
    """
    return _session.library().datasets()


def open(path: str, version: int | None = None, *, purpose: str | None = None) -> "Dataset":  # noqa: A001
    """Open a dataset.

    Parameters
    ----------
    path : str
        Workgroup and name, as in ``"murals/panel"``.
    version : int, optional
        The newest by default.
    purpose : str, optional
        What for, as in ``"research"``; needed if the owner limits it, and written down.

    Returns
    -------
    Dataset
        Its items by name: ``dataset["vnir"].to_xarray()``.
    """
    return _session.library().open(path, version, purpose=purpose)


def draft(path: str, **terms: Unpack["DraftTerms"]) -> "Draft":
    """Begin a new version of a dataset; use it in a ``with`` block.

    Parameters
    ----------
    path : str
        Workgroup and name. A dataset that is not there yet is made.
    **terms
        ``title``, ``kind``, ``rights`` and ``synthetic`` (whether the data is computed rather
        than measured) are needed for a new dataset; ``description``, ``policy`` and ``place``
        may be left out. ``purpose`` as for `open`.

    Returns
    -------
    Draft
        Nothing is visible to others before the block ends without an error.
    """
    return _session.library().draft(path, **terms)


def save(obj: Any, name: str, *, title: str | None = None, rights: str = "UND") -> "Dataset":  # noqa: ANN401
    """Save a result as a dataset, or as its next version.

    Parameters
    ----------
    obj : DataArray, Dataset, DataTree or DataFrame
        A cube gets a pyramid, so that `museion.view` can show it.
    name : str
        Name of the dataset, with or without the workgroup before it.
    title : str, optional
        For people; the name by default.
    rights : str
        A rights statement; undetermined by default.

    Returns
    -------
    Dataset
        What was saved, open.

    Raises
    ------
    InputError
        If `obj` is of another type.
    """
    path = name if "/" in name else f"{_session.require_workgroup()}/{name}"
    known = {record.path for record in datasets()}
    kind = _kind(obj)
    if path in known:
        begun = draft(path)
    else:
        begun = draft(path, title=title or name, kind=kind, rights=rights, synthetic=True)
    with begun as opened:
        _put(opened, obj, kind)
    return open(path)


def ingest(path: str, sources: "Sources", **about: Unpack["DraftTerms"]) -> "Report":
    """Bring files and folders into a dataset; run it again after an interruption.

    Parameters
    ----------
    path : str
        Workgroup and name. A dataset that is not there yet is made.
    sources : path, sequence of paths, or mapping of item name to path
        ENVI, HDF5, NeXus, NetCDF, TIFF, images, CSV, or anything in a folder.
    **about
        Needed for a new dataset: ``title``, ``rights`` and ``synthetic``, as for `draft`.

    Returns
    -------
    Report
        What was made, how it is cut, and why.
    """
    from museion_datasets.ingest.progress import NotebookBar  # noqa: PLC0415 - loads readers
    from museion_datasets.ingest.run import ingest as run  # noqa: PLC0415 - loads readers

    return run(_session.library(), path, sources, progress=NotebookBar(), **about)


def _kind(obj: Any) -> str:  # noqa: ANN401
    """Return the kind of dataset that `obj` makes.

    Raises
    ------
    InputError
        If it makes none.
    """
    if isinstance(obj, xr.DataArray) and set(obj.dims) == _CUBE_DIMS:
        return "cube"
    if isinstance(obj, xr.DataArray | xr.Dataset | xr.DataTree):
        return "files"
    if hasattr(obj, "to_parquet"):
        return "table"
    raise InputError(
        f"Cannot save a {type(obj).__name__}",
        hint="give an xarray or pandas object, or write files with museion.draft.",
    )


def _put(opened: "Draft", obj: Any, kind: str) -> None:  # noqa: ANN401
    if kind == "cube":
        from museion_datasets.ingest.cube import put_cube  # noqa: PLC0415 - loads readers

        put_cube(opened, _ITEM, obj)
    elif kind == "table":
        opened.put_table(_ITEM, obj)
    elif isinstance(obj, xr.DataTree):
        opened.put_tree(_ITEM, obj)
    else:
        opened.put_array(_ITEM, obj)
