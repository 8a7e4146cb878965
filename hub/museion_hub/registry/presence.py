"""Who is in a workgroup's workspace now, as its server reports."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from museion_hub.registry.tables import Membership, Presence


def report(session: Session, slug: str, people: Collection[str]) -> list[str]:
    """Say that exactly these people are in the workspace now.

    A server vouches for its own workgroup only: names of others are left out.

    Returns
    -------
    list of str
        The members among them, by username.
    """
    members = session.scalars(
        select(Membership.person)
        .where(Membership.workgroup == slug, Membership.person.in_(people))
        .order_by(Membership.person)
    ).all()
    now = datetime.now(UTC)
    session.execute(
        delete(Presence).where(Presence.workgroup == slug, Presence.username.not_in(members))
    )
    for username in members:
        session.merge(Presence(workgroup=slug, username=username, last_seen=now))
    return list(members)
