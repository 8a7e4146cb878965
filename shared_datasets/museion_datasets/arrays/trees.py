"""Trees of groups between xarray and a sealed store.

Each node of an `xarray.DataTree` is a zarr group that holds what `arrays` writes for a
Dataset, in the folder of its path; a coordinate that a node inherits is stored once, where
it belongs.
"""

import json
from collections.abc import Mapping
from typing import Any

import xarray as xr

from museion_datasets.arrays import xarrays
from museion_datasets.arrays.attributes import ORIGIN_ATTRIBUTE
from museion_datasets.arrays.store import SealedStore
from museion_datasets.arrays.xarrays import Wish
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.versions.snapshot import Snapshot, keys_under

_METADATA_NAME = "zarr.json"


def write_tree(
    store: SealedStore, folder: str, tree: xr.DataTree, *, chunks: Wish, shards: Wish
) -> None:
    """Write a tree.

    Parameters
    ----------
    store : SealedStore
        A draft's store.
    folder : str
        As in ``"trees/survey"``; empty.
    tree : xarray.DataTree
        Numpy or dask inside.
    chunks, shards : mapping of dimension to int, sequence of int, or None
        The wished layout of every array.

    Raises
    ------
    InvalidError
        If it is no tree, or a node's name cannot be a folder's.
    """
    if not isinstance(tree, xr.DataTree):
        raise InvalidError(
            f"Not a tree: {type(tree).__name__}",
            hint="make one: xarray.DataTree.from_dict({…}).",
        )
    for path, node in tree.subtree_with_keys:
        if path.rpartition("/")[2] in {_METADATA_NAME, ".."}:
            raise InvalidError(
                f"Not a usable name for a group: {path!r:.80}", hint="choose another name."
            )
        data = node.to_dataset(inherit=False)
        place = folder if path == "." else f"{folder}/{path}"
        xarrays.write_item(store, place, data, chunks=chunks, shards=shards)


def read_tree(
    snapshot: Snapshot, folder: str, origin: Mapping[str, Any], *, is_lazy: bool
) -> xr.DataTree:
    """Open a tree.

    Parameters
    ----------
    snapshot : Snapshot
        The version.
    folder : str
        As in ``"trees/survey"``.
    origin : mapping
        What the result says about where it comes from.
    is_lazy : bool
        Whether computations on it are dask graphs.

    Returns
    -------
    xarray.DataTree
        What was put in; values are read when needed.
    """
    store = SealedStore(snapshot)
    nodes = {
        path: xarrays.read_item(store, _place(folder, path), {}, is_lazy=is_lazy)
        for path in groups(snapshot, folder)
    }
    for node in nodes.values():
        node.attrs.pop(ORIGIN_ATTRIBUTE)
    tree = xr.DataTree.from_dict(nodes)
    tree.attrs[ORIGIN_ATTRIBUTE] = dict(origin)
    return tree


def tree_of(data: xr.Dataset | xr.DataArray) -> xr.DataTree:
    """Return an opened array as a tree of one node.

    Parameters
    ----------
    data : xarray.Dataset or xarray.DataArray
        As `xarrays.read_item` gives it; it loses its origin.

    Returns
    -------
    xarray.DataTree
        With the origin at its root.
    """
    origin = data.attrs.pop(ORIGIN_ATTRIBUTE)
    named = data if isinstance(data, xr.Dataset) else data.to_dataset(name=data.name)
    return xr.DataTree(named.assign_attrs({ORIGIN_ATTRIBUTE: origin}))


def require_group(snapshot: Snapshot, folder: str, path: str) -> str:
    """Return the folder of a node.

    Parameters
    ----------
    snapshot : Snapshot
        The version.
    folder : str
        As in ``"trees/survey"``.
    path : str
        Names of groups joined by slashes; empty for the root.

    Returns
    -------
    str
        As in ``"trees/survey/infrared"``.

    Raises
    ------
    NotFoundError
        If there is no such node.
    """
    path = "/" + path.strip("/")
    known = groups(snapshot, folder)
    if path not in known:
        raise NotFoundError(f"No such group: {path!r:.80}", hint=f"there is {', '.join(known)}.")
    return _place(folder, path)


def groups(snapshot: Snapshot, folder: str) -> list[str]:
    """Return the paths of a tree's nodes.

    Parameters
    ----------
    snapshot : Snapshot
        The version.
    folder : str
        As in ``"trees/survey"``.

    Returns
    -------
    list of str
        Parents before children; the root is ``"/"``.
    """
    ending = f"/{_METADATA_NAME}"
    keys = (key for key in keys_under(snapshot.keys(), f"{folder}/") if key.endswith(ending))
    found = [
        f"/{key.removesuffix(ending).removeprefix(folder).strip('/')}"
        for key in keys
        if json.loads(bytes(snapshot.read(key))).get("node_type") == "group"
    ]
    return sorted(found, key=lambda path: path.split("/"))


def _place(folder: str, path: str) -> str:
    """Return the folder of a node."""
    return f"{folder}/{path.strip('/')}".rstrip("/")
