"""Sealed objects: FLOE ciphertexts that are bound to their place in a dataset.

The associated data of each object names format version, dataset, epoch, object id, kind
and logical key, so an object means something in exactly one place. `Entry` is what a
manifest keeps of an object; reading takes length and header from there and never from the
storage (level 1). The content root, a hash over the ciphertext's segments, lets anybody
check an object without a key (level 2).
"""

from collections.abc import Buffer, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from museion_datasets import floe
from museion_datasets.content import ContentHash, content_root
from museion_datasets.entry import Entry, ObjectKind
from museion_datasets.errors import IntegrityError, KeyUnavailableError
from museion_datasets.model import FORMAT_VERSION
from museion_datasets.objects import ObjectStore, random_name
from museion_datasets.segments import DAMAGED_HINT, HEADER_BYTES, OVERHEAD_BYTES, Shape

_AAD_VERSION = b"\x01"
_OBJECT_KEY_LABEL = b"museion/object/v1"
_MIN_BYTES = HEADER_BYTES + OVERHEAD_BYTES
_NOT_COMMITTED = "A stored object is not the one that was committed"
_WRONG_LENGTH = "A stored object has the wrong length: {} bytes"


_KIB = 1024
_SEGMENT_BYTES = {ObjectKind.SHARD: 64 * _KIB, ObjectKind.METADATA: 64 * _KIB}
_DEFAULT_SEGMENT_BYTES = 256 * _KIB


class SealedObjects:
    """Writes and reads one dataset's objects. Holds its key: never shown, never pickled.

    Parameters
    ----------
    objects : ObjectStore
        Where the ciphertexts lie.
    dataset : str
        The dataset's id.
    epoch : int
        Epoch of `data_key`.
    data_key : bytes
        The dataset key, 32 bytes.
    """

    def __init__(self, objects: ObjectStore, dataset: str, epoch: int, data_key: bytes) -> None:
        self.objects = objects
        self.dataset = dataset
        self.epoch = epoch
        self.__key = HKDFExpand(SHA384(), floe.KEY_BYTES, _OBJECT_KEY_LABEL).derive(data_key)

    def __repr__(self) -> str:
        return f"SealedObjects(dataset={self.dataset!r}, epoch={self.epoch})"

    def __reduce__(self) -> str:
        raise KeyUnavailableError(
            "Keys do not leave the process that holds them",
            hint="send the dataset's path and open it there.",
        )

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
        pieces = floe.encrypt(self.__key, data, plaintext, segment_bytes=segment_bytes)
        content, header = ContentHash(segment_bytes), bytearray()
        self.objects.write(name, _observed(pieces, content, header))
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
        decryptor = self._decryptor(entry)
        with _naming(entry.key), self.objects.reader(entry.object_id) as reader:
            if reader.size_bytes != entry.ciphertext_bytes:
                raise IntegrityError(_WRONG_LENGTH.format(reader.size_bytes), hint=DAMAGED_HINT)
            for start, out in ranges:
                decryptor.decrypt_into(reader.read_into, start, out)

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
        found, ciphertext = self._load(entry.object_id, entry.ciphertext_bytes)
        if found != entry.content_root:
            raise IntegrityError(_NOT_COMMITTED, hint=DAMAGED_HINT)
        return self._open(entry, ciphertext)

    def read_unlisted(
        self, name: str, kind: ObjectKind, limit_bytes: int
    ) -> tuple[Entry, memoryview]:
        """Read a short object of which nothing but the name is known.

        Parameters
        ----------
        name : str
            Its name in the storage.
        kind : ObjectKind
            What it should hold.
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
            epoch=self.epoch,
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
            if (
                reader.size_bytes != entry.ciphertext_bytes
                or content_root(reader, reader.size_bytes, entry.header) != entry.content_root
            ):
                raise IntegrityError(_NOT_COMMITTED, hint=DAMAGED_HINT)

    def _load(self, name: str, limit_bytes: int) -> tuple[bytes, memoryview]:
        """Return content root and bytes of a stored ciphertext of at most `limit_bytes`.

        Raises
        ------
        IntegrityError
            If it is missing, too short or too long.
        """
        with self.objects.reader(name) as reader:
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
        """Return the decryptor of an object.

        Raises
        ------
        KeyUnavailableError
            If the object belongs to another epoch than the key at hand.
        """
        if entry.epoch != self.epoch:
            raise KeyUnavailableError(
                f"No key at hand for epoch {entry.epoch}",
                hint="open the dataset again to get its current keys.",
            )
        data = _associated_data(self.dataset, entry.epoch, entry.object_id, entry.kind, entry.key)
        with _naming(entry.key):
            return floe.Decryptor(self.__key, data, entry.header, entry.ciphertext_bytes)


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
    pieces: Iterable[memoryview], content: ContentHash, header: bytearray
) -> Iterator[memoryview]:
    """Pass `pieces` on, hashing all of them and keeping the first."""
    for piece in pieces:
        content.update(piece)
        if not header:
            header.extend(piece)
        yield piece


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
