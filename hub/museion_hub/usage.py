"""What a running server uses, and which of its limits were reached, as its watch wrote it down.

The file is written outside the sandbox (`museion_hub.sandbox.watch`) and read-only inside.
"""

import json
import time
from dataclasses import dataclass

from museion_hub.workplaces import Workplace

LONGEST_AGE_S = 60.0
"""The watch writes several times a minute; an older file is of a server that has ended."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A limit that was reached.

    Attributes
    ----------
    time : float
        When, in seconds since 1970.
    message : str
        What was reached and what came of it.
    kernels : tuple of str
        Which kernels were ended, as far as known.
    """

    time: float
    message: str
    kernels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerUsage:
    """What a server and everything it started uses.

    Attributes
    ----------
    memory_bytes, most_memory_bytes : int
        In use, and the limit; 0 for none.
    tasks, most_tasks : int
        Processes and threads, and their limit; 0 for none.
    notices : tuple of Notice
        The latest limits that were reached, oldest first.
    is_running : bool
        Whether this is of now; otherwise of the end of the last run.
    """

    memory_bytes: int
    most_memory_bytes: int
    tasks: int
    most_tasks: int
    notices: tuple[Notice, ...]
    is_running: bool


def find_usage(workplace: Workplace) -> ServerUsage | None:
    """Return what an account's server uses, None if it never ran or runs without a sandbox."""
    try:
        content = json.loads(workplace.report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    notices = (
        Notice(each["time"], each["message"], tuple(each["kernels"])) for each in content["notices"]
    )
    return ServerUsage(
        memory_bytes=content["memory_bytes"],
        most_memory_bytes=content["bounds"]["memory_bytes"],
        tasks=content["tasks"],
        most_tasks=content["bounds"]["tasks"],
        notices=tuple(notices),
        is_running=time.time() - content["time"] < LONGEST_AGE_S,
    )
