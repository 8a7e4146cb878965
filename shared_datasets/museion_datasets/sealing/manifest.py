"""The manifest: everything a version holds, and proof that nothing else is in it.

Entries are sorted by logical key, in pages of exactly 4,096 (the last may be shorter), each
a sealed object. An index, also a sealed object, lists the pages with their first key. The
manifest root, which stands in the trusted `Head`, is a hash over the content roots of index
and pages: exchanging, leaving out or rolling back one of them is found when it is read, and
a key that is not in the page where it would have to be is provably absent.

Pages are read when needed, and the last few are kept. `museion_datasets.sealing.page` has their
encoding.
"""

import hmac
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import overload, override

from blake3 import blake3

from museion_datasets.errors import IntegrityError
from museion_datasets.model import Head
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.page import MAX_KEY_BYTES, Page, decode_entries, encode_entries
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.sealing.segments import DAMAGED_HINT

__all__ = [
    "MAX_KEY_BYTES",
    "PAGE_ENTRIES",
    "Keys",
    "Manifest",
    "WrittenManifest",
    "decode_entries",
    "encode_entries",
    "manifest_root",
    "open_manifest",
    "write_manifest",
]

PAGE_ENTRIES = 4096
MAX_INDEX_BYTES = 64 << 20

_MAX_LOADED_PAGES = 64
_ROOT_LABEL = b"museion/manifest-root/v1"
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
        self._loaded: OrderedDict[int, Page] = OrderedDict()
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
        return self._page(number).find(key) if number >= 0 else None

    def keys(self) -> "Keys":
        """Return all logical keys.

        Returns
        -------
        Keys
            Sorted; pages are read when their keys are looked at.
        """
        return Keys(self, 0, len(self))

    def key(self, position: int) -> str:
        """Return the key at a position.

        Parameters
        ----------
        position : int
            Counts from 0.

        Returns
        -------
        str
            The key.
        """
        number, within = divmod(position, PAGE_ENTRIES)
        return self._page(number).key(within)

    def keys_between(self, start: int, stop: int) -> Iterator[str]:
        """Yield a run of keys, page by page.

        Parameters
        ----------
        start, stop : int
            Position of the first, and end.

        Yields
        ------
        str
            In their order.
        """
        while start < stop:
            number, within = divmod(start, PAGE_ENTRIES)
            end = min(PAGE_ENTRIES, within + stop - start)
            yield from self._page(number).keys(within, end)
            start += end - within

    def position(self, key: str) -> int:
        """Return how many keys come before `key`; reads at most one page.

        Parameters
        ----------
        key : str
            Any text.

        Returns
        -------
        int
            Where it stands, or would stand.
        """
        number = bisect_right(self._first_keys, key) - 1
        return number * PAGE_ENTRIES + self._page(number).position(key) if number >= 0 else 0

    def __iter__(self) -> Iterator[Entry]:
        for number in range(len(self._pages)):
            yield from self._page(number)

    def _page(self, number: int) -> Page:
        """Return one page, reading it unless it is among the last used."""
        with self._lock:
            page = self._loaded.get(number)
            if page is not None:
                self._loaded.move_to_end(number)
                return page
        page = self._read_page(number)
        with self._lock:
            self._loaded[number] = page
            if len(self._loaded) > _MAX_LOADED_PAGES:
                self._loaded.popitem(last=False)
        return page

    def _read_page(self, number: int) -> Page:
        """Read, check and decode one page.

        Raises
        ------
        IntegrityError
            If it is not the page that the index describes.
        """
        described = self._pages[number]
        page = Page(self._sealed.read_verified(_page_entry(described)))
        is_last = number == len(self._pages) - 1
        count = self._entries - number * PAGE_ENTRIES if is_last else PAGE_ENTRIES
        if (
            len(page) != count
            or page.key(0) != described.key
            or (not is_last and page.key(count - 1) >= self._first_keys[number + 1])
        ):
            raise IntegrityError(_DAMAGED, hint=DAMAGED_HINT)
        return page


class Keys(Sequence[str]):
    """The logical keys of a version, or a run of them, without holding them.

    Parameters
    ----------
    manifest : Manifest
        Where they stand.
    start, stop : int
        Position of the first, and end.
    """

    __slots__ = ("_manifest", "_start", "_stop")

    def __init__(self, manifest: Manifest, start: int, stop: int) -> None:
        self._manifest, self._start, self._stop = manifest, start, max(start, stop)

    def __repr__(self) -> str:
        return f"Keys({len(self)})"

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    @override
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        places = range(self._start, self._stop)[index]
        if isinstance(places, int):
            return self._manifest.key(places)
        if places.step != 1:
            return [self._manifest.key(place) for place in places]
        return Keys(self._manifest, places.start, places.stop)

    def __iter__(self) -> Iterator[str]:
        return self._manifest.keys_between(self._start, self._stop)

    def position(self, key: str) -> int:
        """Return how many of these keys come before `key`; reads at most one page.

        Parameters
        ----------
        key : str
            Any text.

        Returns
        -------
        int
            Where it stands, or would stand.
        """
        return min(max(self._manifest.position(key), self._start), self._stop) - self._start


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
    index, data = sealed.read_unlisted(
        head.manifest_object, ObjectKind.INDEX, head.epoch, MAX_INDEX_BYTES
    )
    pages = decode_entries(data)
    needed = -(-head.entries // PAGE_ENTRIES)
    is_same = hmac.compare_digest(_root(index, pages), head.manifest_root)
    if not is_same or len(pages) != needed:
        raise IntegrityError(_DAMAGED, hint=DAMAGED_HINT)
    return Manifest(sealed, pages, index, head.entries)


def manifest_root(content_roots: Iterable[bytes]) -> str:
    """Return the manifest root.

    Parameters
    ----------
    content_roots : iterable of bytes
        Those of the index and of its pages, in order.

    Returns
    -------
    str
        BLAKE3 over them, 64 hexadecimal digits.
    """
    root = blake3(_ROOT_LABEL)
    for content_root in content_roots:
        root.update(content_root)
    return root.hexdigest()


def _described(page: Entry, first_key: str) -> Entry:
    """Return a page's line in the index: the page object, under its first key."""
    return replace(page, key=first_key)


def _page_entry(described: Entry) -> Entry:
    """Return the page object behind a line of the index; it was sealed without a key."""
    return _described(described, "")


def _root(index: Entry, pages: Iterable[Entry]) -> str:
    """Return the manifest root of an index and its pages."""
    return manifest_root(entry.content_root for entry in (index, *pages))
