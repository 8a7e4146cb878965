"""What a person holds in a notebook: a dataset at one version, and its items.

``library.open("murals/panel")`` gives a `Dataset`; ``dataset["vnir"]`` an `Item`. Nothing
is read before it is needed. Both are safe to use from several threads and pickle without
keys.
"""

import io
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import zarr

from museion_datasets.arrays.store import SealedStore
from museion_datasets.display import html, text
from museion_datasets.display.outline import DISPLAY_BYTES, TREE_BYTES, Node, outline
from museion_datasets.display.text import TreeText
from museion_datasets.errors import DatasetsError, NotFoundError
from museion_datasets.files import open_key
from museion_datasets.item import Item
from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_datasets.provenance import Provenance, describe_inputs, read_provenance
from museion_datasets.release.state import find_release_state
from museion_datasets.versions.naming import list_items
from museion_datasets.versions.snapshot import (
    LEVEL_CONTENT,
    Snapshot,
    Verification,
    children,
    keys_under,
)


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
        return text.dataset_text(self._card(DISPLAY_BYTES))

    def _repr_html_(self) -> str:
        return html.dataset_html(self._card(DISPLAY_BYTES))

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
    def snapshot(self) -> Snapshot:
        """The version itself, for what is built on it."""
        return self._snapshot

    @property
    def owner(self) -> str:
        """Who owns the data, for people."""
        policy = self._snapshot.policy
        return DatasetPath.parse(self.path).workgroup if policy is None else policy.owner

    @property
    def conditions(self) -> tuple[str, ...]:
        """What the owner asks for besides the rights, one sentence each."""
        policy = self._snapshot.policy
        return () if policy is None else text.conditions(policy)

    @property
    def signature(self) -> str:
        """Whether this version was released, by whom, and whether to rely on it."""
        try:
            objects, trusted = self._snapshot.sealed.objects, self._snapshot.trusted_keys()
            return str(find_release_state(objects, self.head, trusted))
        except DatasetsError:
            return "unknown: the storage doesn't answer"

    @property
    def provenance(self) -> Mapping[str, Provenance]:
        """Where items come from, by name, as far as their authors said."""
        return read_provenance(self._snapshot)

    @property
    def derived_from(self) -> tuple[str, ...]:
        """What the items were derived from, for people; empty if nobody said anything."""
        try:
            return describe_inputs(self.provenance.values())
        except DatasetsError:
            return ("unknown: the records are damaged",)

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
        """The items by name: arrays, trees, tables, scans, files; the first of a name counts."""
        found = list_items(self._snapshot.keys())
        return {name: Item(self._snapshot, name, kind) for kind, name in found}

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

    def open_level(self, name: str, level: int) -> zarr.Array[Any]:
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
        path = f"pyramids/{name}/{level}"
        return zarr.open_array(self.store, path=path, mode="r", zarr_format=3)

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

    def tree(self) -> TreeText:
        """Return the items and what is in them: arrays, groups, columns, sizes.

        Returns
        -------
        TreeText
            A text with the lines of a tree, which a notebook shows as HTML to fold out.
        """
        card = self._card(TREE_BYTES)
        return TreeText(text.tree_text(card), html.dataset_html(card, is_open=True))

    def outline(self) -> tuple[Node, ...]:
        """Return what `tree` shows, for programs.

        Returns
        -------
        tuple of Node
            One for each item.
        """
        return outline(self.items.values(), TREE_BYTES)

    def _card(self, budget_bytes: int) -> text.Card:
        """Return what a display says, reading no more than a budget besides the manifest."""
        nodes = outline(self.items.values(), budget_bytes)
        return text.Card(
            self.record,
            self.head,
            self.owner,
            self.conditions,
            self.signature,
            nodes,
            self.derived_from,
        )
