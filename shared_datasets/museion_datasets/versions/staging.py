"""What a draft has written and not yet committed.

Objects go to the storage at once, under fresh names that nobody refers to; the map from
logical keys to them stays in memory until the commit. Safe to use from several threads of
the process that began the draft. Another process cannot write into it: it writes objects
with a staging of its own and returns their entries, which this one adopts.
"""

import json
import secrets
from collections.abc import Buffer, Iterable, Sequence
from threading import RLock
from weakref import WeakValueDictionary

from museion_datasets.errors import InvalidError, KeyUnavailableError
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.keynames import require_key
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.snapshot import Snapshot, keys_under
from museion_datasets.versions.workplace import DraftView, Workplace

_METADATA_NAME = "zarr.json"
_CHUNK_FOLDER = "/c/"
_SHARDING_CODEC = "sharding_indexed"
_TABLE_FOLDER = "tables/"
_ARRAY_FOLDERS = ("arrays/", "pyramids/", "trees/")

_stagings: "WeakValueDictionary[str, Staging]" = WeakValueDictionary()


class Staging:
    """Items of a version in the making.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects and key.
    entries : iterable of Entry
        What the version it starts from holds.
    workplace : Workplace, optional
        How a worker in another process finds the dataset.
    base : Snapshot, optional
        The version it starts from.

    Attributes
    ----------
    token : str
        Tells this staging in its own process; not a secret.
    """

    def __init__(
        self,
        sealed: SealedObjects,
        entries: Iterable[Entry] = (),
        workplace: Workplace | None = None,
        base: Snapshot | None = None,
    ) -> None:
        self._sealed = sealed
        self.workplace = workplace
        self._base = base
        self._entries = {entry.key: entry for entry in entries}
        self._inherited = frozenset(entry.object_id for entry in self._entries.values())
        self._written: set[str] = set()
        self._sorted: list[str] | None = None
        self._shards: dict[str, bool] = {}
        self._lock = RLock()
        self.token = secrets.token_hex(16)
        _stagings[self.token] = self

    def __repr__(self) -> str:
        return f"Staging({len(self._entries)} items)"

    def __reduce__(self) -> tuple[object, ...]:
        entries = self.entries_under("")
        is_mixed = any(entry.epoch != self._sealed.epoch for entry in entries)
        base = self._base if is_mixed else None
        return (_arrive, (self.token, self.workplace, entries, base))

    @property
    def written(self) -> frozenset[str]:
        """Names of the objects that this draft has stored and still needs."""
        with self._lock:
            return frozenset(self._written)

    def entries(self) -> list[Entry]:
        """Return everything the version would hold.

        Returns
        -------
        list of Entry
            In no order.
        """
        with self._lock:
            return list(self._entries.values())

    def entries_under(self, prefix: str) -> list[Entry]:
        """Return what the version would hold under a prefix.

        Parameters
        ----------
        prefix : str
            Usually a folder, ending with a slash.

        Returns
        -------
        list of Entry
            By key.
        """
        with self._lock:
            return [self._entries[key] for key in keys_under(self.keys(), prefix)]

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key.

        Parameters
        ----------
        key : str
            A logical key.

        Returns
        -------
        Entry or None
            None if there is none.
        """
        return self._entries.get(key)

    def keys(self) -> Sequence[str]:
        """Return all logical keys.

        Returns
        -------
        sequence of str
            Sorted.
        """
        with self._lock:
            if self._sorted is None:
                self._sorted = sorted(self._entries)
            return self._sorted

    def read_ranges(self, entry: Entry, ranges: Iterable[tuple[int, Buffer]]) -> None:
        """Read parts of one object.

        Parameters
        ----------
        entry : Entry
            From `find`.
        ranges : iterable of (int, Buffer)
            First byte, and the buffer to fill from there.
        """
        self._sealed.read_ranges(entry, ranges)

    def put(self, key: str, data: Buffer, *, replace: bool = True) -> None:
        """Store an object under a logical key.

        Parameters
        ----------
        key : str
            A logical key.
        data : Buffer
            Contiguous bytes.
        replace : bool
            Whether to take the place of what is there; otherwise that stays.
        """
        require_key(key)
        if not replace and key in self._entries:
            return
        entry = self._sealed.write(key, self._kind(key), data)
        with self._lock:
            is_kept = replace or key not in self._entries
            old = self._entries.get(key) if is_kept else entry
            if is_kept:
                self._entries[key] = entry
                self._written.add(entry.object_id)
                self._sorted = None
                self._shards.pop(key.removesuffix(f"/{_METADATA_NAME}"), None)
        self._discard(old)

    def adopt(self, entries: Iterable[Entry], folder: str) -> None:
        """Take in objects that a worker has written, in place of what is there.

        Parameters
        ----------
        entries : iterable of Entry
            As the worker returned them.
        folder : str
            Where they have to lie; ends with a slash.

        Raises
        ------
        InvalidError
            If a worker has written elsewhere, or with another key.
        """
        for entry in entries:
            require_key(entry.key)
            if not entry.key.startswith(folder) or entry.epoch != self._sealed.epoch:
                raise InvalidError(
                    f"A worker has written what it was not asked for: {entry.key!r:.80}",
                    hint="run the same version of museion in the notebook and on the workers.",
                )
            with self._lock:
                old = self._entries.get(entry.key)
                self._entries[entry.key] = entry
                self._written.add(entry.object_id)
                self._sorted = None
            if old is not None and old.object_id != entry.object_id:
                self._discard(old)

    def remove(self, key: str) -> None:
        """Take an item out of the version, if it is there.

        Parameters
        ----------
        key : str
            A logical key.
        """
        with self._lock:
            old = self._entries.pop(key, None)
            self._sorted = None
            self._shards.pop(key.removesuffix(f"/{_METADATA_NAME}"), None)
        self._discard(old)

    def remove_under(self, prefix: str) -> None:
        """Take out everything whose key begins with a prefix.

        Parameters
        ----------
        prefix : str
            Usually a folder, ending with a slash.
        """
        for key in list(keys_under(self.keys(), prefix)):
            self.remove(key)

    def _discard(self, entry: Entry | None) -> None:
        """Delete an object that nobody needs any more, unless an older version holds it."""
        if entry is None or entry.object_id in self._inherited:
            return
        with self._lock:
            self._written.discard(entry.object_id)
        self._sealed.objects.delete(entry.object_id)

    def _kind(self, key: str) -> ObjectKind:
        """Return what a key's object holds, which decides the length of its segments."""
        if key.startswith(_TABLE_FOLDER):
            return ObjectKind.TABLE
        if not key.startswith(_ARRAY_FOLDERS):
            return ObjectKind.FILE
        if key.endswith(f"/{_METADATA_NAME}"):
            return ObjectKind.METADATA
        array, _, _ = key.rpartition(_CHUNK_FOLDER)
        return ObjectKind.SHARD if self._is_sharded(array) else ObjectKind.CHUNK

    def _is_sharded(self, array: str) -> bool:
        """Return whether the array's metadata says that its chunks are shards."""
        known = self._shards.get(array)
        if known is None:
            entry = self.find(f"{array}/{_METADATA_NAME}")
            metadata = json.loads(bytes(self._sealed.read(entry))) if entry else {}
            codecs = metadata.get("codecs", [])
            known = any(codec.get("name") == _SHARDING_CODEC for codec in codecs)
            self._shards[array] = known
        return known


def find_staging(token: str) -> Staging | None:
    """Return the staging of a token, if it lives in this process.

    Parameters
    ----------
    token : str
        `Staging.token`.

    Returns
    -------
    Staging or None
        None in any other process.
    """
    return _stagings.get(token)


def _arrive(
    token: str, workplace: Workplace | None, entries: list[Entry], base: Snapshot | None
) -> "Staging | DraftView":
    """Return the staging in the process that began the draft, elsewhere what it held.

    Raises
    ------
    KeyUnavailableError
        If it doesn't say how to find its dataset.
    """
    staging = find_staging(token)
    if staging is not None:
        return staging
    if workplace is None:
        raise KeyUnavailableError(
            "This draft can be used only by the process that began it",
            hint="begin it with museion.draft.",
        )
    return DraftView(workplace, entries, base)
