"""Sealed objects: FLOE ciphertexts that are bound to their place in a dataset.

The associated data of each object names format version, dataset, epoch, object id, kind
and logical key, so an object means something in exactly one place. `Entry` is what a
manifest keeps of an object; reading takes length and header from there and never from the
storage (level 1). The content root, a hash over the ciphertext's segments, lets anybody
check an object without a key, and can be checked in the same pass (level 2).
"""

from collections.abc import Buffer, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import numpy as np

from museion_datasets.errors import IntegrityError, KeyUnavailableError
from museion_datasets.mapped import release
from museion_datasets.model import FORMAT_VERSION
from museion_datasets.objects import ObjectStore, random_name
from museion_datasets.sealing import floe
from museion_datasets.sealing.content import (
    ContentHash,
    KnownDigests,
    content_root,
    read_checked,
    read_hashed,
)
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.held_keys import HeldKeys
from museion_datasets.sealing.segments import DAMAGED_HINT, HEADER_BYTES, OVERHEAD_BYTES, Shape

_AAD_VERSION = b"\x01"
_MIN_BYTES = HEADER_BYTES + OVERHEAD_BYTES
_NOT_COMMITTED = "A stored object is not the one that was committed"
_WRONG_LENGTH = "A stored object has the wrong length: {} bytes"


_KIB = 1024
_SEGMENT_BYTES = dict.fromkeys((ObjectKind.SHARD, ObjectKind.METADATA, ObjectKind.TABLE), 64 * _KIB)
_DEFAULT_SEGMENT_BYTES = 256 * _KIB
_HELD_BYTES = 64 * _KIB * _KIB


class SealedObjects:
    """Writes and reads one dataset's objects. Holds its keys: never shown, never pickled.

    Parameters
    ----------
    objects : ObjectStore
        Where the ciphertexts lie.
    dataset : str
        The dataset's id.
    epoch : int
        Epoch under which is written.
    keys : mapping of int to bytes, or HeldKeys
        The dataset key of each epoch that may be read, 32 bytes each; or the derived keys, as
        a worker holds them on a lease.

    Attributes
    ----------
    checks_content : bool
        Whether reading checks content roots too (level 2), see `checking_content`.
    """

    def __init__(
        self, objects: ObjectStore, dataset: str, epoch: int, keys: Mapping[int, bytes] | HeldKeys
    ) -> None:
        self.objects = objects
        self.dataset = dataset
        self.epoch = epoch
        self.checks_content = False
        self._known = KnownDigests()
        self.__keys = keys if isinstance(keys, HeldKeys) else HeldKeys(keys)

    def __repr__(self) -> str:
        return f"SealedObjects(dataset={self.dataset!r}, epoch={self.epoch})"

    def __reduce__(self) -> str:
        raise KeyUnavailableError(
            "Keys do not leave the process that holds them",
            hint="send the dataset's path and open it there.",
        )

    def checking_content(self) -> "SealedObjects":
        """Return the same objects, which let nothing be read but what was committed (level 2).

        Returns
        -------
        SealedObjects
            It finds what a member forges, who has the key and can write to the storage.
        """
        twin = SealedObjects(self.objects, self.dataset, self.epoch, self.__keys)
        twin.checks_content = True
        return twin

    def write(self, key: str, kind: ObjectKind, plaintext: Buffer) -> Entry:
        """Seal and store an object under a fresh name.

        Parameters
        ----------
        key : str
            Logical key.
        kind : ObjectKind
            What it holds.
        plaintext : Buffer
            Contiguous bytes.

        Returns
        -------
        Entry
            For the manifest.
        """
        name, segment_bytes = random_name(), _SEGMENT_BYTES.get(kind, _DEFAULT_SEGMENT_BYTES)
        data = _associated_data(self.dataset, self.epoch, name, kind, key)
        shape = Shape.of_plaintext(memoryview(plaintext).nbytes, segment_bytes)
        pieces = floe.encrypt(self._key(self.epoch), data, plaintext, segment_bytes=segment_bytes)
        content, header = ContentHash(segment_bytes), bytearray()
        self.objects.write(name, _observed(pieces, content, header, plaintext))
        return Entry(
            key=key,
            kind=kind,
            object_id=name,
            epoch=self.epoch,
            ciphertext_bytes=shape.ciphertext_bytes,
            plaintext_bytes=shape.plaintext_bytes,
            header=bytes(header),
            content_root=content.digest(),
        )

    def read(self, entry: Entry) -> memoryview:
        """Read a whole object.

        Parameters
        ----------
        entry : Entry
            From a manifest.

        Returns
        -------
        memoryview
            Its plaintext.
        """
        out = memoryview(np.empty(entry.plaintext_bytes, np.uint8))
        self.read_ranges(entry, [(0, out)])
        return out

    def read_ranges(self, entry: Entry, ranges: Iterable[tuple[int, Buffer]]) -> None:
        """Read parts of one object.

        Parameters
        ----------
        entry : Entry
            From a manifest.
        ranges : iterable of (int, Buffer)
            First plaintext byte, and the buffer to fill from there.

        Raises
        ------
        IntegrityError
            If the object is missing, altered or not the one that was written.
        """
        decryptor, wanted = self._decryptor(entry), list(ranges)
        ends = [(start, start + memoryview(out).nbytes) for start, out in wanted]
        spans = [decryptor.shape.span(start, end) for start, end in ends]
        is_whole = ends == [(0, entry.plaintext_bytes)]
        with _naming(entry.key), self._segments(entry, spans, is_whole=is_whole) as read_into:
            for start, out in wanted:
                decryptor.decrypt_into(read_into, start, out)

    def read_verified(self, entry: Entry) -> memoryview:
        """Read a whole, short object and check its content root too (level 2).

        The ciphertext is read once, so that storage which answers differently the second
        time gains nothing.

        Parameters
        ----------
        entry : Entry
            From a trusted source.

        Returns
        -------
        memoryview
            Its plaintext.

        Raises
        ------
        IntegrityError
            If a single bit differs.
        """
        size = entry.ciphertext_bytes
        found, ciphertext = self._load(entry.object_id, size, expected_bytes=size)
        if found != entry.content_root:
            raise IntegrityError(_NOT_COMMITTED, hint=DAMAGED_HINT)
        return self._open(entry, ciphertext)

    def read_unlisted(
        self, name: str, kind: ObjectKind, epoch: int, limit_bytes: int
    ) -> tuple[Entry, memoryview]:
        """Read a short object of which nothing but the name is known.

        Parameters
        ----------
        name : str
            Its name in the storage.
        kind : ObjectKind
            What it should hold.
        epoch : int
            Epoch of the key that sealed it.
        limit_bytes : int
            Longest ciphertext to accept.

        Returns
        -------
        entry : Entry
            Taken from the storage: its content root is to be checked by the caller.
        plaintext : memoryview
            What it holds.
        """
        root, ciphertext = self._load(name, limit_bytes)
        header = bytes(ciphertext[:HEADER_BYTES])
        shape = Shape.of_ciphertext(len(ciphertext), floe.segment_bytes_of(header))
        entry = Entry(
            key="",
            kind=kind,
            object_id=name,
            epoch=epoch,
            ciphertext_bytes=len(ciphertext),
            plaintext_bytes=shape.plaintext_bytes,
            header=header,
            content_root=root,
        )
        return entry, self._open(entry, ciphertext)

    def verify_content(self, entry: Entry) -> None:
        """Check an object's ciphertext against the manifest (level 2); needs no key.

        Parameters
        ----------
        entry : Entry
            From a manifest.

        Raises
        ------
        IntegrityError
            If a single bit differs.
        """
        with _naming(entry.key), self.objects.reader(entry.object_id) as reader:
            size = entry.ciphertext_bytes
            reader.expect(size, [(0, size)])
            if content_root(reader, size, entry.header) != entry.content_root:
                raise IntegrityError(_NOT_COMMITTED, hint=DAMAGED_HINT)

    @contextmanager
    def _segments(
        self, entry: Entry, spans: Iterable[tuple[int, int]], *, is_whole: bool
    ) -> Iterator[floe.ReadInto]:
        """Give what reads an object's segments; at level 2 none but the committed ones.

        What is read as a whole is known to be committed when the block has ended.
        """
        is_partial = self.checks_content and not is_whole
        digests = self._known.of(self.objects, entry) if is_partial else b""
        segment_bytes = floe.segment_bytes_of(entry.header)
        with self.objects.reader(entry.object_id) as reader:
            reader.expect(entry.ciphertext_bytes, spans)
            if not self.checks_content:
                yield reader.read_into
            elif is_partial:
                yield partial(read_checked, reader, segment_bytes, digests)
            else:
                content = ContentHash(segment_bytes).update(memoryview(entry.header))
                yield partial(read_hashed, reader, content)
                content.require(entry.content_root)

    def _load(
        self, name: str, limit_bytes: int, *, expected_bytes: int | None = None
    ) -> tuple[bytes, memoryview]:
        """Return content root and bytes of a stored ciphertext of at most `limit_bytes`.

        Raises
        ------
        IntegrityError
            If it is missing, too short or too long.
        """
        with self.objects.reader(name) as reader:
            if expected_bytes is not None:
                reader.expect(expected_bytes)
            size = reader.size_bytes
            if not _MIN_BYTES <= size <= limit_bytes:
                raise IntegrityError(_WRONG_LENGTH.format(size), hint=DAMAGED_HINT)
            ciphertext = memoryview(np.empty(size, np.uint8))
            reader.read_into(0, ciphertext)
        content = ContentHash(floe.segment_bytes_of(bytes(ciphertext[:HEADER_BYTES])))
        content.update(ciphertext[:HEADER_BYTES]).update(ciphertext[HEADER_BYTES:])
        return content.digest(), ciphertext

    def _open(self, entry: Entry, ciphertext: memoryview) -> memoryview:
        """Decrypt a ciphertext that is already in memory."""

        def read_into(offset: int, out: memoryview) -> None:
            out[:] = ciphertext[offset : offset + len(out)]

        plaintext = memoryview(np.empty(entry.plaintext_bytes, np.uint8))
        self._decryptor(entry).decrypt_into(read_into, 0, plaintext)
        return plaintext

    def _decryptor(self, entry: Entry) -> floe.Decryptor:
        """Return the decryptor of an object, which takes the key of the object's own epoch."""
        key = self._key(entry.epoch)
        data = _associated_data(self.dataset, entry.epoch, entry.object_id, entry.kind, entry.key)
        with _naming(entry.key):
            return floe.Decryptor(key, data, entry.header, entry.ciphertext_bytes)

    def _key(self, epoch: int) -> bytes:
        """Return the key that seals an epoch's objects.

        Raises
        ------
        KeyUnavailableError
            If we were not given the dataset key of that epoch.
        """
        key = self.__keys.find(epoch)
        if key is None:
            raise KeyUnavailableError(
                f"No key at hand for epoch {epoch}",
                hint="open the dataset again to get its current keys.",
            )
        return key


def _associated_data(dataset: str, epoch: int, name: str, kind: ObjectKind, key: str) -> bytes:
    """Encode where an object belongs; fixed-width fields, then the key to the end."""
    return b"".join((
        _AAD_VERSION,
        FORMAT_VERSION.to_bytes(2),
        bytes.fromhex(dataset),
        epoch.to_bytes(4),
        bytes.fromhex(name),
        kind.to_bytes(1),
        key.encode(),
    ))


def _observed(
    pieces: Iterable[memoryview], content: ContentHash, header: bytearray, source: Buffer
) -> Iterator[memoryview]:
    """Pass `pieces` on, hashing all of them and keeping the first.

    What was read of a mapped file is let go again, so a long one takes no more memory.
    """
    held_bytes = 0
    for piece in pieces:
        content.update(piece)
        if not header:
            header.extend(piece)
        yield piece
        held_bytes += len(piece)
        if held_bytes >= _HELD_BYTES:
            release(source)
            held_bytes = 0


@contextmanager
def _naming(key: str) -> Iterator[None]:
    """Say which item is damaged, in people's terms.

    Raises
    ------
    IntegrityError
        The one raised inside, with the item's name.
    """
    try:
        yield
    except IntegrityError as error:
        name = key or "manifest"
        raise IntegrityError(f"{error.message} (in {name})", hint=error.hint) from error
