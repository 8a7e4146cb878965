"""The content root: a hash over a ciphertext that anybody can check without a key.

It is BLAKE3 over the BLAKE3 digests of the object's header and of each of its segments, so
that a part of an object can be checked as well as the whole. The digests are not stored.
Who reads a whole object hashes it on the way to decryption; who reads parts reads all of it
once, keeps the digests that gave the right root, and checks each later part against them.
"""

from collections import OrderedDict
from threading import Lock
from typing import Self

import numpy as np
from blake3 import blake3

from museion_datasets.errors import IntegrityError
from museion_datasets.objects import ObjectReader, ObjectStore
from museion_datasets.sealing import floe
from museion_datasets.sealing.entry import Entry
from museion_datasets.sealing.segments import DAMAGED_HINT, HEADER_BYTES

_LABEL = b"museion/content-root/v1"
_PIECE_BYTES = 1 << 18  # fits the second-level cache, see `floe`
_MAX_KNOWN_BYTES = 8 << 20
_DIGEST_BYTES = 32
_NOT_COMMITTED = "A stored object is not the one that was committed"


class ContentHash:
    """Hashes a ciphertext whose header and segments arrive in pieces.

    Parameters
    ----------
    segment_bytes : int
        Length of a full segment.

    Attributes
    ----------
    digests : bytearray
        Of the header, then of each segment; 32 bytes each.
    """

    def __init__(self, segment_bytes: int) -> None:
        self._segment_bytes = segment_bytes
        self.digests = bytearray()

    def update(self, piece: memoryview) -> Self:
        """Add the header, or one or more whole segments.

        Parameters
        ----------
        piece : memoryview
            The next bytes.

        Returns
        -------
        ContentHash
            Itself.
        """
        self.digests += _digests(piece, self._segment_bytes)
        return self

    def digest(self) -> bytes:
        """Return the content root.

        Returns
        -------
        bytes
            BLAKE3 over the BLAKE3 digests of header and segments, 32 bytes.
        """
        return blake3(_LABEL + self.digests).digest()

    def require(self, root: bytes) -> None:
        """Compare the content root.

        Parameters
        ----------
        root : bytes
            What it should be.

        Raises
        ------
        IntegrityError
            If a single bit differs.
        """
        if self.digest() != root:
            raise IntegrityError(_NOT_COMMITTED, hint=DAMAGED_HINT)


class KnownDigests:
    """The segments' digests of the objects of which parts were read last.

    Keeps 8 MiB of them, or those of one object. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def of(self, objects: ObjectStore, entry: Entry) -> bytes:
        """Return the digests of an object's segments, reading all of it at first use.

        Parameters
        ----------
        objects : ObjectStore
            Where it lies.
        entry : Entry
            From a trusted source.

        Returns
        -------
        bytes
            32 bytes for each segment.
        """
        with self._lock:
            known = self._known.get(entry.object_id)
        if known is None:
            with objects.reader(entry.object_id) as reader:
                reader.expect(entry.ciphertext_bytes, [(0, entry.ciphertext_bytes)])
                content = hash_content(reader, entry.ciphertext_bytes, entry.header)
            content.require(entry.content_root)
            known = bytes(content.digests[_DIGEST_BYTES:])
        with self._lock:
            self._known[entry.object_id] = known
            self._known.move_to_end(entry.object_id)
            while len(self._known) > 1 and sum(map(len, self._known.values())) > _MAX_KNOWN_BYTES:
                self._known.popitem(last=False)
        return known


def read_hashed(reader: ObjectReader, content: ContentHash, offset: int, out: memoryview) -> None:
    """Read segments and hash them.

    Parameters
    ----------
    reader : ObjectReader
        The object.
    content : ContentHash
        Takes them.
    offset : int
        Where the first of them begins.
    out : memoryview
        Is filled.
    """
    reader.read_into(offset, out)
    content.update(out)


def read_checked(
    reader: ObjectReader, segment_bytes: int, digests: bytes, offset: int, out: memoryview
) -> None:
    """Read segments and compare each with its digest.

    Parameters
    ----------
    reader : ObjectReader
        The object.
    segment_bytes : int
        Length of a full segment.
    digests : bytes
        Of all the object's segments, 32 bytes for each.
    offset : int
        Where the first of those to read begins.
    out : memoryview
        Is filled.

    Raises
    ------
    IntegrityError
        If one of them is not the committed one.
    """
    reader.read_into(offset, out)
    first = (offset - HEADER_BYTES) // segment_bytes * _DIGEST_BYTES
    found = _digests(out, segment_bytes)
    if found != digests[first : first + len(found)]:
        raise IntegrityError(_NOT_COMMITTED, hint=DAMAGED_HINT)


def content_root(reader: ObjectReader, size: int, header: bytes) -> bytes:
    """Hash a stored ciphertext.

    Parameters
    ----------
    reader : ObjectReader
        The object.
    size : int
        Its length in bytes.
    header : bytes
        The header it should have, which says how long its segments are.

    Returns
    -------
    bytes
        Its content root, 32 bytes.
    """
    return hash_content(reader, size, header).digest()


def hash_content(reader: ObjectReader, size: int, header: bytes) -> ContentHash:
    """Read and hash a stored ciphertext.

    Parameters
    ----------
    reader : ObjectReader
        The object.
    size : int
        Its length in bytes.
    header : bytes
        The header it should have, which says how long its segments are.

    Returns
    -------
    ContentHash
        Of all its bytes.
    """
    segment_bytes = floe.segment_bytes_of(header)
    content = ContentHash(segment_bytes)
    stored = memoryview(bytearray(HEADER_BYTES))
    reader.read_into(0, stored)
    content.update(stored)
    step = max(1, _PIECE_BYTES // segment_bytes) * segment_bytes
    scratch = memoryview(np.empty(min(step, size), np.uint8))
    for offset in range(HEADER_BYTES, size, step):
        piece = scratch[: min(step, size - offset)]
        reader.read_into(offset, piece)
        content.update(piece)
    return content


def _digests(piece: memoryview, segment_bytes: int) -> bytes:
    """Return the digests of the segments in `piece`, of which the last may be shorter."""
    return b"".join([
        blake3(piece[start : start + segment_bytes]).digest()
        for start in range(0, len(piece), segment_bytes)
    ])
