"""A draft: write items, then commit them as one version, or leave no trace.

Objects are written as they come, under names that nothing refers to. Leaving the ``with``
block writes the manifest and asks the catalogue once to make the new head the newest
version; that step is the commit. Before it nothing is visible, after it everything is. An
exception removes what was written. A process that is killed leaves unreferenced objects,
which `museion_datasets.orphans` finds.
"""

import mmap
import re
from collections.abc import Buffer, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xarray as xr

from museion_datasets import arrays, tables
from museion_datasets.catalogue import Catalogue
from museion_datasets.errors import (
    InvalidError,
    NotFoundError,
)
from museion_datasets.model import DatasetPath
from museion_datasets.objects import storage_errors
from museion_datasets.staging import Staging
from museion_datasets.store import SealedStore
from museion_datasets.transaction import OpenObjects, Transaction, begin
from museion_datasets.wish import DraftWish

_ITEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


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
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        DatasetPath.parse(wish.path)
        self._catalogue = catalogue
        self._open_objects = open_objects
        self._wish = wish
        self._clock = clock
        self._transaction: Transaction | None = None
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
        self._transaction = begin(self._catalogue, self._open_objects, self._wish)
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
        else:
            transaction.discard()

    def put_array(
        self,
        name: str,
        data: xr.Dataset | xr.DataArray,
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
            Numpy or dask inside; dask arrays are computed block by block.
        chunks, shards : mapping of dimension to int, or sequence of int, optional
            What one read decodes, and what one object holds; chosen by default. Along
            dimensions that a mapping leaves out, the whole length.
        """
        folder = self._prepare("arrays", name)
        arrays.write_item(self.store, folder, data, chunks=chunks, shards=shards)

    def put_level(
        self,
        name: str,
        level: int,
        data: xr.DataArray,
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
        _require_item_name(name)
        folder = f"pyramids/{name}/{level}"
        self._staging.remove_under(f"{folder}/")
        arrays.write_level(self.store, folder, data, chunks=chunks, shards=shards)

    def put_table(self, name: str, table: Any) -> None:  # noqa: ANN401 - pandas has no types
        """Write a table.

        Parameters
        ----------
        name : str
            Name of the item.
        table : pandas.DataFrame or pyarrow.Table
            Its rows.
        """
        _require_item_name(name)
        self.write_bytes(f"tables/{name}.parquet", tables.encode(table))

    def put_file(self, name: str, content: Path | str | Buffer) -> None:
        """Keep a file byte by byte.

        Parameters
        ----------
        name : str
            Its name, with folders if wished.
        content : Path, str or Buffer
            Where it lies, or its bytes.
        """
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

    def remove(self, prefix: str) -> None:
        """Take items out of the version; older versions keep them.

        Parameters
        ----------
        prefix : str
            A key, or a folder that ends with a slash.
        """
        if prefix.endswith("/"):
            self._staging.remove_under(prefix)
        else:
            self._staging.remove(prefix)

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

    def _prepare(self, folder: str, name: str) -> str:
        """Clear an item's place and return its folder."""
        _require_item_name(name)
        for parent in ("arrays", "pyramids"):
            self._staging.remove_under(f"{parent}/{name}/")
        return f"{folder}/{name}"


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


def _require_item_name(name: str) -> None:
    """Raise unless `name` can name an array, table or scan.

    Raises
    ------
    InvalidError
        If it has other characters than letters, digits, dots, hyphens and underscores.
    """
    if not _ITEM_NAME.fullmatch(name):
        raise InvalidError(
            f"Not a usable item name: {name!r:.80}",
            hint="use up to 80 letters, digits, dots, hyphens and underscores.",
        )
