"""Ends processes of one sandbox, also such as multiply, and never another's.

Linux lets a fork that has begun finish under any signal but the one that kills. So whoever is
meant is killed at once, and whoever was started meanwhile turns up a moment later as a stray:
the search goes on until all are gone. Each signal goes through a descriptor of the process
whose namespace was looked at after the descriptor was opened, so a number that was given anew
harms nobody else.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable

from museion_hub.sandbox import processes

LONGEST_END_S = 0.5
"""Who starts others and is not meant goes on; then there would be no end."""
POLL_S = 0.01


def find_namespace(pid: int) -> str:
    """Return the name of a process's namespace of processes, empty if it has ended."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115  a name, not a path
    except OSError:
        return ""


def send(pid: int, number: signal.Signals, namespace: str) -> None:
    """Signal a process if it still runs in `namespace`."""
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(pid)
        try:
            if find_namespace(pid) == namespace:
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def end_all(
    roots: Callable[[], Iterable[int]], strays: Callable[[], Iterable[int]], namespace: str
) -> set[int]:
    """Kill some processes, all below them, and all that they still start.

    Parameters
    ----------
    roots
        Looks up who is meant.
    strays
        Looks up the processes without a parent; who becomes one from now on is meant too.
    namespace
        Where they run.

    Returns
    -------
    set of int
        Who was killed; some may take a while to be gone.
    """
    innocent = set(strays()) - set(roots())
    killed: set[int] = set()
    deadline = time.monotonic() + LONGEST_END_S
    while time.monotonic() < deadline:
        waiting = list({*roots(), *strays()} - innocent - killed)
        if not waiting and not any(map(_runs, killed)):
            break
        if not waiting:
            time.sleep(POLL_S)
        while waiting:
            pid = waiting.pop()
            waiting += [child for child in processes.children(pid) if child not in killed]
            send(pid, signal.SIGKILL, namespace)
            killed.add(pid)
    return killed


def _runs(pid: int) -> bool:
    """Whether a process is neither gone nor only waiting to be noticed by its parent."""
    process = processes.find_process(pid)
    return process is not None and not process.has_ended


def with_descendants(roots: Iterable[int]) -> list[int]:
    """Return processes and what runs below them."""
    below = ((root, *(each.pid for each in processes.descendants(root))) for root in roots)
    return [pid for family in below for pid in family]
