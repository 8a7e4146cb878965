"""Keeps the memory of a process that holds keys out of files and away from debuggers."""

import ctypes
import os
import resource
from typing import Final

PR_SET_DUMPABLE: Final = 4


def harden_process() -> None:
    """Forbid core dumps, attaching by processes of the same account, and readable files.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "prctl(PR_SET_DUMPABLE)")
