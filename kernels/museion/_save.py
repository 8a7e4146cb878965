"""`museion.save`: a result becomes a dataset, or its next version, with where it comes from.

What is lazy is computed and written by the workers of the current cluster, each with its own
access; the values don't pass through the notebook. The notebook commits once, at the end:
whatever fails or is killed before leaves the last version as it was.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import dask
import dask.array as da
import numpy as np
import xarray as xr

from museion import _lineage, _session
from museion.errors import InputError
from museion_datasets.provenance import put_provenance
from museion_datasets.spectral_axis import find_axis

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset
    from museion_datasets.draft import Draft
    from museion_datasets.policy import DatasetPolicy

_RTI_DIMS = {"y", "x", "plane"}
_ITEM = "data"
_UNDETERMINED = "UND"
_PARTITIONS_AT_ONCE = 8


class SaveTerms(TypedDict, total=False):
    """What may be said about what is saved.

    Attributes
    ----------
    item : str
        Name of the item in the dataset; ``"data"`` by default.
    message : str
        What has changed, for people.
    title, rights, description : str
        As for `museion.draft`; a new dataset gets its name as title, and undetermined rights.
    policy : DatasetPolicy
        What the owner allows.
    place : str
        Where a new dataset's objects lie.
    synthetic : bool
        Whether the data was computed rather than measured; true for a new dataset.
    purpose : str
        What an existing dataset is opened for, if its owner limits that.
    """

    item: str
    message: str
    title: str
    rights: str
    description: str
    policy: "DatasetPolicy"
    place: str
    synthetic: bool
    purpose: str


def save(
    obj: Any,  # noqa: ANN401 - see below
    name: str,
    *,
    from_: _lineage.Sources | None = None,
    **terms: Unpack[SaveTerms],
) -> "Dataset":
    """Save a result as a dataset, or as its next version.

    Parameters
    ----------
    obj : DataArray, Dataset, DataTree, DataFrame, Series or array
        Of xarray, pandas, Dask or numpy. What is lazy is computed by the cluster's workers
        and written by them. A cube, a map or an RTI model gets a pyramid, so that
        `museion.view` can show it.
    name : str
        Name of the dataset, with or without the workgroup before it.
    from_ : dataset, item, path, array, or an iterable of these, optional
        What it was derived from; a path may name a version, as in ``"murals/panel@3"``. By
        default the versions that a lazy result's graph reads and that its attributes name;
        of other values in memory nothing is known. Kept with the item, shown with the
        dataset and signed with a release.
    **terms
        See `SaveTerms`.

    Returns
    -------
    Dataset
        What was saved, open.

    Raises
    ------
    InputError
        If `obj` is of another type, or `from_` names nothing.

    Examples
    --------
    >>> scores = museion.imaging.analysis.principal_components(cube)  # doctest: +SKIP
    >>> museion.save(scores, "murals-pca", from_=[panel], title="PCA")  # doctest: +SKIP
    """
    result = _labelled(obj)
    path = name if "/" in name else f"{_session.require_workgroup()}/{name}"
    library = _session.library()
    item, message = terms.pop("item", _ITEM), terms.pop("message", "")
    provenance = _lineage.describe(result, from_, library.author())
    about: dict[str, Any] = dict(terms)
    kind = _kind(result)
    if path not in {record.path for record in library.datasets()}:
        new = {"title": name, "kind": kind, "rights": _UNDETERMINED, "synthetic": True}
        about = new | about
    with library.draft(path, **about) as draft:
        draft.message = message
        _put(draft, item, result, kind)
        put_provenance(draft.store, item, provenance)
    return library.open(path, purpose=terms.get("purpose"))


def _labelled(obj: Any) -> Any:  # noqa: ANN401 - whatever was given
    """Return arrays without labels with labels, and a column as a table."""
    if isinstance(obj, np.ndarray | da.Array):
        return xr.DataArray(obj)
    if hasattr(obj, "to_frame") and hasattr(obj, "to_csv") and not hasattr(obj, "columns"):
        return obj.to_frame()
    return obj


def _kind(obj: Any) -> str:  # noqa: ANN401
    """Return the kind of dataset that `obj` makes.

    Raises
    ------
    InputError
        If it makes none.
    """
    if isinstance(obj, xr.DataArray) and find_axis(obj.dims, obj.shape) is not None:
        return "cube"
    if isinstance(obj, xr.DataArray | xr.Dataset | xr.DataTree):
        return "files"
    if hasattr(obj, "to_parquet"):
        return "table"
    raise InputError(
        f"Cannot save a {type(obj).__name__}",
        hint="give an xarray, pandas, Dask or numpy object, or write files with museion.draft.",
    )


def _put(draft: "Draft", item: str, obj: Any, kind: str) -> None:  # noqa: ANN401
    if kind == "cube":
        from museion_datasets.ingest.cube import put_cube  # noqa: PLC0415 - loads readers

        put_cube(draft, item, obj)
    elif kind == "table":
        draft.put_table(item, _partitions(obj) if hasattr(obj, "to_delayed") else obj)
    elif isinstance(obj, xr.DataTree):
        draft.put_tree(item, obj)
    elif isinstance(obj, xr.DataArray) and _is_map(obj):
        from museion_datasets.ingest.maps import put_map  # noqa: PLC0415

        put_map(draft, item, obj)
    elif isinstance(obj, xr.DataArray) and set(obj.dims) == _RTI_DIMS:
        from museion_datasets.ingest.rti_model import put_model  # noqa: PLC0415

        put_model(draft, item, obj)
    else:
        draft.put_array(item, obj)


def _is_map(array: xr.DataArray) -> bool:
    """Whether an array gets a pyramid: only what may be a map loads what makes one."""
    if array.dims[-2:] != ("y", "x"):
        return False
    from museion_datasets.ingest.maps import is_map  # noqa: PLC0415

    return is_map(array)


def _partitions(frame: Any) -> Iterable[Any]:  # noqa: ANN401 - Dask has no types
    """Yield a lazy table's parts in order, a few computed at a time."""
    parts = frame.to_delayed()
    for first in range(0, len(parts), _PARTITIONS_AT_ONCE):
        yield from dask.compute(*parts[first : first + _PARTITIONS_AT_ONCE])  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
