"""Reads files that hold secrets: only plain ones, only when nobody else could have read them."""

import os
import stat
from pathlib import Path

from museion_hub.custody.errors import PrivateFileError


def read_private(path: Path, what: str, limit_bytes: int) -> bytes:
    """Read a file that only its owner, this account, may read.

    Parameters
    ----------
    path : Path
        The file; no symbolic link.
    what : str
        What it holds, for messages.
    limit_bytes : int
        How much to read at most.

    Returns
    -------
    bytes
        Its content, cut off after one byte more than the limit.

    Raises
    ------
    PrivateFileError
        If it is missing, no plain file, or open to others.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise PrivateFileError(
            f"There is no file with the {what}: {path} ({error.strerror})",
            hint="correct the path in museion.toml, or write the file",
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        mode = stat.S_IMODE(status.st_mode)
        if not stat.S_ISREG(status.st_mode) or mode & 0o077 or status.st_uid != os.geteuid():
            raise PrivateFileError(
                f"A file with the {what} is open to others than its owner: {path} "
                f"(mode {mode:04o})",
                hint=f"find out who has read it, replace what it holds, then: chmod 600 {path}",
            )
        return file.read(limit_bytes + 1)
