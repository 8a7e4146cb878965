"""Signing the log: checkpoints on demand, and proofs that an event is in it.

Every size that is signed is remembered with its root. Before anything is signed, the newest of
them must still be the beginning of the log, so the log never signs two histories, not even after
somebody has edited the database. A checkpoint may leave the process only once its transaction
has committed.
"""

import base64
import hmac
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_datasets.log.logged import FORMAT_VERSION
from museion_datasets.log.tree import TreeHead, prove_inclusion, root_of
from museion_hub.audit.errors import AuditError
from museion_hub.audit.nodes import node_reader, tree_head
from museion_hub.audit.recording import event_of
from museion_hub.audit.tables import AuditEvent, LogCheckpoint, LogKey
from museion_hub.custody.log_key import LogCustody, SealedLogKey

_ONLY_KEY = 1


def open_log_key(session: Session, custody: LogCustody) -> SealedLogKey:
    """Give the log's key, made the first time it is asked for."""
    row = session.get(LogKey, _ONLY_KEY)
    if row is not None:
        return SealedLogKey(row.origin, tuple(row.verifiers["keys"]), row.sealed)
    key = custody.make_log_key()
    verifiers = {"keys": list(key.verifiers)}
    session.add(LogKey(id=_ONLY_KEY, origin=key.origin, verifiers=verifiers, sealed=key.sealed))
    session.flush()
    return key


def sign_checkpoint(session: Session, custody: LogCustody, *, now: datetime | None = None) -> str:
    """Sign the log as it is now.

    Parameters
    ----------
    session : Session
        A writing transaction.
    custody : LogCustody
        Holds the log's key.
    now : datetime, optional
        The time that is signed; the present by default.

    Returns
    -------
    str
        A signed note.

    Raises
    ------
    AuditError
        If the log no longer continues what was signed before.
    """
    head = tree_head(session)
    _require_progress(session, head)
    time_s = int((now or datetime.now(UTC)).timestamp())
    return custody.sign_checkpoint(open_log_key(session, custody), head, time_s)


def prove(
    session: Session, custody: LogCustody, index: int, *, with_event: bool = True
) -> dict[str, Any]:
    """Prove that an event is in the log, for somebody without access to this hub.

    Parameters
    ----------
    session : Session
        A writing transaction.
    custody : LogCustody
        Holds the log's key.
    index : int
        The event's place, as `record` gave it.
    with_event : bool
        Whether the event itself and its salt are part of the answer: they say who did what.

    Returns
    -------
    dict
        What `museion_datasets.log.LogProof.from_json` reads.

    Raises
    ------
    AuditError
        If there is no such event, or the log may not be signed.
    """
    row = session.get(AuditEvent, index)
    if row is None:
        raise AuditError(index, "it is not there")
    checkpoint = sign_checkpoint(session, custody)
    size = tree_head(session).size
    path = prove_inclusion(index, size, node_reader(session))
    proof = {
        "format": FORMAT_VERSION,
        "index": index,
        "leaf": _text(row.leaf_hash),
        "tree_size": size,
        "proof": [_text(hash_) for hash_ in path],
        "checkpoint": checkpoint,
    }
    known = {"event": dict(event_of(row)), "salt": _text(row.salt)} if with_event else {}
    return proof | known


def _require_progress(session: Session, head: TreeHead) -> None:
    newest = select(LogCheckpoint).order_by(LogCheckpoint.tree_size.desc()).limit(1)
    signed = session.scalar(newest)
    if signed is not None:
        if signed.tree_size > head.size:
            raise AuditError(head.size, f"a log of {signed.tree_size} events was signed before")
        root = root_of(signed.tree_size, node_reader(session))
        if not hmac.compare_digest(root, signed.root):
            raise AuditError(signed.tree_size - 1, "another history up to here was signed before")
    if signed is None or signed.tree_size < head.size:
        session.add(LogCheckpoint(tree_size=head.size, root=head.root))
        session.flush()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
