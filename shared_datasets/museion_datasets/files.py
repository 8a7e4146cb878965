"""A sealed object as an ordinary, seekable binary file."""

import io
from collections.abc import Buffer
from typing import override

from museion_datasets.sealing.entry import Entry
from museion_datasets.versions.snapshot import Snapshot

_BUFFER_BYTES = 1 << 20


class SealedFile(io.RawIOBase):
    """Reads one object by ranges; nothing else is decrypted.

    Parameters
    ----------
    snapshot : Snapshot
        The version.
    entry : Entry
        The object.
    """

    def __init__(self, snapshot: Snapshot, entry: Entry) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._entry = entry
        self._position = 0

    @property
    def name(self) -> str:
        """Last part of the object's key."""
        return self._entry.key.rpartition("/")[2]

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {
            io.SEEK_SET: 0,
            io.SEEK_CUR: self._position,
            io.SEEK_END: self._entry.plaintext_bytes,
        }[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position: {base + offset}")
        self._position = base + offset
        return self._position

    @override
    def tell(self) -> int:
        return self._position

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._entry.plaintext_bytes - self._position))
        if count:
            self._snapshot.read_ranges(self._entry, [(self._position, view[:count])])
        self._position += count
        return count


def open_key(snapshot: Snapshot, key: str) -> io.BufferedReader:
    """Open an object for reading.

    Parameters
    ----------
    snapshot : Snapshot
        The version.
    key : str
        Logical key.

    Returns
    -------
    io.BufferedReader
        Reads ahead by a mebibyte.
    """
    return io.BufferedReader(SealedFile(snapshot, snapshot.require(key)), _BUFFER_BYTES)
