"""Appending events to the log, in the caller's own transaction."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from museion_datasets.log.event import SALT_BYTES, Event, event_leaf
from museion_hub.audit.events import Detail, EventName
from museion_hub.audit.nodes import append_nodes, tree_size
from museion_hub.audit.tables import AuditEvent

MAX_ACTOR_CHARS: Final = 64
MAX_SUBJECT_CHARS: Final = 200
_ADD: Final = insert(AuditEvent)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Where an event stands in the log, and the hash by which the log commits to it."""

    index: int
    leaf_hash: bytes


def record(
    session: Session,
    name: EventName,
    *,
    actor: str,
    subject: str = "",
    detail: Detail | None = None,
    now: datetime | None = None,
) -> LogEntry:
    """Append one event in the caller's writing transaction.

    Parameters
    ----------
    session : Session
        From `Database.writing`, which orders the writers.
    name : EventName
        What happened.
    actor : str
        Who did it: a username or a workgroup's account.
    subject : str
        What it was done to: a path, a slug, a username.
    detail : mapping, optional
        Small facts; never keys, tokens, passwords or contents.
    now : datetime, optional
        Time of the event; the present by default.

    Returns
    -------
    LogEntry
        The event's place.
    """
    index = tree_size(session)
    fields: dict[str, Any] = {
        "log_index": index,
        "time": now or datetime.now(UTC),
        "event": name.value,
        "actor": _clean(actor, MAX_ACTOR_CHARS),
        "subject": _clean(subject, MAX_SUBJECT_CHARS),
        "detail": dict(detail or {}),
    }
    salt = secrets.token_bytes(SALT_BYTES)
    entry = LogEntry(index, event_leaf(_event(**fields), salt))
    session.flush()
    session.connection().execute(_ADD, {**fields, "salt": salt, "leaf_hash": entry.leaf_hash})
    append_nodes(session, entry.index, entry.leaf_hash)
    return entry


def event_of(row: AuditEvent | Row[Any]) -> Event:
    """Give the event of a row as the log commits to it."""
    names = ("log_index", "time", "event", "actor", "subject", "detail")
    return _event(**{name: getattr(row, name) for name in names})


def _event(*, log_index: int, time: datetime, **rest: Any) -> Event:  # noqa: ANN401 - columns
    stamp = time.astimezone(UTC).isoformat(timespec="microseconds")
    return {"index": log_index, "time": stamp, **rest}


def _clean(text: str, limit: int) -> str:
    # Names come from strangers: no line breaks or control characters in a log.
    return "".join(char if char.isprintable() else "?" for char in text[:limit])
