"""What a draft has written and not yet committed.

Objects go to the storage at once, under fresh names that nobody refers to; the map from
logical keys to them stays in memory until the commit. Safe to use from several threads of
the process that began the draft; another process cannot write into it.
"""

import json
import secrets
from collections.abc import Buffer, Iterable, Sequence
from threading import RLock
from weakref import WeakValueDictionary

from museion_datasets.entry import Entry, ObjectKind
from museion_datasets.errors import InvalidError, KeyUnavailableError
from museion_datasets.manifest import MAX_KEY_BYTES
from museion_datasets.sealed import SealedObjects
from museion_datasets.snapshot import keys_under

_METADATA_NAME = "zarr.json"
_CHUNK_FOLDER = "/c/"
_SHARDING_CODEC = "sharding_indexed"
_ARRAY_FOLDERS = ("arrays/", "pyramids/")

_stagings: "WeakValueDictionary[str, Staging]" = WeakValueDictionary()


class Staging:
    """Items of a version in the making.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects and key.
    entries : iterable of Entry
        What the version it starts from holds.
    """

    def __init__(self, sealed: SealedObjects, entries: Iterable[Entry] = ()) -> None:
        self._sealed = sealed
        self._entries = {entry.key: entry for entry in entries}
        self._inherited = frozenset(entry.object_id for entry in self._entries.values())
        self._written: set[str] = set()
        self._sorted: list[str] | None = None
        self._shards: dict[str, bool] = {}
        self._lock = RLock()
        self._token = secrets.token_hex(16)
        _stagings[self._token] = self

    def __repr__(self) -> str:
        return f"Staging({len(self._entries)} items)"

    def __reduce__(self) -> tuple[object, ...]:
        return (_find_staging, (self._token,))

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


def require_key(key: str) -> None:
    """Raise unless `key` can name an item.

    Parameters
    ----------
    key : str
        A logical key.

    Raises
    ------
    InvalidError
        If it is empty or too long, or has empty, ``.`` or ``..`` parts or control characters.
    """
    parts = key.split("/")
    if len(key.encode()) > MAX_KEY_BYTES or not key.isprintable() or {"", ".", ".."} & set(parts):
        raise InvalidError(
            f"Not a usable item name: {key!r:.80}",
            hint="use printable names joined by single slashes.",
        )


def _find_staging(token: str) -> Staging:
    """Return the draft's staging in the process that began it.

    Raises
    ------
    KeyUnavailableError
        In any other process.
    """
    staging = _stagings.get(token)
    if staging is None:
        raise KeyUnavailableError(
            "A draft can be written only by the process that began it",
            hint="compute on the workers, and write from the notebook with put_array.",
        )
    return staging
