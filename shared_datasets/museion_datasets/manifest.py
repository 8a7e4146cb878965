"""The manifest: everything a version holds, and proof that nothing else is in it.

Entries are sorted by logical key, in pages of 4,096, each a sealed object. An index, also
a sealed object, lists the pages with their first key. The manifest root, which stands in
the trusted `Head`, is a hash over the content roots of index and pages: exchanging,
leaving out or rolling back one of them is found when it is read, and a key that is not in
the page where it would have to be is provably absent. Pages are read when needed.

Encoding: a version byte, then records of fixed fields (big-endian) and a key that carries
its length.
"""

import hmac
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

from blake3 import blake3

from museion_datasets.entry import Entry, ObjectKind
from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.model import Head
from museion_datasets.sealed import SealedObjects
from museion_datasets.segments import DAMAGED_HINT

PAGE_ENTRIES = 4096
MAX_INDEX_BYTES = 64 << 20
MAX_KEY_BYTES = 1024

_ENCODING_VERSION = b"\x01"
_ROOT_LABEL = b"museion/manifest-root/v1"
_RECORD = struct.Struct(">B16sIQQ74s32sH")
_DAMAGED = "The manifest does not match the version that was committed"


@dataclass(frozen=True, slots=True)
class WrittenManifest:
    """What a commit needs to know of a manifest it wrote.

    Attributes
    ----------
    index : Entry
        The index object.
    pages : tuple of Entry
        The page objects.
    root : str
        The manifest root, 64 hexadecimal digits.
    """

    index: Entry
    pages: tuple[Entry, ...]
    root: str


class Manifest:
    """A version's entries, read page by page. Safe to use from several threads.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects.
    pages : sequence of Entry
        The index: each page's object; an entry's key is the first key in the page.
    index : Entry
        The index object itself.
    entries : int
        Number of entries in all pages.
    """

    def __init__(
        self, sealed: SealedObjects, pages: Sequence[Entry], index: Entry, entries: int
    ) -> None:
        self._sealed = sealed
        self._pages = pages
        self._index = index
        self._entries = entries
        self._first_keys = [page.key for page in pages]
        self._loaded: dict[int, dict[str, Entry]] = {}
        self._keys: list[str] | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        return self._entries

    @property
    def objects(self) -> tuple[Entry, ...]:
        """The manifest's own objects: the index, then its pages."""
        return (self._index, *self._pages)

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key.

        Parameters
        ----------
        key : str
            A logical key.

        Returns
        -------
        Entry or None
            None if the version holds no such key, for certain.
        """
        number = bisect_right(self._first_keys, key) - 1
        return self._page(number).get(key) if number >= 0 else None

    def keys(self) -> list[str]:
        """Return all logical keys.

        Returns
        -------
        list of str
            Sorted; not to be changed.
        """
        if self._keys is None:
            self._keys = [entry.key for entry in self]
        return self._keys

    def __iter__(self) -> Iterator[Entry]:
        for number in range(len(self._pages)):
            yield from self._page(number).values()

    def _page(self, number: int) -> dict[str, Entry]:
        """Return one page's entries by key, reading it at first use."""
        page = self._loaded.get(number)
        if page is None:
            page = self._read_page(number)
            with self._lock:
                page = self._loaded.setdefault(number, page)
        return page

    def _read_page(self, number: int) -> dict[str, Entry]:
        """Read, check and decode one page.

        Raises
        ------
        IntegrityError
            If it is not the page that the index describes.
        """
        described = self._pages[number]
        entries = decode_entries(self._sealed.read_verified(_page_entry(described)))
        keys = [entry.key for entry in entries]
        end = self._first_keys[number + 1 : number + 2]
        if keys[:1] != [described.key] or (end and keys[-1] >= end[0]):
            raise IntegrityError(_DAMAGED, hint=DAMAGED_HINT)
        return dict(zip(keys, entries, strict=True))


def write_manifest(sealed: SealedObjects, entries: Iterable[Entry]) -> WrittenManifest:
    """Write pages and index of a version.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects.
    entries : iterable of Entry
        In any order, each key once.

    Returns
    -------
    WrittenManifest
        For the head.
    """
    ordered = sorted(entries, key=lambda entry: entry.key)
    pages, described = [], []
    for start in range(0, len(ordered), PAGE_ENTRIES):
        part = ordered[start : start + PAGE_ENTRIES]
        page = sealed.write("", ObjectKind.PAGE, encode_entries(part))
        pages.append(page)
        described.append(_described(page, part[0].key))
    index = sealed.write("", ObjectKind.INDEX, encode_entries(described))
    return WrittenManifest(index, tuple(pages), _root(index, pages))


def open_manifest(sealed: SealedObjects, head: Head) -> Manifest:
    """Read a version's index and check it against the trusted head.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects.
    head : Head
        As the catalogue gave it.

    Returns
    -------
    Manifest
        Its pages are read, and checked, when needed.

    Raises
    ------
    IntegrityError
        If the index is not the one of this version.
    """
    if head.dataset != sealed.dataset:
        raise IntegrityError("The version belongs to another dataset", hint=DAMAGED_HINT)
    index, data = sealed.read_unlisted(head.manifest_object, ObjectKind.INDEX, MAX_INDEX_BYTES)
    pages = decode_entries(data)
    if not hmac.compare_digest(_root(index, pages), head.manifest_root):
        raise IntegrityError(_DAMAGED, hint=DAMAGED_HINT)
    return Manifest(sealed, pages, index, head.entries)


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
    """Decode what `encode_entries` made.

    Parameters
    ----------
    data : memoryview or bytes
        A page.

    Returns
    -------
    list of Entry
        Sorted by key.

    Raises
    ------
    IntegrityError
        If it is anything else.
    """
    view = memoryview(data)
    if view[:1] != _ENCODING_VERSION:
        raise IntegrityError("The manifest has an unknown encoding", hint=DAMAGED_HINT)
    entries, at = [], 1
    try:
        while at < len(view):
            fields = _RECORD.unpack_from(view, at)
            start = at + _RECORD.size
            at = start + fields[-1]
            entries.append(_entry(fields, bytes(view[start:at]).decode()))
    except (struct.error, ValueError) as error:
        raise IntegrityError("The manifest is not well formed", hint=DAMAGED_HINT) from error
    keys = [entry.key for entry in entries]
    if at != len(view) or any(first >= second for first, second in pairwise(keys)):
        raise IntegrityError("The manifest is not well formed", hint=DAMAGED_HINT)
    return entries


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
        kind=ObjectKind(kind),
        object_id=name.hex(),
        epoch=epoch,
        ciphertext_bytes=ciphertext_bytes,
        plaintext_bytes=plaintext_bytes,
        header=header,
        content_root=root,
    )


def _described(page: Entry, first_key: str) -> Entry:
    """Return a page's line in the index: the page object, under its first key."""
    return Entry(
        key=first_key,
        kind=page.kind,
        object_id=page.object_id,
        epoch=page.epoch,
        ciphertext_bytes=page.ciphertext_bytes,
        plaintext_bytes=page.plaintext_bytes,
        header=page.header,
        content_root=page.content_root,
    )


def _page_entry(described: Entry) -> Entry:
    """Return the page object behind a line of the index; it was sealed without a key."""
    return _described(described, "")


def _root(index: Entry, pages: Iterable[Entry]) -> str:
    """Return the manifest root: BLAKE3 over the content roots of index and pages."""
    root = blake3(_ROOT_LABEL)
    for entry in (index, *pages):
        root.update(entry.content_root)
    return root.hexdigest()
