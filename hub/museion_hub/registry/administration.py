"""What administrators do with people: list, make, change and remove them.

Removing a person ends every membership with new keys, and keeps the username: whoever got it next
would find the other's files and history. One administrator is always left.
"""

from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.registry import names
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import ConflictError
from museion_hub.registry.group_views import PersonLine
from museion_hub.registry.memberships import put_out
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.people import (
    Details,
    create_person,
    require_not_alike,
    require_person_row,
    set_password,
)
from museion_hub.registry.permissions import SiteAction, require_caller
from museion_hub.registry.tables import Membership, Person, Presence
from museion_hub.registry.views import initials_of
from museion_hub.registry.workgroup_tables import FormerPerson, JoinRequest


def require_administrator(principal: Principal) -> None:
    """Refuse whoever may not manage people."""
    require_caller(principal.caller, SiteAction.MANAGE_PEOPLE)


def list_people(session: Session, principal: Principal) -> list[PersonLine]:
    """List everybody by username, with the number of their workgroups."""
    require_administrator(principal)
    count = (
        select(Membership.person, func.count().label("workgroups"))
        .group_by(Membership.person)
        .subquery()
    )
    rows = session.execute(
        select(Person, Person.password_hash.is_not(None), count.c.workgroups)
        .outerjoin(count, count.c.person == Person.username)
        .order_by(Person.username)
    )
    return [
        PersonLine(
            username=person.username,
            display_name=person.display_name,
            email=person.email,
            color=person.color,
            initials=initials_of(person.display_name or person.username),
            is_administrator=person.is_administrator,
            has_password=has_password,
            created=person.created,
            workgroups=workgroups or 0,
        )
        for person, has_password, workgroups in rows
    ]


def make_person(
    session: Session, principal: Principal, username: str, display_name: str, details: Details
) -> None:
    """Make a person, without a password yet."""
    require_administrator(principal)
    require_not_alike(session, names.require_username(username))
    create_person(
        session, username, display_name=display_name, details=details, actor=principal.name
    )


def give_password(session: Session, principal: Principal, username: str, password: str) -> None:
    """Give somebody a new password."""
    require_administrator(principal)
    set_password(session, username, password, actor=principal.name)


def set_administrator(
    session: Session, principal: Principal, username: str, *, is_administrator: bool
) -> None:
    """Make somebody an administrator, or end that; one is always left."""
    require_administrator(principal)
    person = require_person_row(session, username)
    if is_administrator == person.is_administrator:
        return
    if not is_administrator:
        _require_other_administrator(session, username)
    person.is_administrator = is_administrator
    session.flush()
    mark_for_refresh(session, username)
    detail = {"is_administrator": is_administrator}
    name = audit.EventName.PERSON_CHANGED
    audit.record(session, name, actor=principal.name, subject=username, detail=detail)


def remove_person(
    session: Session, custody: Custody, principal: Principal, username: str
) -> list[str]:
    """Remove a person: memberships, requests and the account; what they made stays.

    Returns
    -------
    list of str
        Slugs of the workgroups the person was in.

    Raises
    ------
    ConflictError
        If a workgroup would have no lead, or the deployment no administrator.
    """
    require_administrator(principal)
    person = require_person_row(session, username)
    if person.is_administrator:
        _require_other_administrator(session, username)
    memberships = session.scalars(
        select(Membership).where(Membership.person == username).order_by(Membership.workgroup)
    ).all()
    slugs = [membership.workgroup for membership in memberships]
    for membership in memberships:
        put_out(session, custody, membership, actor=principal.name)
    session.execute(delete(JoinRequest).where(JoinRequest.person == username))
    session.execute(delete(Presence).where(Presence.username == username))
    session.delete(person)
    session.add(FormerPerson(username=username, removed=datetime.now(UTC)))
    session.flush()
    mark_for_refresh(session, username)
    name = audit.EventName.PERSON_REMOVED
    audit.record(session, name, actor=principal.name, subject=username)
    return slugs


def _require_other_administrator(session: Session, username: str) -> None:
    others = select(Person.username).where(
        Person.is_administrator.is_(True), Person.username != username
    )
    if session.scalars(others.limit(1)).first() is None:
        raise ConflictError(
            "The deployment would have no administrator", hint="make another one first"
        )
