"""What a person holds in a notebook: a dataset at one version, and its items.

``library.open("murals/panel")`` gives a `Dataset`; ``dataset["vnir"]`` an `Item`. Nothing
is read before it is needed. Both are safe to use from several threads and pickle without
keys.
"""

import io
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from zarr import Array as ZarrArray

from museion_datasets import arrays, display
from museion_datasets.errors import NotFoundError
from museion_datasets.files import open_key
from museion_datasets.item import PARQUET, Item, ItemKind
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.snapshot import (
    LEVEL_CONTENT,
    Snapshot,
    Verification,
    children,
    keys_under,
)
from museion_datasets.store import SealedStore


class Dataset:
    """One version of a dataset.

    Parameters
    ----------
    snapshot : Snapshot
        The version, open.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __repr__(self) -> str:
        return display.dataset_text(self.record, self.head, self.summaries())

    def _repr_html_(self) -> str:
        return display.dataset_html(self.record, self.head, self.summaries())

    def __reduce__(self) -> tuple[type["Dataset"], tuple[Snapshot]]:
        return (Dataset, (self._snapshot,))

    @property
    def record(self) -> DatasetRecord:
        """What the catalogue says about the dataset."""
        return self._snapshot.record

    @property
    def head(self) -> Head:
        """The version's head."""
        return self._snapshot.head

    @property
    def path(self) -> str:
        """Workgroup and name."""
        return self.record.path

    @property
    def version(self) -> int:
        """Number of this version."""
        return self.head.version

    @property
    def store(self) -> SealedStore:
        """All items as a read-only zarr store."""
        return SealedStore(self._snapshot)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files kept byte by byte."""
        keys = keys_under(self._snapshot.keys(), "files/")
        return tuple(key.removeprefix("files/") for key in keys)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """The items by name: arrays, tables, scans, files; the first of a name counts."""
        keys = self._snapshot.keys()
        found = [
            *((ItemKind.ARRAY, name) for name in _folders(children(keys, "arrays/"))),
            *((ItemKind.TABLE, name) for name in children(keys, "tables/")),
            *((ItemKind.SCAN, name) for name in children(keys, "scans/")),
            *((ItemKind.FILE, name) for name in self.files),
        ]
        items: dict[str, Item] = {}
        for kind, name in found:
            label = name.removesuffix(PARQUET) if kind is ItemKind.TABLE else name
            items.setdefault(label, Item(self._snapshot, label, kind))
        return items

    def __getitem__(self, name: str) -> Item:
        item = self.items.get(name)
        if item is None:
            raise NotFoundError(
                f"No such item in {self.path}: {name!r:.80}",
                hint=f"it holds {', '.join(self.items) or 'nothing'}.",
            )
        return item

    def __contains__(self, name: object) -> bool:
        return name in self.items

    def __iter__(self) -> Iterator[str]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def keys(self, prefix: str = "") -> list[str]:
        """Return the logical keys of stored objects.

        Parameters
        ----------
        prefix : str
            Only those that begin with it.

        Returns
        -------
        list of str
            Sorted.
        """
        return list(keys_under(self._snapshot.keys(), prefix))

    def read_bytes(self, key: str) -> bytes:
        """Read one object; NotFoundError if there is none.

        Parameters
        ----------
        key : str
            Logical key, as in ``"scans/vessel/head"``.

        Returns
        -------
        bytes
            Its bytes.
        """
        return bytes(self._snapshot.read(key))

    def open_file(self, key: str) -> io.BufferedReader:
        """Open one object as a seekable file; NotFoundError if there is none.

        Parameters
        ----------
        key : str
            Logical key, as in ``"files/venus.glb"``.

        Returns
        -------
        io.BufferedReader
            Decrypts what is read, nothing more.
        """
        return open_key(self._snapshot, key)

    def levels(self, name: str) -> list[int]:
        """Return which levels an array's pyramid has.

        Parameters
        ----------
        name : str
            Name of the array item.

        Returns
        -------
        list of int
            Sorted; empty if there is no pyramid.
        """
        names = children(self._snapshot.keys(), f"pyramids/{name}/")
        return sorted(int(level) for level in names if level.isdecimal())

    def open_level(self, name: str, level: int) -> ZarrArray[Any]:
        """Open one level of an array's pyramid.

        Parameters
        ----------
        name : str
            Name of the array item.
        level : int
            One of `levels`.

        Returns
        -------
        zarr.Array
            Read-only.

        Raises
        ------
        NotFoundError
            If there is no such level.
        """
        if level not in self.levels(name):
            raise NotFoundError(
                f"No such level of {name!r:.80}: {level}",
                hint=f"it has {self.levels(name) or 'none'}.",
            )
        return arrays.open_array(self.store, f"pyramids/{name}/{level}")

    def verify(self, level: int = LEVEL_CONTENT) -> Verification:
        """Check everything this version holds; IntegrityError names what is damaged.

        Parameters
        ----------
        level : int
            1: everything decrypts and stands in its place. 2: the stored bytes are also
            exactly those that were committed.

        Returns
        -------
        Verification
            What was covered.
        """
        return self._snapshot.verify(level)

    def summaries(self) -> list[display.ItemSummary]:
        """Return a line on each item.

        Returns
        -------
        list of ItemSummary
            In the order of `items`.
        """
        return [item.summary() for item in self.items.values()]

    def tree(self) -> str:
        """Return the items as an indented text.

        Returns
        -------
        str
            One line for each item.
        """
        return display.tree_text(self.record, self.head, self.summaries())


def _folders(names: list[str]) -> list[str]:
    """Leave out the metadata of the folder itself."""
    return [name for name in names if name != "zarr.json"]
