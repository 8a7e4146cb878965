"""Lets go of the memory that a mapped file takes, once its bytes have been looked at.

What is mapped counts as the process's own until the system takes it back, which a limit on
memory may not wait for. Nothing is lost: looked at again, it is read again.
"""

import mmap
from collections.abc import Buffer
from typing import Any

import numpy as np


def release(*buffers: Buffer | None) -> None:
    """Let the system take back the memory of what lies in mapped files; others stay.

    Parameters
    ----------
    *buffers : Buffer or None
        Arrays or views of any part of such files; read-only, or shared with the file.
    """
    for each in buffers:
        owner: Any = each
        while isinstance(owner, np.ndarray | memoryview):
            owner = owner.base if isinstance(owner, np.ndarray) else owner.obj
        if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            owner.madvise(mmap.MADV_DONTNEED)
