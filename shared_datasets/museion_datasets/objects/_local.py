"""Objects as files: ``<root>/objects/ab/<name>``, public files beside them.

A file is written under its final name, exclusively, and removed again if writing it fails;
nothing refers to it before `persist` has flushed it and the catalogue took the version.
"""

import logging
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from museion_datasets.errors import ConflictError, DatasetsError, IntegrityError
from museion_datasets.objects._failures import (
    GONE,
    GONE_HINT,
    MISSING_HINT,
    TAKEN,
    TAKEN_HINT,
    TOO_LONG,
    storage_errors,
)
from museion_datasets.objects._flushing import flush, persist_files
from museion_datasets.objects._protocol import ObjectReader, is_object_name, random_name
from museion_datasets.objects._public import (
    MAX_PUBLIC_BYTES,
    PUBLIC_FOLDERS,
    require_public_folder,
    require_public_path,
)

_log = logging.getLogger(__name__)
_PART = ".part"


class LocalObjects:
    """A dataset's directory in the file system.

    Parameters
    ----------
    root : Path
        The dataset's directory.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._objects = root / "objects"

    def __repr__(self) -> str:
        return f"LocalObjects({str(self._root)!r})"

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
                descriptor = _open_file(self._path(name))
            except FileNotFoundError as error:
                raise IntegrityError(
                    f"A stored object is missing: {name}", hint=MISSING_HINT
                ) from error
        try:
            with storage_errors("read"):  # here and not around each read, of which there are many
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
        with storage_errors("write"), _write_once(name):
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
        """Yield the names of all objects of at least that age, by the storage's clock.

        Parameters
        ----------
        older_than_s : float
            Age in seconds.

        Yields
        ------
        str
            In no order; what does not look like an object of ours is left out.
        """
        latest = _storage_time(self._objects) - older_than_s
        with storage_errors("read"):
            for path in self._objects.glob("??/*"):
                if is_object_name(path.name) and path.stat().st_mtime <= latest:
                    yield path.name

    def persist(self, names: Iterable[str]) -> None:
        """Return when the named objects would survive a power cut.

        Parameters
        ----------
        names : iterable of str
            Objects written before.

        Raises
        ------
        IntegrityError
            If one is missing, as after a clean-up that took the draft for abandoned.
        """
        paths = [self._path(name) for name in names]
        missing = [path.name for path in paths if not path.exists()]
        if missing:
            raise IntegrityError(GONE.format(len(missing), min(missing)), hint=GONE_HINT)
        with storage_errors("write"):
            persist_files(paths, self._objects)

    def put_public(self, path: str, data: bytes) -> None:
        """Write a public file as a whole, in place of what is there.

        Parameters
        ----------
        path : str
            Below the dataset's directory, as in ``"releases/3/objects"``.
        data : bytes
            What it holds.
        """
        file = self._root / require_public_path(path)
        part = file.with_name(f".{random_name()}{_PART}")
        with storage_errors("write"):
            _make_private(file.parent)
            with _exclusive(part) as descriptor:
                _write_all(descriptor, memoryview(data))
                os.fsync(descriptor)
                part.replace(file)
            flush(file.parent)

    def get_public(self, path: str) -> bytes | None:
        """Return a public file's bytes.

        Parameters
        ----------
        path : str
            Below the dataset's directory.

        Returns
        -------
        bytes or None
            None if there is none.

        Raises
        ------
        IntegrityError
            If it is too long to be one of ours.
        """
        with storage_errors("read"):
            try:
                descriptor = _open_file(self._root / require_public_path(path))
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as file:
                if os.fstat(descriptor).st_size > MAX_PUBLIC_BYTES:
                    raise IntegrityError(TOO_LONG.format(path), hint=MISSING_HINT)
                return file.read(MAX_PUBLIC_BYTES)

    def list_public(self, prefix: str) -> list[str]:
        """Return the paths of the public files in a folder.

        Parameters
        ----------
        prefix : str
            A folder, as in ``"releases/"``.

        Returns
        -------
        list of str
            Sorted.
        """
        folder = self._root / require_public_folder(prefix)
        with storage_errors("read"):
            files = (path for path in folder.rglob("*") if path.is_file())
            return sorted(
                path.relative_to(self._root).as_posix() for path in files if path.suffix != _PART
            )

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
        try:
            self.put_public(f"heads/{version}.json", head)
        except DatasetsError:
            _log.warning("No copy of version %s was kept in the storage", version, exc_info=True)

    def remove_leftovers(self, *, older_than_s: float) -> int:
        """Remove public files that were never finished.

        Parameters
        ----------
        older_than_s : float
            Age in seconds.

        Returns
        -------
        int
            How many there were.
        """
        latest = _storage_time(self._root) - older_than_s
        with storage_errors("delete"):
            parts = [
                path
                for folder in PUBLIC_FOLDERS
                for path in (self._root / folder).rglob(f".*{_PART}")
                if path.stat().st_mtime <= latest
            ]
            for path in parts:
                path.unlink(missing_ok=True)
        return len(parts)

    def _path(self, name: str) -> Path:
        """Return the file of an object, whose name is ours and therefore hexadecimal."""
        return self._objects / name[:2] / name


def _open_file(path: Path) -> int:
    """Open a file for reading; what only waits, such as a pipe, is none.

    Raises
    ------
    IntegrityError
        If something else than a file is there.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IntegrityError(f"Not a file: {path.name}", hint=MISSING_HINT)
    return descriptor


class _FileReader:
    """One open file."""

    __slots__ = ("_descriptor", "_name")

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor, self._name = descriptor, name

    @property
    def size_bytes(self) -> int:
        """Length of the file."""
        return os.fstat(self._descriptor).st_size

    def expect(self, size_bytes: int, spans: Iterable[tuple[int, int]] = ()) -> None:
        """Compare the file's length; the spans are of no use here.

        Raises
        ------
        IntegrityError
            If the file is longer or shorter.
        """
        del spans
        if self.size_bytes != size_bytes:
            raise IntegrityError(
                f"A stored object has the wrong length: {self.size_bytes} bytes", hint=MISSING_HINT
            )

    def read_into(self, offset: int, out: memoryview) -> None:
        """Fill `out` from `offset` on.

        Raises
        ------
        IntegrityError
            If the file ends before.
        """
        done, count = 0, 1
        while done < len(out) and count:
            count = os.preadv(self._descriptor, [out[done:]], offset + done)
            done += count
        if done < len(out):
            raise IntegrityError(f"A stored object is cut short: {self._name}", hint=MISSING_HINT)


@contextmanager
def _write_once(name: str) -> Iterator[None]:
    """Refuse a name that is taken.

    Raises
    ------
    ConflictError
        If it is.
    """
    try:
        yield
    except FileExistsError as error:
        raise ConflictError(TAKEN.format(name), hint=TAKEN_HINT) from error


def _storage_time(folder: Path) -> float:
    """Return the time by the storage's clock, for a server's differs from ours."""
    if not folder.is_dir():
        return 0.0
    with storage_errors("write"), NamedTemporaryFile(dir=folder, prefix=".clock-") as probe:
        return os.fstat(probe.fileno()).st_mtime


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
