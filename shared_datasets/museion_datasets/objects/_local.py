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
from typing import override

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
from museion_datasets.objects._protocol import (
    ObjectReader,
    ObjectStore,
    is_object_name,
    random_name,
)
from museion_datasets.objects._public import (
    MAX_PUBLIC_BYTES,
    PUBLIC_FOLDERS,
    require_public_folder,
    require_public_path,
)

_log = logging.getLogger(__name__)
_PART = ".part"


class LocalObjects(ObjectStore):
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
    @override
    def reader(self, name: str) -> Iterator[ObjectReader]:
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

    @override
    def write(self, name: str, pieces: Iterable[memoryview]) -> None:
        path = self._path(name)
        with storage_errors("write"), _write_once(name):
            _make_private(path.parent)
            with _exclusive(path) as descriptor:
                for piece in pieces:
                    _write_all(descriptor, piece)

    @override
    def delete(self, name: str) -> None:
        with storage_errors("delete"):
            self._path(name).unlink(missing_ok=True)

    @override
    def names(self, *, older_than_s: float) -> Iterator[str]:
        latest = _storage_time(self._objects) - older_than_s
        with storage_errors("read"):
            for path in self._objects.glob("??/*"):
                if is_object_name(path.name) and path.stat().st_mtime <= latest:
                    yield path.name

    @override
    def persist(self, names: Iterable[str]) -> None:
        paths = [self._path(name) for name in names]
        missing = [path.name for path in paths if not path.exists()]
        if missing:
            raise IntegrityError(GONE.format(len(missing), min(missing)), hint=GONE_HINT)
        with storage_errors("write"):
            persist_files(paths, self._objects)

    @override
    def put_public(self, path: str, data: bytes) -> None:
        file = self._root / require_public_path(path)
        part = file.with_name(f".{random_name()}{_PART}")
        with storage_errors("write"):
            _make_private(file.parent)
            with _exclusive(part) as descriptor:
                _write_all(descriptor, memoryview(data))
                os.fsync(descriptor)
                part.replace(file)
            flush(file.parent)

    @override
    def get_public(self, path: str) -> bytes | None:
        with storage_errors("read"):
            try:
                descriptor = _open_file(self._root / require_public_path(path))
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as file:
                if os.fstat(descriptor).st_size > MAX_PUBLIC_BYTES:
                    raise IntegrityError(TOO_LONG.format(path), hint=MISSING_HINT)
                return file.read(MAX_PUBLIC_BYTES)

    @override
    def list_public(self, prefix: str) -> list[str]:
        folder = self._root / require_public_folder(prefix)
        with storage_errors("read"):
            files = (path for path in folder.rglob("*") if path.is_file())
            return sorted(
                path.relative_to(self._root).as_posix() for path in files if path.suffix != _PART
            )

    @override
    def keep_head(self, version: int, head: bytes) -> None:
        try:
            self.put_public(f"heads/{version}.json", head)
        except DatasetsError:
            _log.warning("No copy of version %s was kept in the storage", version, exc_info=True)

    @override
    def remove_leftovers(self, *, older_than_s: float) -> int:
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


class _FileReader(ObjectReader):
    """One open file."""

    __slots__ = ("_descriptor", "_name")

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor, self._name = descriptor, name

    @property
    @override
    def size_bytes(self) -> int:
        return os.fstat(self._descriptor).st_size

    @override
    def expect(self, size_bytes: int, spans: Iterable[tuple[int, int]] = ()) -> None:
        del spans
        if self.size_bytes != size_bytes:
            raise IntegrityError(
                f"A stored object has the wrong length: {self.size_bytes} bytes", hint=MISSING_HINT
            )

    @override
    def read_into(self, offset: int, out: memoryview) -> None:
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
