"""What a result was derived from: as its author says, or as its computation shows.

Three things tell where data comes from: an opened dataset or item itself; the attribute
``museion`` that an opened array carries; and the sealed stores in a lazy array's graph. The
last is sure, because a task that reads a dataset must hold a store that names it. Of values
in memory nothing but the attribute is left.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import RawIOBase
from pickle import PicklingError
from platform import python_version
from typing import Any

import cloudpickle  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import xarray as xr

from museion import _session
from museion.errors import InputError
from museion_datasets.arrays.attributes import ORIGIN_ATTRIBUTE
from museion_datasets.dataset import Dataset
from museion_datasets.errors import DatasetsError
from museion_datasets.item import Item
from museion_datasets.model import timestamp
from museion_datasets.provenance import MAX_INPUTS, Input, Provenance
from museion_datasets.versions.snapshot import Snapshot

type Sources = str | Dataset | Item | xr.DataArray | xr.Dataset | Iterable[Any]
"""What a result was derived from; a path may name a version, as in ``"murals/panel@3"``."""

_PACKAGES = (
    "PyMca5",
    "dask",
    "distributed",
    "museion",
    "numpy",
    "pandas",
    "scipy",
    "xarray",
    "zarr",
)
_NO_SOURCE = "Nothing can be derived from a"
_NAME_SOURCES = 'give from_= datasets, items or paths, as in from_=[panel, "murals/pigments"].'
_NOT_PICKLED = (AttributeError, PicklingError, RecursionError, TypeError, ValueError)


def describe(result: Any, sources: Sources | None, author: str) -> Provenance:  # noqa: ANN401
    """Return the provenance of a result.

    Parameters
    ----------
    result : DataArray, Dataset, DataTree, DataFrame or array
        What is saved.
    sources : dataset, item, path, array, or an iterable of these, or None
        What it was derived from; None looks for it in the result.
    author : str
        Who derived it.

    Returns
    -------
    Provenance
        With the software of this process.

    Raises
    ------
    InputError
        If a source is none, or there are too many.
    """
    if sources is None:
        found = list(_found_in(result))
    else:
        single = isinstance(sources, str | Dataset | Item | xr.DataArray | xr.Dataset)
        said = [sources] if single else _iterated(sources)
        found = [each for source in said for each in _stated(source)]
    inputs = tuple(sorted(set(found), key=lambda each: (each.path, each.version)))
    if len(inputs) > MAX_INPUTS:
        raise InputError(
            f"Too many datasets to be derived from: {len(inputs)}",
            hint=f"name at most {MAX_INPUTS} in from_=.",
        )
    return Provenance(inputs, sources is not None, author, timestamp(datetime.now(UTC)), software())


def software() -> dict[str, str]:
    """Return the versions of what computes here.

    Returns
    -------
    dict of str to str
        Python, and those of a few libraries that are loaded.
    """
    versions = {"python": python_version()}
    for name in _PACKAGES:
        if name in sys.modules:
            try:
                versions[name] = version(name)
            except PackageNotFoundError:  # run from its sources
                continue
    return versions


def _iterated(sources: Any) -> list[Any]:  # noqa: ANN401 - whatever was given
    """Return several sources as a list.

    Raises
    ------
    InputError
        If they are none.
    """
    if not isinstance(sources, Iterable):
        raise InputError(f"{_NO_SOURCE} {type(sources).__name__}", hint=_NAME_SOURCES)
    return list(sources)


def _stated(source: Any) -> Iterator[Input]:  # noqa: ANN401 - whatever was given
    """Yield the inputs that an author names.

    Raises
    ------
    InputError
        If it names none.
    """
    if isinstance(source, Dataset | Item):
        yield _input(source.snapshot)
    elif isinstance(source, str):
        path, _, number = source.partition("@")
        if number and not number.isdecimal():
            raise InputError(
                f"Not a version of a dataset: {source!r:.80}", hint='write it as "murals/panel@3".'
            )
        yield _input(_session.library().open(path, int(number) if number else None).snapshot)
    elif isinstance(source, xr.DataArray | xr.Dataset | xr.DataTree):
        found = list(_found_in(source))
        if not found:
            raise InputError(
                f"Nothing says where this {type(source).__name__} comes from",
                hint='name its dataset: from_=["murals/panel"].',
            )
        yield from found
    else:
        raise InputError(f"{_NO_SOURCE} {type(source).__name__}", hint=_NAME_SOURCES)


def _input(snapshot: Snapshot) -> Input:
    return Input.of(snapshot.record.path, snapshot.head)


def _found_in(result: Any) -> Iterator[Input]:  # noqa: ANN401 - whatever is saved
    """Yield what a result's attributes and its graph name."""
    for attrs in _attributes(result):
        origin = attrs.get(ORIGIN_ATTRIBUTE)
        if isinstance(origin, Mapping) and {"dataset", "version"} <= set(origin):
            try:
                opened = _session.library().open(origin["dataset"], origin["version"])
            except DatasetsError:  # attributes can be copied from anywhere
                continue
            yield _input(opened.snapshot)
    yield from _found_in_graph(result)


def _attributes(result: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    """Yield the attributes of an xarray object and of what is in it."""
    if isinstance(result, xr.DataTree):
        for node in result.subtree:
            yield from _attributes(node.to_dataset(inherit=False))
    elif isinstance(result, xr.Dataset):
        yield result.attrs
        for variable in result.variables.values():
            yield variable.attrs
    elif isinstance(result, xr.DataArray):
        yield result.attrs


def _found_in_graph(result: Any) -> Iterator[Input]:  # noqa: ANN401
    """Yield the versions whose stores are in a lazy result's graph."""
    if isinstance(result, xr.DataTree):
        graphs = [
            node.to_dataset(inherit=False).__dask_graph__()  # type: ignore[no-untyped-call]
            for node in result.subtree
        ]
    else:
        asked = getattr(result, "__dask_graph__", None)
        graphs = [asked()] if callable(asked) else []
    for graph in graphs:
        if graph:
            finder = _Finder()
            try:
                finder.dump(graph)
            except _NOT_PICKLED:  # a graph that only threads can compute
                continue
            yield from map(_input, finder.found)


class _Nowhere(RawIOBase):
    """Forgets what is written to it."""

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - as the base class has it
        """Take bytes and forget them."""
        return len(data)


class _Finder(cloudpickle.Pickler):  # type: ignore[misc,unused-ignore]
    """Walks a graph as it would be sent to a cluster, and keeps the versions that it meets.

    Attributes
    ----------
    found : list of Snapshot
        What the graph reads.
    """

    def __init__(self) -> None:
        super().__init__(_Nowhere())
        self.found: list[Snapshot] = []

    def persistent_id(self, obj: object) -> str | None:
        """Stop at versions and at values.

        Parameters
        ----------
        obj : object
            What would be pickled.

        Returns
        -------
        str or None
            A name in its place; None to walk into it.
        """
        if isinstance(obj, Snapshot):
            self.found.append(obj)
            return "version"
        return "values" if isinstance(obj, np.ndarray | bytes | bytearray) else None
