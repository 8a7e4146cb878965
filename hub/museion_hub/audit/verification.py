"""Checking the whole log against itself, against what was signed, and against a kept checkpoint.

Each event is hashed anew, the tree is built anew from those hashes, and both are compared with
what is stored. What only somebody with the database and the root key could do (write all of it
anew, or cut off its end together with what was signed of it) shows against a checkpoint that was
kept elsewhere.
"""

import hmac
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from museion_datasets.errors import InvalidError
from museion_datasets.log.event import event_leaf
from museion_datasets.log.tree import Frontier, TreeHead, node_hash
from museion_hub.audit.errors import AuditError
from museion_hub.audit.recording import event_of
from museion_hub.audit.tables import AuditEvent, LogCheckpoint, LogNode

_BATCH: Final = 1000


def verify(session: Session, *, pinned: TreeHead | None = None) -> TreeHead:
    """Check every event and every hash.

    Parameters
    ----------
    session : Session
        From `Database.reading`.
    pinned : TreeHead, optional
        A size and root kept from earlier, which the log must still have gone through.

    Returns
    -------
    TreeHead
        The log as it is now, to be kept for the next time.

    Raises
    ------
    AuditError
        If an event is missing, altered or out of order, a hash of the tree is, or the log does
        not go through what was signed or kept.
    """
    frontier = Frontier()
    heads = _Heads(session, pinned)
    heads.check(frontier)
    events = select(AuditEvent.__table__).order_by(AuditEvent.log_index)
    for event in session.connection().execute(events.execution_options(yield_per=_BATCH)):
        _require_event(frontier.size, event)
        frontier.append(event.leaf_hash)
        heads.check(frontier)
    heads.require_all_met(frontier.size)
    _require_nodes(session)
    return frontier.head


class _Heads:
    """The signed and kept states that the log must go through, smallest first."""

    def __init__(self, session: Session, pinned: TreeHead | None) -> None:
        self._rows = self._read(session)
        self._next = next(self._rows, None)
        self._pinned = pinned
        self._is_pin_met = pinned is None

    @staticmethod
    def _read(session: Session) -> Iterator[TreeHead]:
        signed = select(LogCheckpoint.tree_size, LogCheckpoint.root)
        ordered = signed.order_by(LogCheckpoint.tree_size).execution_options(yield_per=_BATCH)
        return (TreeHead(*row) for row in session.execute(ordered))

    def check(self, frontier: Frontier) -> None:
        """Compare the log up to here with what was signed or kept of that size."""
        size = frontier.size
        if self._next is not None and self._next.size == size:
            self._require(frontier, self._next, "signed before")
            self._next = next(self._rows, None)
        if self._pinned is not None and self._pinned.size == size:
            self._require(frontier, self._pinned, "kept from earlier")
            self._is_pin_met = True

    def require_all_met(self, size: int) -> None:
        """Require that the log did not end before what was signed or kept.

        Raises
        ------
        AuditError
            If it did.
        """
        if self._next is not None:
            raise AuditError(size, f"the log ends here, but was signed with {self._next.size}")
        if self._pinned is not None and not self._is_pin_met:
            found = f"the log ends here, but the kept checkpoint has {self._pinned.size} events"
            raise AuditError(size, found)

    @staticmethod
    def _require(frontier: Frontier, expected: TreeHead, which: str) -> None:
        if not hmac.compare_digest(frontier.head.root, expected.root):
            found = f"the history up to here is not the one {which}"
            raise AuditError(expected.size - 1, found)


def _require_event(index: int, event: Row[Any]) -> None:
    if event.log_index != index:
        raise AuditError(index, "the event is missing")
    try:
        leaf = event_leaf(event_of(event), event.salt)
    except InvalidError:
        leaf = b""
    if not hmac.compare_digest(event.leaf_hash, leaf):
        raise AuditError(index, "the event is not what was recorded")


def _require_nodes(session: Session) -> None:
    # Each stored level follows from the one beneath; the lowest was checked with the events.
    highest = session.scalar(select(func.max(LogNode.level))) or 0
    level, width = 0, 2
    while width > 1 or level < highest:
        expected = _parents(_hashes(session, level))
        level += 1
        width = _require_same(level, expected, _hashes(session, level))


def _require_same(level: int, expected: Iterator[bytes], stored: Iterator[bytes]) -> int:
    width = 0
    for one, other in zip_longest(expected, stored):
        if one != other:
            raise AuditError(width << level, "a hash of the tree above it is not its own")
        width += 1
    return width


def _hashes(session: Session, level: int) -> Iterator[bytes]:
    query = (
        select(LogNode.position, LogNode.hash)
        .where(LogNode.level == level)
        .order_by(LogNode.position)
        if level
        else select(AuditEvent.log_index, AuditEvent.leaf_hash).order_by(AuditEvent.log_index)
    )
    rows = session.connection().execute(query.execution_options(yield_per=_BATCH))
    for position, (found, hash_) in enumerate(rows):
        # One that is not in its place counts as altered, whatever it holds.
        yield hash_ if found == position else b""


def _parents(hashes: Iterator[bytes]) -> Iterator[bytes]:
    for left in hashes:
        right = next(hashes, None)
        if right is not None:
            yield node_hash(left, right)
