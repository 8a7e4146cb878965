"""A draft: write items, then commit them as one version, or leave no trace.

Objects are written as they come, under names that nothing refers to. Leaving the ``with``
block writes the manifest and asks the catalogue once to make the new head the newest
version; that step is the commit. Before it nothing is visible, after it everything is. An
exception removes what was written. A process that is killed leaves unreferenced objects,
which `museion_datasets.versions.orphans` finds.
"""

import mmap
from collections.abc import Buffer, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from museion_datasets import arrays
from museion_datasets.arrays.store import SealedStore
from museion_datasets.catalogue import Catalogue
from museion_datasets.errors import ConflictError, InvalidError, NotFoundError
from museion_datasets.model import DatasetPath
from museion_datasets.objects import storage_errors
from museion_datasets.versions.naming import (
    ItemKind,
    find_kind,
    item_folder,
    keys_of_item,
    list_items,
    provenance_key,
    renamed_keys,
    require_item_name,
)
from museion_datasets.versions.staging import Staging
from museion_datasets.versions.transaction import Means, OpenObjects, Transaction, begin
from museion_datasets.versions.wish import DraftWish

if TYPE_CHECKING:
    import xarray as xr


class Draft:
    """A version in the making; use it in a ``with`` block.

    Parameters
    ----------
    catalogue : Catalogue
        Makes the dataset, and the commit.
    open_objects : callable
        Gives the sealed objects behind an access.
    wish : DraftWish
        The dataset.
    means : Means, optional
        How workers in other processes take part.
    clock : callable
        Returns the present moment.

    Attributes
    ----------
    message : str
        What has changed, for people; stored with the version.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        open_objects: OpenObjects,
        wish: DraftWish,
        *,
        means: Means | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        DatasetPath.parse(wish.path)
        self._catalogue = catalogue
        self._open_objects = open_objects
        self._wish = wish
        self._means = means
        self._clock = clock
        self._transaction: Transaction | None = None
        self._is_suspended = False
        self.message = ""

    def __repr__(self) -> str:
        return f"Draft({self._wish.path!r})"

    @property
    def path(self) -> str:
        """Workgroup and name."""
        return self._wish.path

    @property
    def store(self) -> SealedStore:
        """The draft's items as a zarr store, to read and to write."""
        return SealedStore(self._staging)

    def __enter__(self) -> Self:
        self._transaction = begin(self._catalogue, self._open_objects, self._wish, self._means)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        transaction, self._transaction = self._begun(), None
        if exc_type is None:
            transaction.commit(self.message, self._clock())
        elif not self._is_suspended:
            transaction.discard()

    def suspend(self) -> None:
        """Leave what was written in the storage if the block ends with an error.

        For a writer that keeps a journal and goes on later; orphans until then.
        """
        self._is_suspended = True

    def put_array(
        self,
        name: str,
        data: "xr.Dataset | xr.DataArray",
        *,
        chunks: Mapping[str, int] | Sequence[int] | None = None,
        shards: Mapping[str, int] | Sequence[int] | None = None,
    ) -> None:
        """Write an array with its coordinates and attributes, in place of what is there.

        Parameters
        ----------
        name : str
            Name of the item.
        data : xarray.Dataset or xarray.DataArray
            Numpy or dask inside. Dask arrays are computed and written by the workers of the
            current Dask client, or by threads; their values do not come here.
        chunks, shards : mapping of dimension to int, or sequence of int, optional
            What one read decodes, and what one object holds; chosen by default. Along
            dimensions that a mapping leaves out, the whole length.
        """
        folder = self._prepare(ItemKind.ARRAY, name)
        arrays.xarrays.write_item(self.store, folder, data, chunks=chunks, shards=shards)

    def put_tree(
        self,
        name: str,
        tree: "xr.DataTree",
        *,
        chunks: Mapping[str, int] | Sequence[int] | None = None,
        shards: Mapping[str, int] | Sequence[int] | None = None,
    ) -> None:
        """Write a tree of groups, each with its arrays, coordinates and attributes.

        Parameters
        ----------
        name : str
            Name of the item.
        tree : xarray.DataTree
            Numpy or dask inside, as for `put_array`.
        chunks, shards : mapping of dimension to int, or sequence of int, optional
            As for `put_array`, for every array in it.
        """
        folder = self._prepare(ItemKind.TREE, name)
        arrays.trees.write_tree(self.store, folder, tree, chunks=chunks, shards=shards)

    def put_level(
        self,
        name: str,
        level: int,
        data: "xr.DataArray",
        *,
        chunks: Mapping[str, int] | Sequence[int] | None = None,
        shards: Mapping[str, int] | Sequence[int] | None = None,
    ) -> None:
        """Write one level of an array's pyramid.

        Parameters
        ----------
        name : str
            Name of the array item.
        level : int
            At least 1; the values are means over windows of 2**level pixels.
        data : xarray.DataArray
            The level's values.
        chunks, shards : mapping of dimension to int, or sequence of int, optional
            As for `put_array`.

        Raises
        ------
        InvalidError
            If the level is not positive.
        """
        if level < 1:
            raise InvalidError(f"Not a level of a pyramid: {level}", hint="levels begin at 1.")
        require_item_name(name)
        folder = f"pyramids/{name}/{level}"
        self._staging.remove_under(f"{folder}/")
        arrays.xarrays.write_level(self.store, folder, data, chunks=chunks, shards=shards)

    def put_table(
        self,
        name: str,
        table: Any,  # noqa: ANN401 - pandas has no types
        *,
        row_group_rows: int | None = None,
    ) -> None:
        """Write a table with its dtypes, index and categories.

        Parameters
        ----------
        name : str
            Name of the item.
        table : pandas.DataFrame, pyarrow.Table, or iterator of these
            Its rows; sorted by what people filter by, a filtered read is quickest.
        row_group_rows : int, optional
            Rows that are read together; by default as many as make some 8 MB.
        """
        require_item_name(name)
        from museion_datasets import tables  # noqa: PLC0415  pandas, when there is a table

        encoded = tables.encode(table, row_group_rows=row_group_rows)
        self.write_bytes(self._prepare(ItemKind.TABLE, name), encoded)

    def put_file(self, name: str, content: Path | str | Buffer) -> None:
        """Keep a file byte by byte.

        Parameters
        ----------
        name : str
            Its name, with folders if wished.
        content : Path, str or Buffer
            Where it lies, or its bytes.
        """
        self._staging.remove(provenance_key(ItemKind.FILE, name))
        if not isinstance(content, Path | str):
            self.write_bytes(f"files/{name}", content)
            return
        with storage_errors("read"), _file_bytes(Path(content)) as view:
            self.write_bytes(f"files/{name}", view)

    def write_bytes(self, key: str, content: Buffer) -> None:
        """Write one object under a logical key, in place of what is there.

        Parameters
        ----------
        key : str
            As in ``"scans/vessel/head"``.
        content : Buffer
            Its bytes.
        """
        self._staging.put(key, content)

    def read_bytes(self, key: str) -> bytes:
        """Read one object as the draft has it.

        Parameters
        ----------
        key : str
            Logical key.

        Returns
        -------
        bytes
            Its bytes.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        entry = self._staging.find(key)
        if entry is None:
            raise NotFoundError(f"No such item in the draft: {key!r:.80}", hint="write it first.")
        return bytes(self._begun().sealed.read(entry))

    def remove(self, name: str) -> None:
        """Take an item out of the version, with what belongs to it.

        Parameters
        ----------
        name : str
            An item's name; or a logical key, or a folder of keys that ends with a slash.

        Raises
        ------
        NotFoundError
            If there is no such item.
        """
        if name.endswith("/"):
            self._staging.remove_under(name)
            return
        keys = self._staging.keys()
        kind = find_kind(keys, name)
        found = [name] if kind is None else keys_of_item(keys, kind, name)
        if kind is None and self._staging.find(name) is None:
            raise NotFoundError(
                f"No such item in the draft: {name!r:.80}", hint="look at draft.names()."
            )
        for key in found:
            self._staging.remove(key)

    def rename(self, name: str, new_name: str) -> None:
        """Give an item another name; what it holds is sealed anew under it.

        Parameters
        ----------
        name, new_name : str
            Before and after.

        Raises
        ------
        NotFoundError
            If there is no such item.
        ConflictError
            If the new name is taken.
        """
        keys = self._staging.keys()
        kind = find_kind(keys, name)
        if kind is None:
            raise NotFoundError(
                f"No such item in the draft: {name!r:.80}", hint="look at draft.names()."
            )
        if kind is not ItemKind.FILE:
            require_item_name(new_name)
        if find_kind(keys, new_name) is not None:
            raise ConflictError(
                f"There is an item of this name already: {new_name!r:.80}",
                hint="choose another name, or remove that item first.",
            )
        for old_key, new_key in renamed_keys(keys, kind, name, new_name):
            self._staging.put(new_key, self.read_bytes(old_key))
        for key in keys_of_item(keys, kind, name):
            self._staging.remove(key)

    def names(self) -> list[str]:
        """Return the names of the items that the version would hold.

        Returns
        -------
        list of str
            By kind, then by name.
        """
        return [name for _, name in list_items(self._staging.keys())]

    @property
    def _staging(self) -> Staging:
        """What was written so far."""
        return self._begun().staging

    def _begun(self) -> Transaction:
        """Return the transaction.

        Raises
        ------
        InvalidError
            Outside the draft's ``with`` block.
        """
        if self._transaction is None:
            raise InvalidError(
                f"The draft of {self.path} is not open",
                hint="write inside its block: with museion.draft(…) as draft.",
            )
        return self._transaction

    def _prepare(self, kind: ItemKind, name: str) -> str:
        """Clear an item's place, also of items of another form, and return its folder."""
        require_item_name(name)
        for form in (ItemKind.ARRAY, ItemKind.TREE, ItemKind.TABLE):
            for key in keys_of_item(self._staging.keys(), form, name):
                self._staging.remove(key)
        return item_folder(kind, name)


@contextmanager
def _file_bytes(path: Path) -> Iterator[memoryview]:
    """Give a file's bytes without reading them all into memory."""
    if path.stat().st_size == 0:
        yield memoryview(b"")
        return
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        yield view
