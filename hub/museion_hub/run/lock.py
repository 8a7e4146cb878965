"""Lets only one deployment at a time use a state directory.

The kernel drops the lock when the process ends, however it ends: a stale lock
file never keeps anybody out.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from museion_hub.errors import AlreadyRunningError


@contextmanager
def run_lock(path: Path) -> Generator[None]:
    """Hold the lock at `path` while the block runs.

    Raises
    ------
    AlreadyRunningError
        Another process holds it; its id is in the message.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise AlreadyRunningError(holder) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
