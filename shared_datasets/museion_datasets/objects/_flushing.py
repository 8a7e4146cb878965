"""Files that survive a power cut.

A few are flushed one by one. For many, flushing the whole file system once is cheaper by
orders of magnitude, where the operating system offers it (Linux: ``syncfs``).
"""

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

_FEW = 64


def persist_files(paths: Sequence[Path], root: Path) -> None:
    """Return when files and their folders are on the disk.

    Parameters
    ----------
    paths : sequence of Path
        Files two levels below `root`.
    root : Path
        The folder of all.
    """
    if len(paths) > _FEW and _flush_file_system(root):
        return
    for path in (*paths, *{path.parent for path in paths}, root):
        flush(path)


def flush(path: Path) -> None:
    """Flush one file or folder.

    Parameters
    ----------
    path : Path
        The file or folder.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_file_system(folder: Path) -> bool:
    """Flush all of a folder's file system; return whether there is a way to.

    Raises
    ------
    OSError
        If something could not be written.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
    return True
