"""One page of a manifest: entries sorted by key, kept as the bytes they were read as.

Encoding: a version byte, then records of fixed fields (big-endian) and a key that carries
its length. A page of 4,096 entries stays one piece of memory; an entry becomes an object
when somebody asks for it, so that a version of a million objects costs what is looked at.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.segments import DAMAGED_HINT

MAX_KEY_BYTES = 1024

_ENCODING_VERSION = b"\x01"
_RECORD = struct.Struct(">B16sIQQ74s32sH")
_KEY_LENGTH = struct.Struct(">H")
_KINDS = {int(kind): kind for kind in ObjectKind}
_KEY_LENGTH_AT = _RECORD.size - _KEY_LENGTH.size


class Page:
    """Entries in the order of their keys. Safe to use from several threads.

    Parameters
    ----------
    data : memoryview or bytes
        What `encode_entries` made, or claims to be.

    Raises
    ------
    IntegrityError
        If it is not well formed, or its keys are not sorted and distinct.
    """

    __slots__ = ("_data", "_starts")

    def __init__(self, data: memoryview | bytes) -> None:
        self._data = bytes(data)
        if self._data[:1] != _ENCODING_VERSION:
            raise IntegrityError("The manifest has an unknown encoding", hint=DAMAGED_HINT)
        with _form():
            self._starts = _find_starts(self._data)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[Entry]:
        with _form():
            entries = [self._entry(number) for number in range(len(self))]
        return iter(entries)

    def keys(self, start: int, stop: int) -> list[str]:
        """Return the keys of a run of entries.

        Parameters
        ----------
        start, stop : int
            First, and end; inside the page.

        Returns
        -------
        list of str
            In their order.
        """
        with _form():
            return [self._key(number).decode() for number in range(start, stop)]

    def key(self, number: int) -> str:
        """Return one key.

        Parameters
        ----------
        number : int
            Counts from 0.

        Returns
        -------
        str
            The key.
        """
        with _form():
            return self._key(number).decode()

    def entry(self, number: int) -> Entry:
        """Return one entry.

        Parameters
        ----------
        number : int
            Counts from 0.

        Returns
        -------
        Entry
            The entry.
        """
        with _form():
            return self._entry(number)

    def position(self, key: str) -> int:
        """Return how many keys come before `key`.

        Parameters
        ----------
        key : str
            Any text.

        Returns
        -------
        int
            Where it stands, or would stand.
        """
        wanted = key.encode(errors="surrogatepass")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._key(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key.

        Parameters
        ----------
        key : str
            Any text.

        Returns
        -------
        Entry or None
            None if there is none, for certain.
        """
        number = self.position(key)
        return self.entry(number) if number < len(self) and self.key(number) == key else None

    def _entry(self, number: int) -> Entry:
        """Decode one entry."""
        fields = _RECORD.unpack_from(self._data, self._starts[number])
        return _entry(fields, self._key(number).decode())

    def _key(self, number: int) -> bytes:
        """Return one key as it is stored; their order is that of their characters."""
        return self._data[self._starts[number] + _RECORD.size : self._starts[number + 1]]


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """Encode entries, which must be sorted by key.

    Parameters
    ----------
    entries : iterable of Entry
        A page's entries.

    Returns
    -------
    bytes
        Version byte and records.

    Raises
    ------
    InvalidError
        If a key is too long, or the keys are not sorted and distinct.
    """
    parts, last = [_ENCODING_VERSION], None
    for entry in entries:
        key = entry.key.encode()
        if len(key) > MAX_KEY_BYTES or (last is not None and entry.key <= last):
            raise InvalidError(
                f"Not a usable key here: {entry.key!r:.80}",
                hint=f"use distinct names of at most {MAX_KEY_BYTES} bytes.",
            )
        last = entry.key
        parts += (_record(entry, len(key)), key)
    return b"".join(parts)


def decode_entries(data: memoryview | bytes) -> list[Entry]:
    """Decode what `encode_entries` made; IntegrityError if it is anything else.

    Parameters
    ----------
    data : memoryview or bytes
        A page.

    Returns
    -------
    list of Entry
        Sorted by key.
    """
    return list(Page(data))


def _find_starts(data: bytes) -> "array[int]":
    """Return where each record begins, and the end of the last.

    Raises
    ------
    ValueError
        If the last is cut, or the keys are not sorted and distinct.
    """
    starts, at, last = array("I", [1]), 1, b""
    read_length, end = _KEY_LENGTH.unpack_from, len(data)
    while at < end:
        key_at = at + _RECORD.size
        at = key_at + read_length(data, at + _KEY_LENGTH_AT)[0]
        key = data[key_at:at]
        if at > end or (key <= last and len(starts) > 1):
            raise ValueError(at)
        last = key
        starts.append(at)
    return starts


def _record(entry: Entry, key_bytes: int) -> bytes:
    """Encode the fixed fields of an entry."""
    return _RECORD.pack(
        entry.kind,
        bytes.fromhex(entry.object_id),
        entry.epoch,
        entry.ciphertext_bytes,
        entry.plaintext_bytes,
        entry.header,
        entry.content_root,
        key_bytes,
    )


def _entry(fields: tuple[int, bytes, int, int, int, bytes, bytes, int], key: str) -> Entry:
    """Make an entry from its fixed fields and its key."""
    kind, name, epoch, ciphertext_bytes, plaintext_bytes, header, root, _ = fields
    return Entry(
        key=key,
        kind=_KINDS[kind],
        object_id=name.hex(),
        epoch=epoch,
        ciphertext_bytes=ciphertext_bytes,
        plaintext_bytes=plaintext_bytes,
        header=header,
        content_root=root,
    )


@contextmanager
def _form() -> Iterator[None]:
    """Turn what goes wrong with bytes of another form into our error.

    Raises
    ------
    IntegrityError
        If a field is cut, a kind unknown or a key no text.
    """
    try:
        yield
    except (struct.error, ValueError, KeyError) as error:
        raise IntegrityError("The manifest is not well formed", hint=DAMAGED_HINT) from error
