"""Making people and giving them passwords."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.registry import names
from museion_hub.registry.errors import ConflictError, InvalidError, NotFoundError
from museion_hub.registry.passwords import hash_password
from museion_hub.registry.tables import Person
from museion_hub.registry.views import PersonView

MAX_DISPLAY_NAME_CHARS: Final = 120
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


def create_person(
    session: Session,
    username: str,
    *,
    display_name: str,
    password: str | None = None,
    actor: str,
) -> PersonView:
    """Make a person who can sign in; without a password, only through an identity provider.

    Raises
    ------
    InvalidNameError
        If nobody may have this username.
    InvalidError
        If the display name is empty or too long, or the password unfit.
    ConflictError
        If the username is taken.
    """
    names.require_username(username)
    if not 1 <= len(display_name.strip()) <= MAX_DISPLAY_NAME_CHARS:
        raise InvalidError(
            f"Not a name to show: {display_name[:80]!r}",
            hint=f"use 1 to {MAX_DISPLAY_NAME_CHARS} characters",
        )
    if session.get(Person, username) is not None:
        raise ConflictError(f"This username is taken: {username}", hint="choose another one")
    person = Person(
        username=username,
        display_name=display_name.strip(),
        password_hash=hash_password(password) if password is not None else None,
        color=color_of(username),
        created=datetime.now(UTC),
    )
    session.add(person)
    session.flush()
    audit.record(session, audit.EventName.PERSON_CREATED, actor=actor, subject=username)
    return PersonView(person.username, person.display_name, person.color)


def set_password(session: Session, username: str, password: str, *, actor: str) -> None:
    """Replace a person's password.

    Raises
    ------
    NotFoundError
        If there is no such person.
    InvalidError
        If the password is unfit.
    """
    person = session.get(Person, username)
    if person is None:
        raise NotFoundError(f"There is no such person: {username[:80]}")
    person.password_hash = hash_password(password)
    audit.record(session, audit.EventName.PASSWORD_CHANGED, actor=actor, subject=username)


def color_of(username: str) -> str:
    """Give a person's colour, the same on every machine."""
    return COLORS[hashlib.sha256(username.encode()).digest()[0] % len(COLORS)]
