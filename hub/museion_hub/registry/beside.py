"""Writes the public key files beside the objects of datasets in the local storage.

So that a copy of a dataset's directory, taken at any moment, holds what a partner or the recovery
key needs. In other places the writer of the next version does it. A workgroup can write into its
directories, so no link in them is followed: it could lead to where only this process may write.
"""

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from museion_datasets.recipients.keyfiles import publish
from museion_hub.registry.places import LOCAL
from museion_hub.registry.sharing import key_files
from museion_hub.registry.tables import Dataset

_log: Final = logging.getLogger(__name__)
MAX_FILE_BYTES: Final = 1024 * 1024
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class Directory:
    """The public files of one dataset.

    Parameters
    ----------
    folder : int
        Descriptor of the dataset's directory.
    """

    def __init__(self, folder: int) -> None:
        self._folder = folder

    def get_public(self, path: str) -> bytes | None:
        """Return a file's content, if it is there."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            with self._inside(path) as (folder, name):
                descriptor = os.open(name, flags, dir_fd=folder)
                with os.fdopen(descriptor, "rb") as file:
                    return file.read(MAX_FILE_BYTES)
        except OSError:  # missing, or something else is there: it is written anew
            return None

    def put_public(self, path: str, data: bytes) -> None:
        """Write a file as a whole, in place of what is there."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with self._inside(path) as (folder, name):
            draft = f".{name}.{secrets.token_hex(8)}"
            with os.fdopen(os.open(draft, flags, 0o660, dir_fd=folder), "wb") as file:
                file.write(data)
            os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)

    @contextlib.contextmanager
    def _inside(self, path: str) -> Iterator[tuple[int, str]]:
        parent, _, name = path.rpartition("/")
        with contextlib.suppress(FileExistsError):
            os.mkdir(parent, 0o770, dir_fd=self._folder)
        folder = os.open(parent, _FOLDER, dir_fd=self._folder)
        try:
            yield folder, name
        finally:
            os.close(folder)


def files_beside(session: Session, dataset: Dataset) -> tuple[str, Mapping[str, bytes]]:
    """Give a dataset's directory and the files for it; none if it lies elsewhere."""
    location = f"{dataset.workgroup}/{dataset.id}"
    if dataset.place != LOCAL:
        return location, {}
    files = key_files(session, dataset)
    return location, {path: text.encode() for path, text in files.items()}


def publish_beside(storage: Path | None, location: str, files: Mapping[str, bytes]) -> None:
    """Write files into a dataset's directory; nothing if no object was ever stored there.

    Parameters
    ----------
    storage : Path or None
        The local storage; None where there is none.
    location : str
        The dataset's directory below it.
    files : mapping of str to bytes
        By path.
    """
    if storage is None:
        return
    try:
        with _opened(storage, location) as folder:
            publish(Directory(folder), files)
    except OSError as error:
        # The next version's writer does it; a key file that is late opens nothing wrong.
        _log.warning("Key files could not be written beside %s: %s", location, error)


@contextlib.contextmanager
def _opened(storage: Path, location: str) -> Iterator[int]:
    workgroup, _, dataset = location.partition("/")
    with contextlib.ExitStack() as stack:
        descriptor = os.open(storage, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, descriptor)
        for name in (workgroup, dataset):
            descriptor = os.open(name, _FOLDER, dir_fd=descriptor)
            stack.callback(os.close, descriptor)
        yield descriptor
