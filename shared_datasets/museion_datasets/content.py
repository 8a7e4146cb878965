"""The content root: a hash over a ciphertext that anybody can check without a key.

It is BLAKE3 over the BLAKE3 digests of the object's header and of each of its segments, so
that a part of an object can be checked as well as the whole.
"""

from typing import Self

import numpy as np
from blake3 import blake3

from museion_datasets import floe
from museion_datasets.objects import ObjectReader
from museion_datasets.segments import HEADER_BYTES

_LABEL = b"museion/content-root/v1"
_PIECE_BYTES = 1 << 20


class ContentHash:
    """Hashes a ciphertext whose header and segments arrive in pieces.

    Parameters
    ----------
    segment_bytes : int
        Length of a full segment.
    """

    def __init__(self, segment_bytes: int) -> None:
        self._segment_bytes = segment_bytes
        self._root = blake3(_LABEL)

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
        for start in range(0, len(piece), self._segment_bytes):
            self._root.update(blake3(piece[start : start + self._segment_bytes]).digest())
        return self

    def digest(self) -> bytes:
        """Return the content root.

        Returns
        -------
        bytes
            BLAKE3 over the BLAKE3 digests of header and segments, 32 bytes.
        """
        return self._root.digest()


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
    segment_bytes = floe.segment_bytes_of(header)
    content = ContentHash(segment_bytes)
    stored = memoryview(bytearray(HEADER_BYTES))
    reader.read_into(0, stored)
    content.update(stored)
    step = max(1, _PIECE_BYTES // segment_bytes) * segment_bytes
    scratch = memoryview(np.empty(step, np.uint8))
    for offset in range(HEADER_BYTES, size, step):
        piece = scratch[: min(step, size - offset)]
        reader.read_into(offset, piece)
        content.update(piece)
    return content.digest()
