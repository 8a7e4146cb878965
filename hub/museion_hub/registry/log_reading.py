"""What the log shows of itself: tiles to everybody, events to those whom they concern.

Tiles and bundles hold salted hashes only. An event itself, with the salt that proves it, goes to
whoever did it, and to the leads of a workgroup that it was done by or to.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from museion_datasets.log.event import Event, entry_of
from museion_datasets.log.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, encode_bundle
from museion_hub.audit import event_of
from museion_hub.audit.nodes import row_of_hashes
from museion_hub.audit.tables import AuditEvent
from museion_hub.registry import names
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import NotFoundError
from museion_hub.registry.tables import Role

MAX_EVENTS: Final = 500


def find_tile(session: Session, tile: Tile) -> bytes | None:
    """Give a tile or a bundle of entries, if the log has all of it."""
    first = tile.index * TILE_WIDTH
    if tile.level is None:
        found = _entries(session, first, tile.width)
        return encode_bundle(found) if len(found) == tile.width else None
    found = row_of_hashes(session, tile.level * TILE_HEIGHT, first, tile.width)
    return b"".join(found) if len(found) == tile.width else None


def require_event(session: Session, principal: Principal, index: int) -> AuditEvent:
    """Give an event that this principal may see.

    Raises
    ------
    NotFoundError
        If there is none, or it is not theirs to see.
    """
    event = session.get(AuditEvent, index)
    if event is None or not _may_see(principal, event):
        reason = "missing" if event is None else "denied"
        raise NotFoundError(subject=f"log entry {index}", reason=reason)
    return event


def list_events(
    session: Session, principal: Principal, workgroup: str, *, before: int | None, limit: int
) -> list[Event]:
    """List what was done by or to a workgroup, the newest first.

    Parameters
    ----------
    session : Session
        For reading.
    principal : Principal
        One of its leads.
    workgroup : str
        Slug.
    before : int, optional
        Only events with a smaller index, to read on.
    limit : int
        Most events to give.

    Raises
    ------
    NotFoundError
        If the principal does not lead it.
    """
    if workgroup not in _leads(principal):
        raise NotFoundError(subject=workgroup, reason="no lead of this workgroup")
    return events_of(session, workgroup, before=before, limit=limit)


def events_of(session: Session, workgroup: str, *, before: int | None, limit: int) -> list[Event]:
    """Give what was done by or to a workgroup, the newest first; asks nobody."""
    concerned = or_(
        AuditEvent.actor == names.account_name(workgroup),
        AuditEvent.subject == workgroup,
        AuditEvent.subject.startswith(f"{workgroup}/", autoescape=True),
        AuditEvent.detail["recipient"].as_string() == workgroup,
    )
    query = select(AuditEvent).where(concerned).order_by(AuditEvent.log_index.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEvent.log_index < before)
    return [event_of(event) for event in session.scalars(query)]


def _entries(session: Session, first: int, count: int) -> list[bytes]:
    query = (
        select(AuditEvent)
        .where(AuditEvent.log_index.between(first, first + count - 1))
        .order_by(AuditEvent.log_index)
    )
    return [entry_of(event_of(event), event.salt) for event in session.scalars(query)]


def _may_see(principal: Principal, event: AuditEvent) -> bool:
    return event.actor == principal.name or any(
        _concerns(event, slug) for slug in _leads(principal)
    )


def _concerns(event: AuditEvent, slug: str) -> bool:
    return (
        event.actor == names.account_name(slug)
        or event.subject == slug
        or event.subject.startswith(f"{slug}/")
        or event.detail.get("recipient") == slug
    )


def _leads(principal: Principal) -> Sequence[str]:
    return [one.workgroup for one in principal.memberships if one.role is Role.LEAD]
