"""Large arrays and runs of bytes on this machine's disk, for work that is larger than memory.

All of it lies in files that have no name: whatever happens to the process, nothing is left
behind. An array is mapped, so the system moves its parts in and out; `release` and `blocks`
let go of what was touched, so that a long walk over an array takes no more memory than a
short one. `TMPDIR` says where the files lie (`environment.find_scratch_folder`). Like the file
that was delivered, they are not sealed.
"""

import errno
import mmap
import os
import tempfile
import weakref
from collections.abc import Buffer, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from museion_datasets import environment
from museion_datasets.errors import StorageFullError, UnavailableError
from museion_datasets.mapped import release

type Array = NDArray[Any]

BLOCK_ROWS = 1 << 20
_SMALL_BYTES = 32 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Scratch:
    """Gives arrays and spills."""

    def array(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an array of zeros that lies on the disk.

        Parameters
        ----------
        shape : tuple of int
        dtype : dtype
        """
        kind = np.dtype(dtype)
        size = int(np.prod(shape, dtype=object)) * kind.itemsize
        if size == 0:
            return np.zeros(shape, kind)
        descriptor = _unnamed_file()
        try:
            _reserve(descriptor, size)
            mapped = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        return np.frombuffer(mapped, kind).reshape(shape)

    def spill(self) -> "Spill":
        """Return an empty spill."""
        return Spill()


class Spill:
    """Bytes that are appended, and read again from anywhere; never mapped."""

    def __init__(self) -> None:
        self._descriptor = _unnamed_file()
        weakref.finalize(self, os.close, self._descriptor)
        self.size_bytes = 0

    def append(self, content: Buffer) -> int:
        """Write bytes at the end; return where they begin."""
        start, written, view = self.size_bytes, 0, memoryview(content)
        if view.nbytes == 0:
            return start
        view = view.cast("B")
        with _disk_errors():
            while written < len(view):
                written += os.pwrite(self._descriptor, view[written:], start + written)
        self.size_bytes += len(view)
        return start

    def read(self, start: int, size_bytes: int) -> bytes:
        """Return bytes that were appended."""
        return os.pread(self._descriptor, size_bytes, start)

    def read_array(self, start: int, count: int, dtype: DTypeLike) -> Array:
        """Return `count` values that were appended."""
        kind = np.dtype(dtype)
        return np.frombuffer(self.read(start, count * kind.itemsize), kind)

    def mapped(self) -> memoryview:
        """Return all of it as it is now, read from the disk as it is looked at."""
        if self.size_bytes == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(self._descriptor, self.size_bytes, access=mmap.ACCESS_READ))


class Buckets:
    """Rows sorted into numbered buckets on the disk; those of one keep their order.

    Parameters
    ----------
    count : int
        Buckets, at most 65,535.
    width : int
        Values of a row.
    dtype : dtype
        Of a value.
    """

    def __init__(self, count: int, width: int, dtype: DTypeLike) -> None:
        self._spill, self._width, self._dtype = Spill(), width, np.dtype(dtype)
        self._runs: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        self.rows = 0

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, rows: Array, buckets: Array) -> None:
        """Add rows, each to the bucket whose number stands in `buckets`."""
        order = np.argsort(buckets.astype(np.uint16), kind="stable")
        start = self._spill.append(np.ascontiguousarray(rows[order], self._dtype))
        sizes = np.bincount(buckets, minlength=len(self._runs)) * self._width
        for runs, size in zip(self._runs, sizes.tolist(), strict=True):
            if size:
                runs.append((start, size))
                start += size * self._dtype.itemsize
        self.rows += len(rows)

    def read(self, bucket: int) -> Array:
        """Return a bucket's rows, (k, width)."""
        parts = [self._spill.read_array(*run, self._dtype) for run in self._runs[bucket]]
        return np.concatenate([np.empty(0, self._dtype), *parts]).reshape(-1, self._width)


def room_for(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return an array to be filled: in memory if it is small, else on the disk."""
    kind = np.dtype(dtype)
    if int(np.prod(shape, dtype=object)) * kind.itemsize <= _SMALL_BYTES:
        return np.empty(shape, kind)
    return Scratch().array(shape, kind)


def blocks(count: int, *touched: Array | None, rows: int = BLOCK_ROWS) -> Iterator[slice]:
    """Walk over rows; after each block let go of what was touched.

    Parameters
    ----------
    count : int
        Rows.
    *touched : array or None
        What the walk reads or writes.
    rows : int
        Of one block.

    Yields
    ------
    slice
        Rows of a block.
    """
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))
        release(*touched)


def _unnamed_file() -> int:
    """Return the descriptor of a new file that has no name."""
    with (
        _disk_errors(),
        tempfile.TemporaryFile(dir=environment.find_scratch_folder(), buffering=0) as file,
    ):
        return os.dup(file.fileno())


def _reserve(descriptor: int, size_bytes: int) -> None:
    """Make a file that long: a full disk is an error now, and no crash later."""
    with _disk_errors():
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, size_bytes)
        else:
            os.truncate(descriptor, size_bytes)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Turn errors of the disk into ours.

    Raises
    ------
    StorageFullError
        If there is no room.
    UnavailableError
        If files can't be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError(
                "The disk for intermediate files is full",
                hint="free space there, or set TMPDIR to a folder on a larger disk.",
            ) from error
        raise UnavailableError(
            f"Intermediate files can't be written: {error.strerror}",
            hint="set TMPDIR to a folder that may be written.",
        ) from error
