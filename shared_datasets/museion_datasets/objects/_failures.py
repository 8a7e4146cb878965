"""Errors of the file system, in our words."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from museion_datasets.errors import StorageFullError, UnavailableError

FULL_HINT = "delete what is no longer needed, or ask for more room, then try again."
GONE = "{} of the draft's objects are gone; the first: {}"
GONE_HINT = "write the draft again."
TAKEN = "There is an object of this name already: {}"
TAKEN_HINT = "write it again: it gets a new name."
TOO_LONG = "A public file is too long: {}"
MISSING_HINT = "restore the dataset's directory from a backup."

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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
            raise StorageFullError(f"The storage is full: {reason}", hint=FULL_HINT) from error
        raise UnavailableError(
            f"The storage cannot {action}: {reason}",
            hint="ask whoever runs the hub to check the storage directory and its permissions.",
        ) from error
