"""The hash chain over the audit events.

A leaf is SHA-256(0x00 ‖ salt ‖ canonical JSON of the event); a link is
SHA-256(0x01 ‖ previous link ‖ leaf), beginning with 32 zero bytes. Each leaf has a random salt,
so a leaf hash can be published without letting anyone guess the names in it. A chain alone does
not show that its newest lines were cut off or that all of it was written anew: whoever kept an
older `ChainHead` passes it to `verify`, which then demands that the chain still goes through it.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_hub.audit.events import Detail, EventName
from museion_hub.registry.tables import AuditEvent

SALT_BYTES: Final = 16
MAX_ACTOR_CHARS: Final = 64
MAX_SUBJECT_CHARS: Final = 200
_GENESIS: Final = bytes(32)
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest link: how many events there are, and the hash over all of them."""

    seq: int
    chain_hash: bytes


class AuditError(Exception):
    """The log is not what was recorded.

    Parameters
    ----------
    seq : int
        First event at which that shows.
    finding : str
        What was found there.
    """

    def __init__(self, seq: int, finding: str) -> None:
        self.seq = seq
        super().__init__(
            f"the audit log was altered at event {seq}: {finding}\n"
            "hint: restore the registry from a backup and compare the two logs"
        )


def record(
    session: Session,
    name: EventName,
    *,
    actor: str,
    subject: str = "",
    detail: Detail | None = None,
    now: datetime | None = None,
) -> ChainHead:
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
    ChainHead
        The new end of the chain.
    """
    previous = _head(session)
    event = AuditEvent(
        seq=previous.seq + 1,
        time=now or datetime.now(UTC),
        event=name.value,
        actor=_clean(actor, MAX_ACTOR_CHARS),
        subject=_clean(subject, MAX_SUBJECT_CHARS),
        detail=dict(detail or {}),
        salt=secrets.token_bytes(SALT_BYTES),
    )
    event.leaf_hash = _leaf(event)
    event.chain_hash = _link(previous.chain_hash, event.leaf_hash)
    session.add(event)
    session.flush()
    return ChainHead(event.seq, event.chain_hash)


def verify(session: Session, *, pinned: ChainHead | None = None) -> ChainHead:
    """Check every event and every link.

    Parameters
    ----------
    session : Session
        From `Database.reading`.
    pinned : ChainHead, optional
        An end of the chain kept from earlier, which must still be part of it.

    Returns
    -------
    ChainHead
        The end of the chain, to be kept for the next time.

    Raises
    ------
    AuditError
        If an event is missing, altered, out of order, or the pinned end is gone.
    """
    head = ChainHead(0, _GENESIS)
    is_pin_found = pinned is None or pinned == head
    events = select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=_BATCH)
    for event in session.scalars(events):
        head = _follow(head, event)
        is_pin_found = is_pin_found or head == pinned
    if pinned is not None and not is_pin_found:
        raise AuditError(pinned.seq, "the chain no longer goes through the end kept from earlier")
    return head


def _follow(head: ChainHead, event: AuditEvent) -> ChainHead:
    if event.seq != head.seq + 1:
        raise AuditError(head.seq + 1, "the event is missing")
    if not hmac.compare_digest(event.leaf_hash, _leaf(event)):
        raise AuditError(event.seq, "the event is not what was recorded")
    if not hmac.compare_digest(event.chain_hash, _link(head.chain_hash, event.leaf_hash)):
        raise AuditError(event.seq, "the event does not follow the one before it")
    return ChainHead(event.seq, event.chain_hash)


def _head(session: Session) -> ChainHead:
    newest = session.execute(
        select(AuditEvent.seq, AuditEvent.chain_hash).order_by(AuditEvent.seq.desc()).limit(1)
    ).one_or_none()
    return ChainHead(0, _GENESIS) if newest is None else ChainHead(*newest)


def _leaf(event: AuditEvent) -> bytes:
    fields = {
        "seq": event.seq,
        "time": event.time.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": event.event,
        "actor": event.actor,
        "subject": event.subject,
        "detail": event.detail,
    }
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(b"\x00" + event.salt + canonical).digest()


def _link(previous: bytes, leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + previous + leaf).digest()


def _clean(text: str, limit: int) -> str:
    # Names come from strangers: no line breaks or control characters in a log.
    return "".join(char if char.isprintable() else "?" for char in text[:limit])
