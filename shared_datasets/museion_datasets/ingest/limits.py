"""What an ingest refuses to try, each limit named once with its unit.

A file from outside may lie about its size, or unfold into more than any machine holds.
These numbers are far above what instruments write and far below what hurts a shared
machine; a refusal names the limit it met.
"""

from museion_datasets.errors import InvalidError

MAX_HEADER_BYTES = 16 << 20
"""Text header of a cube."""

MAX_SIDE = 1 << 24
"""Pixels along a side, or bands."""

MAX_FIELDS = 1 << 14
"""Fields of a text header."""

MAX_TABLE_BYTES = 2 << 30
"""A text table, which is read whole."""

MAX_COLUMNS = 1 << 15
"""Columns of a text table."""

MAX_IMAGE_BYTES = 8 << 30
"""Decoded size of one compressed image, which is read whole."""

MAX_EXPANSION = 1000
"""Decoded bytes for each stored byte; zeros compressed by DEFLATE reach 1,032."""

FREE_EXPANSION_BYTES = 256 << 20
"""Decoded size below which `MAX_EXPANSION` is not asked."""

MAX_FILES = 1_000_000
"""Files of one ingest."""

MAX_PARTS = 1 << 16
"""Datasets in one file, pages of one stack."""

MAX_DEPTH = 64
"""Folders inside folders, groups inside groups."""


def require_expansion(name: str, decoded_bytes: int, stored_bytes: int) -> None:
    """Raise if a file unfolds into far more than it holds.

    Parameters
    ----------
    name : str
        What to call it.
    decoded_bytes, stored_bytes : int
        Before and after decoding.

    Raises
    ------
    InvalidError
        If it looks like a decompression bomb.
    """
    if decoded_bytes > max(FREE_EXPANSION_BYTES, MAX_EXPANSION * stored_bytes):
        raise InvalidError(
            f"{name} would unfold to {decoded_bytes:,} bytes from {stored_bytes:,}",
            hint="this looks like a decompression bomb; write the file again without compression.",
        )
