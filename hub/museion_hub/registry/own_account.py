"""A person's own account: what they see of it and may change themselves."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import InvalidError, RefusedError
from museion_hub.registry.group_views import AccountMembership, AccountView
from museion_hub.registry.passwords import is_password
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.people import require_person_row, set_password
from museion_hub.registry.standing import require_person
from museion_hub.registry.tables import Membership, Workgroup
from museion_hub.registry.texts import require_email, require_line
from museion_hub.registry.views import initials_of

type Checker = Callable[[str, str | None], bool]


@dataclass(frozen=True, slots=True)
class Passwords:
    """The password a person has, as they say, and the one they want."""

    old: str = field(repr=False)
    new: str = field(repr=False)


def account_of(session: Session, username: str) -> AccountView:
    """Give a person's account as they see it themselves."""
    person = require_person_row(session, username)
    rows = session.execute(
        select(Workgroup, Membership)
        .join(Membership, Membership.workgroup == Workgroup.slug)
        .where(Membership.person == username)
        .order_by(Workgroup.title, Workgroup.slug)
    )
    workgroups = tuple(
        AccountMembership(group.slug, group.title, member.role, group.state, member.source)
        for group, member in rows
    )
    return AccountView(
        username=person.username,
        display_name=person.display_name,
        email=person.email,
        color=person.color,
        initials=initials_of(person.display_name or person.username),
        created=person.created,
        is_administrator=person.is_administrator,
        has_password=person.password_hash is not None,
        workgroups=workgroups,
    )


def change_account(
    session: Session, principal: Principal, *, display_name: str | None, email: str | None
) -> AccountView:
    """Change what others see of the caller, or where mail goes; None leaves it, "" removes it."""
    username = require_person(principal, "own account")
    person = require_person_row(session, username)
    before = (person.display_name, person.email)
    if display_name is not None:
        person.display_name = require_line(display_name, "name to show")
    if email is not None:
        person.email = require_email(email) if email.strip() else None
    changed = [
        name
        for name, old, new in zip(
            ("display_name", "email"), before, (person.display_name, person.email), strict=True
        )
        if old != new
    ]
    if changed:
        session.flush()
        mark_for_refresh(session, username)
        event = audit.EventName.PERSON_CHANGED
        detail = {"changed": ", ".join(changed)}
        audit.record(session, event, actor=username, subject=username, detail=detail)
    return account_of(session, username)


def require_password(session: Session, principal: Principal, password: str) -> None:
    """Refuse unless this is the caller's present password.

    Raises
    ------
    RefusedError
        If it is not.
    InvalidError
        If the caller has none, and signs in through the identity provider.
    """
    username = require_person(principal, "own password")
    stored = require_person_row(session, username).password_hash
    if stored is None:
        raise InvalidError(
            "This account has no password", hint="sign in through your institution, as before"
        )
    if not is_password(password, stored):
        raise RefusedError(
            "This is not your present password",
            hint="type the old password again",
            subject=username,
            reason="wrong password",
        )


def change_password(session: Session, principal: Principal, new: str) -> None:
    """Replace the caller's password, after `require_password`."""
    username = require_person(principal, "own password")
    set_password(session, username, new, actor=username)
