"""Making people and giving them passwords."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.registry import names
from museion_hub.registry.errors import ConflictError, NotFoundError
from museion_hub.registry.passwords import hash_password
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.tables import Person
from museion_hub.registry.texts import require_email, require_line
from museion_hub.registry.views import PersonView
from museion_hub.registry.workgroup_tables import FormerPerson

# Dark enough for white initials on them (contrast of 4.5 or more), told apart side by side.
COLORS: Final = (
    "#8c3b2e",
    "#2f5d8c",
    "#3f6b3a",
    "#7a4b8c",
    "#8a5a00",
    "#1f6b6b",
    "#9c3566",
    "#5a5f28",
)


@dataclass(frozen=True, slots=True)
class Details:
    """What else is known of a person; `subject` is ``<issuer>#<sub>`` of the identity provider."""

    email: str | None = None
    subject: str | None = None
    is_administrator: bool = False


def create_person(
    session: Session,
    username: str,
    *,
    display_name: str,
    password: str | None = None,
    details: Details = Details(),
    actor: str,
) -> PersonView:
    """Make a person who can sign in; without a password, only through an identity provider.

    Raises
    ------
    InvalidNameError
        If nobody may have this username.
    InvalidError
        If the display name or the e-mail address is unfit, or the password.
    ConflictError
        If the username is taken, or was somebody's.
    """
    names.require_username(username)
    shown = require_line(display_name, "name to show")
    email = require_email(details.email) if details.email else None
    if session.get(Person, username) or session.get(FormerPerson, username):
        raise ConflictError(f"This username is taken: {username}", hint="choose another one")
    person = Person(
        username=username,
        display_name=shown,
        password_hash=hash_password(password) if password is not None else None,
        color=color_of(username),
        email=email,
        subject=details.subject,
        is_administrator=details.is_administrator,
        created=datetime.now(UTC),
    )
    session.add(person)
    session.flush()
    detail = {"is_administrator": True} if details.is_administrator else None
    name = audit.EventName.PERSON_CREATED
    audit.record(session, name, actor=actor, subject=username, detail=detail)
    return view_of(person)


def require_not_alike(session: Session, username: str) -> None:
    """Refuse a username that a hurried reader takes for somebody else's.

    Raises
    ------
    ConflictError
        If there is one that looks the same.
    """
    wanted = names.skeleton(username)
    others = session.scalars(select(Person.username)).all()
    if any(names.skeleton(other) == wanted for other in others):
        raise ConflictError(
            f"This username is taken, or looks like one that is: {username}",
            hint="choose another one",
        )


def set_password(session: Session, username: str, password: str, *, actor: str) -> None:
    """Replace a person's password; the sessions that began with the old one are to end.

    Raises
    ------
    NotFoundError
        If there is no such person.
    InvalidError
        If the password is unfit.
    """
    person = require_person_row(session, username)
    had_one = person.password_hash is not None
    person.password_hash = hash_password(password)
    if had_one:
        mark_for_refresh(session, username, ends_sessions=True)
    audit.record(session, audit.EventName.PASSWORD_CHANGED, actor=actor, subject=username)


def require_person_row(session: Session, username: str) -> Person:
    """Give a person.

    Raises
    ------
    NotFoundError
        If there is no such person.
    """
    person = session.get(Person, username)
    if person is None:
        raise NotFoundError(
            f"There is no such person: {username[:80]}",
            hint="check the spelling",
            subject=username[:80],
            reason="missing",
        )
    return person


def view_of(person: Person) -> PersonView:
    """Give a person as pages and presence show them."""
    return PersonView(person.username, person.display_name, person.color, person.is_administrator)


def color_of(username: str) -> str:
    """Give a person's colour, the same on every machine."""
    return COLORS[hashlib.sha256(username.encode()).digest()[0] % len(COLORS)]
