"""What stops this server from keeping work, said once to everybody and once when it is over.

Emitted as events, which each open JupyterLab hears; see the schema below. Editing goes on
in any case.
"""

import errno
import sqlite3
from enum import StrEnum
from logging import Logger
from typing import Any

from jupyter_events import EventLogger
from tornado.web import HTTPError

__all__ = ["SCHEMA", "SCHEMA_ID", "Task", "Troubles", "is_disk_full"]

SCHEMA_ID = "urn:museion:event:trouble"
SCHEMA: dict[str, Any] = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "The workspace can't keep work, or can again",
    "personal-data": False,
    "type": "object",
    "required": ["task", "is_over", "is_disk_full"],
    "properties": {
        "task": {"enum": ["changes", "file", "versions"]},
        "is_over": {"type": "boolean"},
        "is_disk_full": {"type": "boolean"},
    },
}
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Task(StrEnum):
    """What can't be done."""

    CHANGES = "changes"
    """Note each change beside the workspace."""
    FILE = "file"
    """Write a document to its file."""
    VERSIONS = "versions"
    """Keep earlier versions."""


class Troubles:
    """Knows what does not work at present.

    Parameters
    ----------
    events : EventLogger
        Where browsers listen.
    log : logging.Logger
        The server's log.
    """

    def __init__(self, events: EventLogger, log: Logger) -> None:
        self._events = events
        self._log = log
        self._present: dict[Task, bool] = {}
        self._lasting: set[Task] = set()

    @property
    def present(self) -> dict[str, bool]:
        """What does not work, and whether for lack of room on the disk."""
        return {task.value: is_full for task, is_full in self._present.items()}

    def begin(self, task: Task, error: BaseException, *, is_lasting: bool = False) -> None:
        """Say that something failed, unless that is known.

        Parameters
        ----------
        task : Task
            What failed.
        error : BaseException
            Why.
        is_lasting : bool
            Whether only a new start of the server can end it.
        """
        if task in self._present:
            return
        if is_lasting:
            self._lasting.add(task)
        self._present[task] = is_disk_full(error)
        self._log.error("Can't keep %s", task.value, exc_info=error)
        self._emit(task, is_over=False)

    def end(self, task: Task) -> None:
        """Say that something works again, if it did not.

        Parameters
        ----------
        task : Task
            What succeeded.
        """
        if task in self._present and task not in self._lasting:
            self._log.info("Can keep %s again", task.value)
            self._emit(task, is_over=True)
            del self._present[task]

    def _emit(self, task: Task, *, is_over: bool) -> None:
        data = {"task": task.value, "is_over": is_over, "is_disk_full": self._present[task]}
        self._events.emit(schema_id=SCHEMA_ID, data=data)


def is_disk_full(error: BaseException | None) -> bool:
    """Tell whether there is no room left.

    Parameters
    ----------
    error : BaseException or None
        What failed; also what it came from counts.

    Returns
    -------
    bool
        True for a full disk or a used-up quota.
    """
    match error:
        case None:
            return False
        case sqlite3.Error():
            return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        case OSError():
            return error.errno in FULL
        case HTTPError():
            return is_disk_full(error.__cause__)
        case _:
            return False
