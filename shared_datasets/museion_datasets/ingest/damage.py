"""Turns what format libraries raise on damaged bytes into one typed error with a hint.

Libraries raise whatever their parsers trip over. Only reading happens inside these blocks,
so an error in our own writing is never taken for damage in the person's file.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import Region, Values

_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError,
    NotImplementedError, OSError, RuntimeError, SyntaxError, TypeError, UnicodeError, ValueError,
    struct.error, zlib.error, tifffile.TiffFileError,
)  # fmt: skip


@contextmanager
def parsing(path: Path) -> Iterator[None]:
    """Read bytes that may be damaged.

    Parameters
    ----------
    path : Path
        The file, for the message.

    Yields
    ------
    None
        For the ``with`` block.

    Raises
    ------
    InvalidError
        If the format's library gives up.
    """
    try:
        yield
    except _ERRORS as error:
        raise InvalidError(
            f"The file is cut short or damaged: {path.name!r:.80}: {error!s:.120}",
            hint="copy it again from where it was made; if it opens elsewhere, export it anew.",
        ) from error


class Guarded:
    """Values of a file whose decoding may fail.

    Parameters
    ----------
    values : Values
        As a format's library gives them.
    path : Path
        The file.
    """

    def __init__(self, values: Values, path: Path) -> None:
        self._values, self._path = values, path
        self.shape: tuple[int, ...] = tuple(values.shape)
        self.dtype: np.dtype[Any] = values.dtype.newbyteorder("=")

    def __getitem__(self, region: Region) -> Any:  # noqa: ANN401
        with parsing(self._path):
            return np.asarray(self._values[region], self.dtype)
