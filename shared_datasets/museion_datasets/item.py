"""One item of a dataset, in whatever form the person needs it."""

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import xarray as xr

from museion_datasets import arrays, display, tables
from museion_datasets.errors import InvalidError
from museion_datasets.files import open_key
from museion_datasets.snapshot import Snapshot, keys_under
from museion_datasets.store import SealedStore

PARQUET = ".parquet"


class ItemKind(StrEnum):
    """What an item is, by the folder it lies in."""

    ARRAY = "array"
    TABLE = "table"
    SCAN = "scan"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Item:
    """One array, table, scan or file of a dataset.

    Attributes
    ----------
    snapshot : Snapshot
        The version it belongs to.
    name : str
        Its name.
    kind : ItemKind
        What it is.
    """

    snapshot: Snapshot
    name: str
    kind: ItemKind

    def __repr__(self) -> str:
        return f"Item({self.snapshot.record.path!r}, {self.name!r}, kind={self.kind.value!r})"

    @property
    def folder(self) -> str:
        """The key, or the folder of keys without final slash, that holds it."""
        match self.kind:
            case ItemKind.TABLE:
                return f"tables/{self.name}{PARQUET}"
            case ItemKind.FILE:
                return f"files/{self.name}"
            case _:
                return f"{self.kind.value}s/{self.name}"

    @property
    def size_bytes(self) -> int:
        """Bytes of its objects before encryption, compressed as they are."""
        if self.kind in {ItemKind.TABLE, ItemKind.FILE}:
            keys = [self.folder]
        else:
            keys = list(keys_under(self.snapshot.keys(), f"{self.folder}/"))
        entries = map(self.snapshot.find, keys)
        return sum(entry.plaintext_bytes for entry in entries if entry)

    def to_xarray(self) -> xr.Dataset | xr.DataArray:
        """Open an array; values are read when they are used.

        Returns
        -------
        xarray.Dataset or xarray.DataArray
            What was put in; ``attrs["museion"]`` says where it comes from.
        """
        self._require(ItemKind.ARRAY, "to_xarray")
        return self._read_array(is_lazy=False)

    def to_dask(self) -> xr.Dataset | xr.DataArray:
        """Open an array whose computations run as a dask graph, on a cluster if there is one.

        Returns
        -------
        xarray.Dataset or xarray.DataArray
            Dask arrays inside, in blocks that fit the stored objects.
        """
        self._require(ItemKind.ARRAY, "to_dask")
        return self._read_array(is_lazy=True)

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas has no types
        """Read a table, or an array as a table with one row for each value.

        Returns
        -------
        pandas.DataFrame
            Its rows.
        """
        if self.kind is ItemKind.ARRAY:
            return self.to_xarray().to_dataframe()
        self._require(ItemKind.TABLE, "to_pandas")
        return tables.decode(self.snapshot.read(self.folder))

    def open(self) -> io.BufferedReader:
        """Open a file or a table's Parquet bytes for reading.

        Returns
        -------
        io.BufferedReader
            Seekable; decrypts what is read, nothing more.
        """
        if self.kind is not ItemKind.TABLE:
            self._require(ItemKind.FILE, "open")
        return open_key(self.snapshot, self.folder)

    def read_bytes(self) -> bytes:
        """Read a whole file, or a table's Parquet bytes.

        Returns
        -------
        bytes
            Its bytes.
        """
        with self.open() as file:
            return file.read()

    def summary(self) -> display.ItemSummary:
        """Return a line on the item for people.

        Returns
        -------
        ItemSummary
            Name, kind, size; shape and dtype of an array.
        """
        details = ""
        if self.kind is ItemKind.ARRAY:
            details = display.array_details(self.to_xarray())
        return display.ItemSummary(self.name, self.kind.value, details, self.size_bytes)

    def _read_array(self, *, is_lazy: bool) -> xr.Dataset | xr.DataArray:
        """Open the array behind the item."""
        origin = {
            "dataset": self.snapshot.record.path,
            "version": self.snapshot.head.version,
            "item": self.name,
        }
        store = SealedStore(self.snapshot)
        return arrays.read_item(store, self.folder, origin, is_lazy=is_lazy)

    def _require(self, kind: ItemKind, method: str) -> None:
        """Raise unless the item is of a kind.

        Raises
        ------
        InvalidError
            If it is of another.
        """
        if self.kind is not kind:
            raise InvalidError(
                f"{method} does not apply to the {self.kind.value} {self.name}",
                hint=_METHODS[self.kind],
            )


_METHODS = {
    ItemKind.ARRAY: "use to_xarray, to_dask or to_pandas.",
    ItemKind.TABLE: "use to_pandas or open.",
    ItemKind.SCAN: "show it with museion.view.",
    ItemKind.FILE: "use open or read_bytes.",
}
