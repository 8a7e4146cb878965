"""Several pages of a scan in one answer, over HTTP or a kernel's comm.

Their number, then id and length of each (little endian, 32 bit), then their bytes.
"""

import struct
from collections.abc import Sequence

MAX_PAGES = 8
"""Pages that one request may name."""


def pack_pages(pages: Sequence[tuple[int, bytes]]) -> bytes:
    """Return several pages as one answer.

    Parameters
    ----------
    pages : sequence of (int, bytes)
        Id and content of each.
    """
    table = [struct.pack("<2I", page, len(data)) for page, data in pages]
    return b"".join([struct.pack("<I", len(pages)), *table, *(data for _, data in pages)])
