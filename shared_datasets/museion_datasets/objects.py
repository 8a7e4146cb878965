"""Where sealed bytes lie: write-once objects with random names.

An object layer knows nothing of keys or meaning. It promises that an object once written
is never changed, that a name is never used twice, and that `persist` returns only when the
bytes would survive a power cut. It does not promise that what it returns is what was
written: readers check that.
"""

import errno
import logging
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from museion_datasets.errors import (
    IntegrityError,
    StorageFullError,
    UnavailableError,
)

_log = logging.getLogger(__name__)
_NAME_BYTES = 16
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def random_name() -> str:
    """Return a fresh object name.

    Returns
    -------
    str
        128 random bits as 32 hexadecimal digits.
    """
    return secrets.token_hex(_NAME_BYTES)


class ObjectReader(Protocol):
    """One object, open for reading."""

    @property
    def size_bytes(self) -> int:
        """Length of the object as the storage reports it."""

    def read_into(self, offset: int, out: memoryview) -> None:
        """Fill `out` with the bytes from `offset` on; raise IntegrityError if there are fewer."""


class ObjectStore(Protocol):
    """What an object layer implements. All methods may be called from several threads."""

    def reader(self, name: str) -> AbstractContextManager[ObjectReader]:
        """Open an object; raise IntegrityError if it is missing."""

    def write(self, name: str, pieces: Iterable[memoryview]) -> None:
        """Store an object from its pieces; leave nothing behind on failure."""

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""

    def names(self, *, older_than_s: float) -> Iterator[str]:
        """Yield the names of all objects of at least that age, in no order."""

    def persist(self, names: Iterable[str]) -> None:
        """Return when the named objects would survive a power cut."""

    def keep_head(self, version: int, head: bytes) -> None:
        """Keep a copy of a committed head beside the objects, for a rescue without catalogue."""


class LocalObjects:
    """Objects as files: ``<root>/objects/ab/<name>``.

    Parameters
    ----------
    root : Path
        The dataset's directory.
    """

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._heads = root / "heads"

    def __repr__(self) -> str:
        return f"LocalObjects({str(self._objects.parent)!r})"

    @contextmanager
    def reader(self, name: str) -> Iterator[ObjectReader]:
        """Open an object.

        Parameters
        ----------
        name : str
            The object's name.

        Yields
        ------
        ObjectReader
            Usable inside the ``with`` block.

        Raises
        ------
        IntegrityError
            If it is missing.
        """
        with storage_errors("read"):
            try:
                descriptor = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise IntegrityError(
                    f"A stored object is missing: {name}",
                    hint="restore the dataset's directory from a backup.",
                ) from error
        try:
            yield _FileReader(descriptor, name)
        finally:
            os.close(descriptor)

    def write(self, name: str, pieces: Iterable[memoryview]) -> None:
        """Store an object.

        Parameters
        ----------
        name : str
            A fresh name.
        pieces : iterable of memoryview
            Its bytes in order; each piece is used before the next is asked for.
        """
        path = self._path(name)
        with storage_errors("write"):
            _make_private(path.parent)
            with _exclusive(path) as descriptor:
                for piece in pieces:
                    _write_all(descriptor, piece)

    def delete(self, name: str) -> None:
        """Remove an object, if it is there.

        Parameters
        ----------
        name : str
            The object's name.
        """
        with storage_errors("delete"):
            self._path(name).unlink(missing_ok=True)

    def names(self, *, older_than_s: float) -> Iterator[str]:
        """Yield the names of all objects of at least that age.

        Parameters
        ----------
        older_than_s : float
            Age in seconds.

        Yields
        ------
        str
            In no order.
        """
        latest = time.time() - older_than_s
        with storage_errors("read"):
            for path in self._objects.glob("??/*"):
                if path.stat().st_mtime <= latest:
                    yield path.name

    def persist(self, names: Iterable[str]) -> None:
        """Return when the named objects would survive a power cut.

        Parameters
        ----------
        names : iterable of str
            Objects written before.
        """
        paths = [self._path(name) for name in names]
        with storage_errors("write"):
            for path in [*paths, *{path.parent for path in paths}, self._objects]:
                _sync(path)

    def keep_head(self, version: int, head: bytes) -> None:
        """Keep a copy of a committed head as ``heads/<version>.json``.

        Nothing reads it in normal work: a reader trusts the catalogue's head only. So a
        failure is logged and the commit stands.

        Parameters
        ----------
        version : int
            Counts from 1.
        head : bytes
            The head as JSON.
        """
        path = self._heads / f"{version}.json"
        try:
            _make_private(self._heads)
            part = path.with_suffix(".part")
            part.unlink(missing_ok=True)
            with _exclusive(part) as descriptor:
                _write_all(descriptor, memoryview(head))
            part.replace(path)
        except OSError:
            _log.warning("No copy of version %s was kept in the storage", version, exc_info=True)

    def _path(self, name: str) -> Path:
        """Return the file of an object, whose name is ours and therefore hexadecimal."""
        return self._objects / name[:2] / name


class _FileReader:
    """One open file."""

    __slots__ = ("_descriptor", "_name")

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor, self._name = descriptor, name

    @property
    def size_bytes(self) -> int:
        """Length of the file."""
        return os.fstat(self._descriptor).st_size

    def read_into(self, offset: int, out: memoryview) -> None:
        """Fill `out` from `offset` on.

        Raises
        ------
        IntegrityError
            If the file ends before.
        """
        done, count = 0, 1
        with storage_errors("read"):
            while done < len(out) and count:
                count = os.preadv(self._descriptor, [out[done:]], offset + done)
                done += count
        if done < len(out):
            raise IntegrityError(
                f"A stored object is cut short: {self._name}",
                hint="restore the dataset's directory from a backup.",
            )


@contextmanager
def storage_errors(action: str) -> Iterator[None]:
    """Turn errors of the file system into ours.

    Parameters
    ----------
    action : str
        What is tried: read, write or delete.

    Raises
    ------
    StorageFullError
        If room is short.
    UnavailableError
        If the storage fails otherwise.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        if error.errno in _FULL:
            raise StorageFullError(
                f"The storage is full: {reason}",
                hint="delete what is no longer needed, or ask for more room, then try again.",
            ) from error
        raise UnavailableError(
            f"The storage cannot {action}: {reason}",
            hint="ask whoever runs the hub to check the storage directory and its permissions.",
        ) from error


def _make_private(folder: Path) -> None:
    """Make a folder and its missing parents, each for its owner only."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _exclusive(path: Path) -> Iterator[int]:
    """Open a new file for writing; remove it again if the block fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, piece: memoryview) -> None:
    """Write every byte of `piece`."""
    while piece:
        piece = piece[os.write(descriptor, piece) :]


def _sync(path: Path) -> None:
    """Flush one file or directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
