"""Asking to join a workgroup that is listed, and what its leads answer."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import ConflictError, NotFoundError
from museion_hub.registry.group_views import JoinedPlace, RequestView
from museion_hub.registry.memberships import take_in
from museion_hub.registry.permissions import Action
from museion_hub.registry.standing import require_action, require_person
from museion_hub.registry.tables import Membership, Person, Role
from museion_hub.registry.texts import require_text
from museion_hub.registry.views import initials_of
from museion_hub.registry.workgroup_tables import JoinRequest

MAX_MESSAGE_CHARS: Final = 1000
MAX_OPEN: Final = 20
"""Requests of one person that may wait at once."""


def ask_to_join(session: Session, principal: Principal, slug: str, message: str) -> None:
    """Ask to become a member; asking again replaces what was said.

    Raises
    ------
    NotFoundError
        If the workgroup is not listed.
    ConflictError
        If the person is a member already, or asks for too many.
    """
    username = require_person(principal, slug[:40])
    if session.get(Membership, (username, slug)) is not None:
        raise ConflictError(
            "You belong to this workgroup already", hint="open it from the home page"
        )
    workgroup = require_action(session, principal, slug, Action.ASK_TO_JOIN)
    if not workgroup.is_listed:
        raise NotFoundError(subject=slug, reason="not listed")
    said = require_text(message, "message", limit=MAX_MESSAGE_CHARS)
    row = session.get(JoinRequest, (slug, username))
    if row is not None:
        row.message = said
        return
    _require_few(session, username)
    now = datetime.now(UTC)
    session.add(JoinRequest(workgroup=slug, person=username, message=said, created=now))
    session.flush()
    _record(session, audit.EventName.JOIN_REQUESTED, slug, username, actor=username)


def list_requests(session: Session, principal: Principal, slug: str) -> list[RequestView]:
    """List who asks to join, the longest waiting first."""
    require_action(session, principal, slug, Action.READ_REQUESTS)
    rows = session.execute(
        select(JoinRequest, Person)
        .join(Person, Person.username == JoinRequest.person)
        .where(JoinRequest.workgroup == slug)
        .order_by(JoinRequest.created, JoinRequest.person)
    )
    return [
        RequestView(
            username=person.username,
            display_name=person.display_name,
            color=person.color,
            initials=initials_of(person.display_name or person.username),
            message=row.message,
            created=row.created,
        )
        for row, person in rows
    ]


def accept_request(
    session: Session, principal: Principal, slug: str, username: str, role: Role
) -> JoinedPlace:
    """Make somebody who asked a member.

    Raises
    ------
    NotFoundError
        If the person does not ask any more.
    """
    subject = f"{slug[:40]}/{username[:64]}"
    require_action(session, principal, slug, Action.ANSWER_REQUEST, subject=subject)
    row = _require(session, slug, username)
    session.delete(row)
    session.flush()
    taken = take_in(session, slug, username, role, actor=principal.name)
    return JoinedPlace(slug, taken)


def end_request(session: Session, principal: Principal, slug: str, username: str) -> None:
    """Decline a request, or take one's own back.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    is_own = principal.name == username
    action = Action.TAKE_REQUEST_BACK if is_own else Action.ANSWER_REQUEST
    subject = f"{slug[:40]}/{username[:64]}"
    require_action(session, principal, slug, action, subject=subject)
    session.delete(_require(session, slug, username))
    session.flush()
    name = audit.EventName.JOIN_WITHDRAWN if is_own else audit.EventName.JOIN_DECLINED
    _record(session, name, slug, username, actor=principal.name)


def _require(session: Session, slug: str, username: str) -> JoinRequest:
    row = session.get(JoinRequest, (slug, username))
    if row is None:
        # No sentence of its own: a stranger would learn from it that the workgroup exists.
        raise NotFoundError(subject=f"{slug[:40]}/{username[:64]}", reason="no request")
    return row


def _require_few(session: Session, username: str) -> None:
    waiting = session.scalar(
        select(func.count()).select_from(JoinRequest).where(JoinRequest.person == username)
    )
    if (waiting or 0) >= MAX_OPEN:
        raise ConflictError(
            f"{MAX_OPEN} of your requests wait for an answer already",
            hint="take one of them back first",
        )


def _record(
    session: Session, name: audit.EventName, slug: str, username: str, *, actor: str
) -> None:
    audit.record(session, name, actor=actor, subject=f"{slug}/{username}")
