"""Begins new keys when the identity provider takes somebody out of a workgroup.

The provider's word arrives in the hub, which holds no keys; so the registry looks at the log. A
workgroup is due if somebody who could read has left it by the provider's word since its key was
last changed. How far it has looked is written down when everything up to there is done: a crash
in between only puts it off.
"""

import asyncio
import logging
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from museion_hub.audit import EventName
from museion_hub.audit.nodes import tree_size
from museion_hub.audit.tables import AuditEvent
from museion_hub.custody import Custody
from museion_hub.registry.database import Database
from museion_hub.registry.epochs import rotate_workgroup_key
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.service import Refresher
from museion_hub.registry.tables import Role, Workgroup
from museion_hub.registry.workgroup_tables import LogPosition
from museion_hub.sign_in.accounts import ACTOR

LOOK_EVERY_S: Final = 1.0
KEEP_EVERY: Final = 1000
"""After so many entries of the log the place is written down, though nobody has left."""
READER: Final = "leavers"
_READERS: Final = {Role.LEAD.value, Role.MEMBER.value}
_log: Final = logging.getLogger(__name__)


async def keep_rotating(
    database: Database, custody: Custody, refresher: Refresher, *, has_provider: bool
) -> None:
    """Look at the log for ever; without a provider once, for what an earlier one has left.

    Parameters
    ----------
    database : Database
        The registry's.
    custody : Custody
        Makes the keys.
    refresher : Refresher
        Is told of whom the provider changed.
    has_provider : bool
        Whether anybody signs in through an identity provider.
    """
    seen: int | None = None
    kept = -1
    while True:
        try:
            if seen is None:
                kept = seen = await run_in_threadpool(find_position, database)
            people, end = await run_in_threadpool(rotate_for_leavers, database, custody, seen)
            if people:
                await refresher.refresh(people)
            if people or end - kept >= KEEP_EVERY or not has_provider:
                await run_in_threadpool(keep_position, database, end)
                kept = end
            seen = end
            if not has_provider:
                return
        except UnavailableError as error:
            _log.warning("the log can't be read for people who left: %s", error)
        await asyncio.sleep(LOOK_EVERY_S)


def find_position(database: Database) -> int:
    """Give the place in the log up to which everything was done; -1 for none."""
    with database.reading() as session:
        row = session.get(LogPosition, READER)
        return -1 if row is None else row.seen


def keep_position(database: Database, seen: int) -> None:
    """Write down up to where everything was done."""
    with database.writing() as session:
        session.merge(LogPosition(reader=READER, seen=seen))


def rotate_for_leavers(
    database: Database, custody: Custody, seen: int = -1
) -> tuple[frozenset[str], int]:
    """Begin new keys of the workgroups that are due.

    Parameters
    ----------
    database : Database
        The registry's.
    custody : Custody
        Makes the keys.
    seen : int
        Place in the log up to which it was looked at before.

    Returns
    -------
    people, seen
        Whom the provider changed since then, and how far the log goes now.
    """
    with database.reading() as session:
        end = tree_size(session) - 1
        changes = _changes(session, seen)
        due = _due(session, changes)
    for slug in due:
        with database.writing() as session:
            if session.get(Workgroup, slug) is not None:
                rotate_workgroup_key(session, custody, slug, actor=ACTOR)
    people = frozenset(row.subject.partition("/")[2] for row in changes)
    return people, end


def _changes(session: Session, seen: int) -> list[Row[Any]]:
    statement = select(AuditEvent.log_index, AuditEvent.subject, AuditEvent.detail).where(
        AuditEvent.event == EventName.MEMBERSHIP_CHANGED.value,
        AuditEvent.actor == ACTOR,
        AuditEvent.log_index > seen,
    )
    return list(session.execute(statement.order_by(AuditEvent.log_index)))


def _due(session: Session, changes: list[Row[Any]]) -> list[str]:
    left = {row.subject.partition("/")[0]: row.log_index for row in changes if _has_left(row)}
    rotated = session.execute(
        select(AuditEvent.subject, func.max(AuditEvent.log_index).label("last"))
        .where(
            AuditEvent.event == EventName.WORKGROUP_KEY_ROTATED.value,
            AuditEvent.subject.in_(left),
        )
        .group_by(AuditEvent.subject)
    )
    last = {row.subject: row.last for row in rotated}
    return sorted(slug for slug, index in left.items() if index > last.get(slug, -1))


def _has_left(row: Row[Any]) -> bool:
    return row.detail.get("before") in _READERS and row.detail.get("after") not in _READERS
