"""One item of a dataset, in whatever form the person needs it."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from museion_datasets import arrays
from museion_datasets.arrays.store import SealedStore
from museion_datasets.errors import InvalidError
from museion_datasets.files import SealedFile, open_key
from museion_datasets.versions.naming import PARQUET, ItemKind, item_folder
from museion_datasets.versions.snapshot import Snapshot, keys_under

if TYPE_CHECKING:
    import xarray as xr

    from museion_datasets.tables import Filters

__all__ = ["PARQUET", "Item", "ItemKind"]


@dataclass(frozen=True, slots=True)
class Item:
    """One array, tree, table, scan or file of a dataset.

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
        return f"Item({self.snapshot.path!r}, {self.name!r}, kind={self.kind.value!r})"

    @property
    def folder(self) -> str:
        """The key, or the folder of keys without final slash, that holds it."""
        return item_folder(self.kind, self.name)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the stored objects of an array, tree or scan; empty for the others."""
        prefix = f"{self.folder}/"
        keys = keys_under(self.snapshot.keys(), prefix)
        return () if self._is_one_object else tuple(key.removeprefix(prefix) for key in keys)

    @property
    def size_bytes(self) -> int:
        """Bytes of its objects before encryption, compressed as they are."""
        if self._is_one_object:
            keys = [self.folder]
        else:
            keys = list(keys_under(self.snapshot.keys(), f"{self.folder}/"))
        entries = map(self.snapshot.find, keys)
        return sum(entry.plaintext_bytes for entry in entries if entry)

    def to_xarray(self, group: str = "") -> "xr.Dataset | xr.DataArray":
        """Open an array, or one group of a tree; values are read when they are used.

        Parameters
        ----------
        group : str
            Which group of a tree, as in ``"infrared/raw"``; the root by default.

        Returns
        -------
        xarray.Dataset or xarray.DataArray
            What was put in; ``attrs["museion"]`` says where it comes from.
        """
        return self._read_array(group, "to_xarray", is_lazy=False)

    def to_dask(self, group: str = "") -> "xr.Dataset | xr.DataArray":
        """Open an array whose computations run as a dask graph, on a cluster if there is one.

        Parameters
        ----------
        group : str
            As for `to_xarray`.

        Returns
        -------
        xarray.Dataset or xarray.DataArray
            Dask arrays inside, in blocks that fit the stored objects.
        """
        return self._read_array(group, "to_dask", is_lazy=True)

    def to_datatree(self, *, lazy: bool = False) -> "xr.DataTree":
        """Open a tree with all its groups; values are read when they are used.

        Parameters
        ----------
        lazy : bool
            Whether computations run as a dask graph, as with `to_dask`.

        Returns
        -------
        xarray.DataTree
            What was put in; an array becomes a tree of one node.
        """
        if self.kind is ItemKind.ARRAY:
            return arrays.trees.tree_of(self._read_array("", "to_datatree", is_lazy=lazy))
        self._require(ItemKind.TREE, "to_datatree")
        return arrays.trees.read_tree(self.snapshot, self.folder, self._origin, is_lazy=lazy)

    def to_pandas(self, columns: Iterable[str] | None = None, filters: "Filters" = None) -> Any:  # noqa: ANN401 - pandas has no types
        """Read a table, or an array as a table with one row for each value.

        Parameters
        ----------
        columns : iterable of str, optional
            Which columns of a table; all by default, the index always.
        filters : sequence, optional
            Which rows of a table, as in ``[("share", ">", 0.5)]``. Of the stored bytes only
            those are read that may hold what is asked for.

        Returns
        -------
        pandas.DataFrame
            Its rows.
        """
        if self.kind is ItemKind.ARRAY and columns is None and filters is None:
            return self.to_xarray().to_dataframe()
        self._require(ItemKind.TABLE, "to_pandas")
        return self.to_arrow(columns, filters).to_pandas()

    def to_arrow(self, columns: Iterable[str] | None = None, filters: "Filters" = None) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Read a table for pyarrow.

        Parameters
        ----------
        columns, filters : optional
            As for `to_pandas`.

        Returns
        -------
        pyarrow.Table
            Its rows.
        """
        self._require(ItemKind.TABLE, "to_arrow")
        with SealedFile(self.snapshot, self.snapshot.require(self.folder)) as file:
            from museion_datasets import tables  # noqa: PLC0415  pandas, when there is a table

            return tables.read(file, columns, filters)

    def open(self, part: str = "") -> io.BufferedReader:
        """Open a file, a table's Parquet bytes, or one stored part of another item.

        Parameters
        ----------
        part : str
            One of `parts`; needed for an array, a tree or a scan.

        Returns
        -------
        io.BufferedReader
            Seekable; decrypts what is read, nothing more.
        """
        if part and not self._is_one_object:
            return open_key(self.snapshot, f"{self.folder}/{part}")
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

    @property
    def _is_one_object(self) -> bool:
        """Whether the item is stored as a single object."""
        return self.kind in {ItemKind.TABLE, ItemKind.FILE}

    @property
    def _origin(self) -> dict[str, Any]:
        """What an opened array says about where it comes from."""
        return {
            "dataset": self.snapshot.record.path,
            "version": self.snapshot.head.version,
            "item": self.name,
        }

    def _read_array(self, group: str, method: str, *, is_lazy: bool) -> "xr.Dataset | xr.DataArray":
        """Open the array behind the item, or a group of the tree."""
        store, folder, origin = SealedStore(self.snapshot), self.folder, self._origin
        if self.kind is ItemKind.TREE:
            folder = arrays.trees.require_group(self.snapshot, folder, group)
            origin["group"] = "/" + group.strip("/")
        else:
            self._require(ItemKind.ARRAY, method)
        return arrays.xarrays.read_item(store, folder, origin, is_lazy=is_lazy)

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
    ItemKind.ARRAY: "use to_xarray, to_dask or to_pandas, or open(part).",
    ItemKind.TREE: "use to_datatree, or to_xarray for one group.",
    ItemKind.TABLE: "use to_pandas, to_arrow or open.",
    ItemKind.SCAN: "show it with museion.view, or use open(part).",
    ItemKind.FILE: "use open or read_bytes.",
}
