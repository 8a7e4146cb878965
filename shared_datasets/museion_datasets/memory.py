"""Keeps keys inside the process that was given them, as far as Python allows.

`Keyring` shows no key, is never pickled, and keeps its bytes in pages that are locked
against swapping and left out of core dumps where the system permits. `protect_process`
forbids core dumps. Python copies bytes when it computes with them, so a copy may live on
until its memory is used again: what is promised is that no key reaches a disk, a task
graph, a log or an environment, not that memory is wiped. `protections` says what holds.
"""

import ctypes
import mmap
import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Never

from museion_datasets.errors import KeyUnavailableError

_PR_GET_DUMPABLE = 3
_libc = ctypes.CDLL(None, use_errno=True)


class Keyring(Mapping[int, bytes]):
    """A dataset's keys by epoch.

    Parameters
    ----------
    keys : mapping of int to bytes
        Copied; all of one length.
    """

    __slots__ = ("__pages", "__weakref__", "_epochs", "_key_bytes", "is_locked")

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._epochs = {epoch: index for index, epoch in enumerate(sorted(keys))}
        self._key_bytes = max(map(len, keys.values()), default=0)
        self.__pages = mmap.mmap(-1, max(1, self._key_bytes * len(keys)))
        self.is_locked = _shield(self.__pages)
        for epoch in self._epochs:
            if len(keys[epoch]) != self._key_bytes:
                raise ValueError("keys of different lengths")
            self.__pages.write(keys[epoch])

    def __getitem__(self, epoch: int) -> bytes:
        start = self._epochs[epoch] * self._key_bytes
        return self.__pages[start : start + self._key_bytes]

    def __iter__(self) -> Iterator[int]:
        return iter(self._epochs)

    def __len__(self) -> int:
        return len(self._epochs)

    def __repr__(self) -> str:
        return f"Keyring(epochs={list(self._epochs)})"

    def __reduce__(self) -> Never:
        raise KeyUnavailableError(
            "Keys do not leave the process that holds them",
            hint="send the dataset's path and open it there.",
        )

    def __del__(self) -> None:
        pages = getattr(self, "_Keyring__pages", None)
        if pages is not None:
            pages[:] = bytes(len(pages))


@dataclass(frozen=True, slots=True)
class Protections:
    """What stands between this process's keys and a disk.

    Attributes
    ----------
    dumps_no_core : bool
        Whether a crash leaves no core dump.
    is_undumpable : bool
        Whether other processes of the account can't read the memory.
    locks_memory : bool
        Whether pages with keys stay out of swap.
    """

    dumps_no_core: bool
    is_undumpable: bool
    locks_memory: bool


def protect_process() -> None:
    """Forbid core dumps of this process and of those it starts.

    The process stays open to debuggers of its own account: a kernel's debugger and
    profilers need that, and whoever has the account in a sandbox is the workgroup anyway.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def protections() -> Protections:
    """Return what holds in this process now.

    Returns
    -------
    Protections
        Found out by trying.
    """
    return Protections(
        dumps_no_core=resource.getrlimit(resource.RLIMIT_CORE) == (0, 0),
        is_undumpable=_libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0,
        locks_memory=Keyring({1: bytes(1)}).is_locked,
    )


def _shield(pages: mmap.mmap) -> bool:
    """Keep pages out of core dumps and of swap; return whether the latter succeeded."""
    if hasattr(mmap, "MADV_DONTDUMP"):
        pages.madvise(mmap.MADV_DONTDUMP)
    first = ctypes.c_char.from_buffer(pages)
    return bool(_libc.mlock(ctypes.c_void_p(ctypes.addressof(first)), len(pages)) == 0)
