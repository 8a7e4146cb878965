"""Starts child processes and stops every descendant, those included that changed parents.

The supervisor makes itself the *subreaper* of its descendants (Linux prctl): a
process whose parent dies is handed to the supervisor instead of to process 1.
So "everything it started" is a fact that the kernel keeps, not a list of ours,
and children get SIGTERM from the kernel if the supervisor itself is killed.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Child:
    """A process of ours, by the name that a person reads."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


def adopt_orphans() -> None:
    """Make this process the parent of any descendant that loses its own.

    Raises
    ------
    OSError
        The kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel refuses PR_SET_CHILD_SUBREAPER")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def start(name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
    """Start a command in a session of its own, its output going to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  the supervisor has one thread
        )
    return Child(name, process, log)


def last_lines(log: Path, count: int = 6) -> str:
    """Return the last lines of a log for an error message."""
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(errors="replace").strip().splitlines()[-count:])
    return ""


def stop(children: Sequence[Child], grace_s: float = 10.0) -> None:
    """End the children in reverse order of their start, then whatever they left behind."""
    for child in reversed(children):
        if child.process.poll() is None:
            child.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(grace_s)
    _end_all(signal.SIGTERM, grace_s=2.0)
    _end_all(signal.SIGKILL, grace_s=2.0)


def _end_all(number: signal.Signals, grace_s: float) -> None:
    deadline = time.monotonic() + grace_s
    signalled: set[int] = set()
    while (alive := descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in set(alive) - signalled:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        signalled.update(alive)
        time.sleep(POLL_S)
        _reap()
    _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def reap_adopted(children: Sequence[Child]) -> None:
    """Let go of a process that was handed to this one and has ended since."""
    own = {child.process.pid for child in children}
    with contextlib.suppress(ChildProcessError):
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None and ended.si_pid not in own:
            os.waitpid(ended.si_pid, os.WNOHANG)


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes below `pid`, zombies left out."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        parent = _parent_of(entry) if entry.name.isdigit() else None
        if parent is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _parent_of(entry: Path) -> int | None:
    try:
        state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:  # it ended while we looked
        return None
    return None if state == "Z" else int(parent)
