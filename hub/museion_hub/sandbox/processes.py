"""Reads from `/proc` what the processes of one sandbox are and use.

Everything below a sandbox's first process belongs to it: who loses a parent inside is given
to that first process. Memory is what the processes hold, shared pages divided among them,
and what lies in the sandbox's file systems in memory and in memory files. A process that
ends meanwhile is left out. Needs the standard library only.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
BLOCK_BYTES = 512
IN_MEMORY = ("tmp", "run/kernels", "dev/shm")
"""Where a sandbox may write without a disk; see `bubblewrap`."""
ENDED = (b"Z", b"X")
MEMORY_FILE = "/memfd:"
_PARENT, _USER_TICKS, _SYSTEM_TICKS, _THREADS, _RESIDENT = 1, 11, 12, 17, 21
"""Places in `/proc/PID/stat` after the command's name."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process at one moment.

    Attributes
    ----------
    pid, parent : int
        As numbered outside the sandbox.
    tasks : int
        Its threads, the first included.
    resident_bytes : int
        Pages in memory, those included that it shares.
    cpu_s : float
        Processor seconds since it began.
    has_ended : bool
        Whether only its number is left.
    """

    pid: int
    parent: int
    tasks: int
    resident_bytes: int
    cpu_s: float
    has_ended: bool


def parse_stat(pid: int, content: bytes) -> Process:
    """Read `/proc/PID/stat`; the command's name may hold anything, brackets too.

    Examples
    --------
    >>> numbers = " ".join(["7", *"0" * 9, "150", "50", *"0" * 4, "3", *"0" * 3, "10"])
    >>> found = parse_stat(9, b"9 (a) (b) S " + numbers.encode())
    >>> found.parent, found.tasks, found.resident_bytes // PAGE_BYTES
    (7, 3, 10)
    """
    fields = content[content.rindex(b")") + 1 :].split()
    return Process(
        pid=pid,
        parent=int(fields[_PARENT]),
        tasks=int(fields[_THREADS]),
        resident_bytes=int(fields[_RESIDENT]) * PAGE_BYTES,
        cpu_s=(int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])) / TICKS_PER_S,
        has_ended=fields[0] in ENDED,
    )


def find_process(pid: int) -> Process | None:
    """Return a process, None if it has ended."""
    try:
        return parse_stat(pid, (PROC / str(pid) / "stat").read_bytes())
    except (OSError, ValueError, IndexError):
        return None


def descendants(root: int) -> list[Process]:
    """Return what runs below a process, parents before children."""
    found: list[Process] = []
    waiting = children(root)
    while waiting:
        process = find_process(waiting.pop())
        if process is not None:
            found.append(process)
            waiting += children(process.pid)
    return found


def children(pid: int) -> list[int]:
    """Return the processes that any thread of a process started and that still run."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  often, and only the names
    except OSError:
        return []
    return [int(child) for thread in threads for child in _children_of(pid, thread)]


def _children_of(pid: int, thread: str) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123  often
            return file.read().split()
    except OSError:
        return []


def eldest_child(pid: int) -> int:
    """Return the child with the lowest number inside its sandbox, 0 if there is none."""
    numbered = [(_number_inside(child), child) for child in children(pid)]
    return min(((number, child) for number, child in numbered if number), default=(0, 0))[1]


def _number_inside(pid: int) -> int:
    try:
        content = (PROC / str(pid) / "status").read_bytes()
    except OSError:
        return 0
    lines = [line for line in content.splitlines() if line.startswith(b"NSpid:")]
    return int(lines[0].split()[-1]) if lines else 0


def held_bytes(process: Process, deadline: float) -> tuple[int, int]:
    """Return a process's private and shared memory, each shared page divided by its users.

    Whoever reads that waits for a process that is just starting another one; so after
    `deadline`, by the monotonic clock, what is private is taken for all.
    """
    folder = PROC / str(process.pid)
    try:
        if time.monotonic() > deadline:
            pages = (folder / "statm").read_bytes().split()
            return (int(pages[1]) - int(pages[2])) * PAGE_BYTES, 0
        content = (folder / "smaps_rollup").read_bytes()
    except OSError:
        return process.resident_bytes, 0
    found = dict(line.split(b":") for line in content.splitlines()[1:] if b":" in line)
    if b"Pss" not in found:
        return process.resident_bytes, 0
    every = _kibibytes(found[b"Pss"])
    shared = _kibibytes(found.get(b"Pss_Shmem", b"0 kB"))
    return every - shared, shared


def _kibibytes(value: bytes) -> int:
    return int(value.split()[0]) * 1024


def file_bytes(first: int) -> int:
    """Return what lies in the sandbox's file systems in memory.

    Parameters
    ----------
    first
        A process inside, whose root is the sandbox's; the folders are mount points there,
        which nobody inside can replace.
    """
    return sum(_used(PROC / str(first) / "root" / folder) for folder in IN_MEMORY)


def _used(folder: Path) -> int:
    try:
        usage = os.statvfs(folder)
    except OSError:
        return 0
    return (usage.f_blocks - usage.f_bfree) * usage.f_frsize


def memory_file_bytes(processes: Sequence[Process]) -> dict[int, int]:
    """Return, by process, what memory files hold; a process need not map one to fill it.

    A file that several have open counts for the first of them.
    """
    seen: set[tuple[int, int]] = set()
    held: dict[int, int] = {}
    for process in processes:
        for key, size_bytes in _memory_files(process.pid):
            if key not in seen:
                seen.add(key)
                held[process.pid] = held.get(process.pid, 0) + size_bytes
    return held


def _memory_files(pid: int) -> Iterator[tuple[tuple[int, int], int]]:
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)  # noqa: PTH208  often, and only the names
    except OSError:
        return
    for number in numbers:
        try:
            if os.readlink(f"{folder}/{number}").startswith(MEMORY_FILE):  # noqa: PTH115
                status = os.stat(f"{folder}/{number}")  # noqa: PTH116
                yield (status.st_dev, status.st_ino), status.st_blocks * BLOCK_BYTES
        except OSError:
            continue
