"""Making workgroups with their keys, and who belongs to them."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.custody import Custody, RecipientKey
from museion_hub.registry import names
from museion_hub.registry.errors import (
    ConflictError,
    InternalError,
    InvalidError,
    NotFoundError,
)
from museion_hub.registry.tables import (
    Membership,
    Person,
    Presence,
    Role,
    Workgroup,
    WorkgroupKey,
)

MAX_TITLE_CHARS: Final = 120
FIRST_EPOCH: Final = 1


def create_workgroup(
    session: Session, custody: Custody, slug: str, *, title: str, description: str = "", actor: str
) -> None:
    """Make a workgroup and its first key pair.

    Raises
    ------
    InvalidNameError
        If no workgroup may have this slug.
    InvalidError
        If the title is empty or too long.
    ConflictError
        If the slug is taken.
    """
    names.require_slug(slug)
    if not 1 <= len(title.strip()) <= MAX_TITLE_CHARS:
        raise InvalidError(
            f"Not a title: {title[:80]!r}", hint=f"use 1 to {MAX_TITLE_CHARS} characters"
        )
    if session.get(Workgroup, slug) is not None:
        raise ConflictError(f"This workgroup exists already: {slug}", hint="choose another slug")
    now = datetime.now(UTC)
    session.add(Workgroup(slug=slug, title=title.strip(), description=description, created=now))
    session.flush()
    store_workgroup_key(session, custody.make_workgroup_key(slug, FIRST_EPOCH))
    audit.record(session, audit.EventName.WORKGROUP_CREATED, actor=actor, subject=slug)


def set_member(session: Session, slug: str, username: str, role: Role, *, actor: str) -> None:
    """Make a person a member of a workgroup, or change the person's role in it.

    Raises
    ------
    NotFoundError
        If there is no such workgroup or person.
    """
    if session.get(Workgroup, slug) is None or session.get(Person, username) is None:
        raise NotFoundError(f"There is no such workgroup or person: {slug[:40]}, {username[:80]}")
    membership = session.get(Membership, (username, slug))
    before = membership.role if membership else None
    if before is role:
        return
    if membership is None:
        session.add(Membership(person=username, workgroup=slug, role=role))
    else:
        membership.role = role
    session.flush()
    _record_change(session, slug, username, (before, role), actor)


def remove_member(session: Session, slug: str, username: str, *, actor: str) -> None:
    """End a membership. Tokens and open sockets are revoked by others, who then rotate the keys.

    Raises
    ------
    NotFoundError
        If the person is no member.
    """
    membership = session.get(Membership, (username, slug))
    if membership is None:
        raise NotFoundError(f"There is no such member: {slug[:40]}, {username[:80]}")
    before = membership.role
    seen = session.get(Presence, (slug, username))
    for row in filter(None, (seen, membership)):
        session.delete(row)
    session.flush()
    _record_change(session, slug, username, (before, None), actor)


def require_key(session: Session, slug: str, epoch: int | None = None) -> RecipientKey:
    """Give a workgroup's key pair of an epoch, by default the newest.

    Raises
    ------
    InternalError
        If the workgroup has none.
    """
    keys = select(WorkgroupKey).where(WorkgroupKey.workgroup == slug)
    if epoch is not None:
        keys = keys.where(WorkgroupKey.epoch == epoch)
    key = session.scalars(keys.order_by(WorkgroupKey.epoch.desc()).limit(1)).one_or_none()
    if key is None:
        raise InternalError(reason=f"workgroup {slug} has no key of epoch {epoch or 'newest'}")
    return RecipientKey(key.workgroup, key.epoch, key.public, key.sealed_private)


def store_workgroup_key(session: Session, key: RecipientKey) -> None:
    """Keep a workgroup's key pair of one epoch."""
    session.add(
        WorkgroupKey(
            workgroup=key.workgroup,
            epoch=key.epoch,
            public=key.public,
            sealed_private=key.sealed_private,
        )
    )
    session.flush()


def require_custody(session: Session, custody: Custody) -> None:
    """Refuse a custody that does not open the keys of these tables."""
    for slug in session.scalars(select(Workgroup.slug)):
        custody.require_opens(require_key(session, slug))


def _record_change(
    session: Session,
    slug: str,
    username: str,
    roles: tuple[Role | None, Role | None],
    actor: str,
) -> None:
    before, after = roles
    audit.record(
        session,
        audit.EventName.MEMBERSHIP_CHANGED,
        actor=actor,
        subject=f"{slug}/{username}",
        detail={"before": before and before.value, "after": after and after.value},
    )
