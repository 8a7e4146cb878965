"""Spectral libraries over HTTP: search by name or element, and one entry's spectrum.

Datasets of the kind *library* whose arrays have two dimensions, the second ``wavelength`` in
nm, are searched. `museion/libraries?q=` answers with the entries whose name or elements hold
every word; `museion/libraries/<workgroup>/<dataset>/<item>/spectrum` with one entry.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tornado import web

from museion_datasets.dataset import Dataset
from museion_datasets.errors import DatasetsError, NotFoundError
from museion_datasets.item import ItemKind
from museion_datasets.model import DatasetKind, DatasetRecord
from museion_lab.cube_queries import Argument, QueryError
from museion_lab.handlers import authorized
from museion_lab.kept import Kept
from museion_lab.streamed import ADDRESS, StreamedHandler

if TYPE_CHECKING:
    import xarray as xr

MAX_HITS = 50
MAX_LIBRARY_BYTES = 256 << 20
_LIBRARIES_KEPT = 8

type Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class SpectralLibrary:
    """The entries of one item, in memory.

    Attributes
    ----------
    names, elements : tuple of str
        Of each entry; no elements where the library names none.
    wavelength_nm : (bands,) float
        Of all entries.
    values : (entries, bands) float32
        NaN where nothing was measured.
    quantity : str
        What a value is.
    """

    names: tuple[str, ...]
    elements: tuple[str, ...]
    wavelength_nm: NDArray[np.float64]
    values: NDArray[np.float32]
    quantity: str

    def find(self, words: Iterable[str]) -> Iterator[int]:
        """Give the entries whose name or elements hold every word.

        Parameters
        ----------
        words : iterable of str
            A word of one or two letters, as in ``"Hg"``, is also looked for among the elements.

        Yields
        ------
        int
            Rising.
        """
        wanted = [word.casefold() for word in words]
        for entry, name in enumerate(self.names):
            known = set(self.elements[entry].casefold().replace(",", " ").split())
            if all(word in name.casefold() or word in known for word in wanted):
                yield entry


class LibraryShelf:
    """Opened libraries, the last few; may be used by several threads."""

    def __init__(self) -> None:
        self._libraries: Kept[Key, SpectralLibrary] = Kept(_LIBRARIES_KEPT)

    def open(self, dataset: Dataset, item: str) -> SpectralLibrary:
        """Return a library of a dataset that the caller may read.

        Parameters
        ----------
        dataset : Dataset
            Open.
        item : str
            Name of an array item.

        Returns
        -------
        SpectralLibrary
            Read once.

        Raises
        ------
        NotFoundError
            If the item is no library.
        """
        key = (dataset.record.id, dataset.version, item)
        return self._libraries.get(key, lambda: require_library(dataset, item))

    def all_of(self, dataset: Dataset) -> Iterator[tuple[str, SpectralLibrary]]:
        """Give every library of a dataset with its item's name."""
        for name, item in dataset.items.items():
            if item.kind is ItemKind.ARRAY:
                try:
                    yield name, self.open(dataset, name)
                except NotFoundError:
                    continue


def require_library(dataset: Dataset, item: str) -> SpectralLibrary:
    """Read an item that is a library.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of one of its items.

    Returns
    -------
    SpectralLibrary
        With wavelengths rising.

    Raises
    ------
    NotFoundError
        If the item is no library.
    """
    found = read_library(dataset, item)
    if found is None:
        raise NotFoundError(f"No such library: {item!r:.80}", hint="check the spelling.")
    return found


def read_library(dataset: Dataset, item: str) -> SpectralLibrary | None:
    """Read an item, or return None if it is no library.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of one of its items.

    Returns
    -------
    SpectralLibrary or None
        With wavelengths rising.
    """
    found = dataset.items.get(item)
    if found is None or found.kind is not ItemKind.ARRAY:
        return None
    import xarray as xr  # noqa: PLC0415  only those who search a library need it

    array = found.to_xarray()
    if isinstance(array, xr.Dataset) or array.ndim != 2 or array.dims[1] != "wavelength":  # noqa: PLR2004
        return None
    if "wavelength" not in array.coords or array.nbytes > MAX_LIBRARY_BYTES:
        return None
    array = array.sortby("wavelength")
    count = array.shape[0]
    plain = [f"Entry {number}" for number in range(1, count + 1)]
    return SpectralLibrary(
        names=_texts(array, ("name", str(array.dims[0])), plain),
        elements=_texts(array, ("elements",), [""] * count),
        wavelength_nm=np.asarray(array["wavelength"], np.float64),
        values=np.asarray(array, np.float32),
        quantity=str(array.attrs.get("quantity", "reflectance")),
    )


class SearchHandler(StreamedHandler):
    """`libraries`: entries by name or element."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the first entries found, library by library."""
        words = read_words(self.argument)
        records = await self.datasets.records()
        hits: list[dict[str, Any]] = []
        searched = []
        for record in records:
            if record.kind != DatasetKind.LIBRARY:
                continue
            found = await self._search(record, words)
            if found is not None:
                searched.append(record.title)
                hits += found
        answer = {"libraries": searched, "hits": hits[:MAX_HITS], "found": len(hits)}
        self.finish(json.dumps(answer))

    async def _search(self, record: DatasetRecord, words: list[str]) -> list[dict[str, Any]] | None:
        """Return the hits in one dataset; None if it can't be opened."""
        try:
            dataset = await self.datasets.get(str(record.path), None)
            return await asyncio.to_thread(_hits, shelf_of(self), dataset, words)
        except DatasetsError as error:
            self.log.info("library %s: %s", record.path, error.kind)
            return None


class EntryHandler(StreamedHandler):
    """`spectrum`: one entry of a library."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the entry."""
        dataset = await self.open_dataset(workgroup, name)
        library = await asyncio.to_thread(shelf_of(self).open, dataset, item)
        entry = read_entry(self.argument, library)
        if self.is_known():
            return
        self.finish(json.dumps(entry_json(library, entry, dataset.record.title)))


def shelf_of(handler: StreamedHandler) -> LibraryShelf:
    """Return the server's one shelf."""
    shelf: LibraryShelf = handler.settings.setdefault("museion_library_shelf", LibraryShelf())
    return shelf


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    entry = f"libraries/{ADDRESS}/spectrum"
    return [("libraries", SearchHandler), (entry, EntryHandler)]


def read_words(argument: Argument) -> list[str]:
    """Read `q`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.

    Returns
    -------
    list of str
        At least one.

    Raises
    ------
    QueryError
        If there is none.
    """
    words = (argument("q") or "")[:200].split()
    if not words:
        raise QueryError("Nothing to search for", hint="Give a name or an element, as in Hg.")
    return words


def read_entry(argument: Argument, library: SpectralLibrary) -> int:
    """Read `entry`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    library : SpectralLibrary
        The library asked of.

    Returns
    -------
    int
        An index of it.

    Raises
    ------
    QueryError
        If there is no such entry.
    """
    text = argument("entry") or ""
    if not text.isdecimal() or int(text) >= len(library.names):
        raise QueryError(
            f"There is no entry {text[:20]!r}", hint=f"Entries go to {len(library.names) - 1}."
        )
    return int(text)


def entry_json(library: SpectralLibrary, entry: int, title: str) -> dict[str, Any]:
    """Return the answer as ``library-entry.schema.json`` says; NaN becomes null."""
    values = library.values[entry]
    return {
        "name": library.names[entry],
        "library": title,
        "quantity": library.quantity,
        "wavelength_nm": library.wavelength_nm.tolist(),
        "values": [round(float(v), 6) if np.isfinite(v) else None for v in values],
    }


def _hits(shelf: LibraryShelf, dataset: Dataset, words: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": dataset.path,
            "dataset_version": dataset.version,
            "item": item,
            "entry": entry,
            "name": library.names[entry],
            "elements": library.elements[entry],
        }
        for item, library in shelf.all_of(dataset)
        for entry in library.find(words)
    ]


def _texts(array: "xr.DataArray", names: Iterable[str], otherwise: list[str]) -> tuple[str, ...]:
    """Return the first coordinate of the entries with one of these names, as text."""
    for name in names:
        if name in array.coords and array[name].dims == array.dims[:1]:
            return tuple(str(value) for value in array[name].values)
    return tuple(otherwise)
