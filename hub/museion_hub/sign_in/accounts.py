"""People and memberships as the provider wants them, in one transaction per sign-in or refresh.

What the provider gave, it changes and takes away; what people here gave stays, also where the
provider would give another role. A workgroup that a rule names and that does not exist is left
out. Keys are rotated by the registry (`leavers`), since this runs in the hub, which holds none.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Rows

from museion_hub import audit
from museion_hub.audit import EventName
from museion_hub.registry import invitations, memberships, people
from museion_hub.registry.database import Database
from museion_hub.registry.errors import ConflictError
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.tables import (
    Membership,
    MembershipSource,
    Person,
    Role,
    Workgroup,
)
from museion_hub.sign_in.claims import Identity, usernames_for
from museion_hub.sign_in.errors import DeniedError
from museion_hub.sign_in.rules import Rights

ACTOR: Final = "identity-provider"
"""Stands in the log for what claims did; no person can have this name."""
ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person who may be here.

    Attributes
    ----------
    username : str
        The person's account.
    is_changed : bool
        Whether memberships or the administrator's right were changed just now.
    """

    username: str
    is_changed: bool


class Accounts:
    """The registry's people, as far as a provider decides about them.

    Parameters
    ----------
    database : Database
        The registry's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Give the database connections back."""
        self._database.close()

    def is_provided(self, username: str) -> bool:
        """Tell whether a person signs in through a provider."""
        with self._database.reading() as rows:
            person = rows.get(Person, username)
            return person is not None and person.subject is not None

    def find_username(self, subject: str) -> str | None:
        """Give the account of a person of the provider, None if there is none."""
        with self._database.reading() as rows:
            return rows.scalar(select(Person.username).where(Person.subject == subject))

    def is_invited(self, token: str) -> bool:
        """Tell whether an invitation is one, and still opens something."""
        with self._database.reading() as rows:
            return invitations.find_usable(rows, token, now=datetime.now(UTC)) is not None

    def require_same(self, username: str, identity: Identity) -> None:
        """Refuse an identity that is another person's.

        Raises
        ------
        DeniedError
            If the account belongs to another subject, or is gone.
        """
        with self._database.reading() as rows:
            person = rows.get(Person, username)
            if person is None or person.subject != identity.subject:
                raise DeniedError(f"The session is another person's: {username}")

    def admit(self, identity: Identity, rights: Rights, *, is_open: bool) -> Admitted:
        """Find the person or make the account, and let memberships follow the rights.

        Parameters
        ----------
        identity : Identity
            Who it is.
        rights : Rights
            What the provider gives.
        is_open : bool
            Whether the person may be here without any membership.

        Returns
        -------
        Admitted
            The account.

        Raises
        ------
        DeniedError
            If nothing here is open to the person; what the provider took away is taken.
        """
        admitted = self._try_admit(identity, rights, is_open=is_open)
        if admitted is None:
            raise DeniedError("The person has no right to anything here")
        return admitted

    def _try_admit(self, identity: Identity, rights: Rights, *, is_open: bool) -> Admitted | None:
        for attempt in range(ATTEMPTS):
            try:
                with self._database.writing() as rows:
                    return _admit(rows, identity, rights, is_open=is_open)
            except IntegrityError:
                # Another process made the same account at the same moment: it is there now.
                if attempt + 1 == ATTEMPTS:
                    raise
        return None


def _admit(rows: Rows, identity: Identity, rights: Rights, *, is_open: bool) -> Admitted | None:
    person = rows.scalar(select(Person).where(Person.subject == identity.subject))
    wanted = _existing(rows, rights)
    if person is None:
        if not (wanted or rights.is_administrator or is_open):
            return None
        person = _create(rows, identity)
    is_changed = _follow(rows, person, wanted)
    is_changed |= _follow_administrator(rows, person, rights.is_administrator)
    may_stay = is_open or person.is_administrator or _has_membership(rows, person.username)
    return Admitted(person.username, is_changed) if may_stay else None


def _existing(rows: Rows, rights: Rights) -> dict[str, Role]:
    found = rows.scalars(select(Workgroup.slug).where(Workgroup.slug.in_(rights.roles)))
    return {slug: rights.roles[slug] for slug in found}


def _create(rows: Rows, identity: Identity) -> Person:
    for username in usernames_for(identity):
        try:
            people.create_person(
                rows,
                username,
                display_name=identity.display_name or username,
                actor=ACTOR,
            )
        except ConflictError:  # somebody has it, or had it
            continue
        person = rows.get_one(Person, username)
        person.subject, person.email = identity.subject, identity.email
        rows.flush()
        return person
    raise DeniedError("No username is free for a person of the provider")


def _has_membership(rows: Rows, username: str) -> bool:
    statement = select(Membership.workgroup).where(Membership.person == username).limit(1)
    return rows.scalar(statement) is not None


def _follow(rows: Rows, person: Person, wanted: dict[str, Role]) -> bool:
    """Make memberships equal to what is wanted, but for those given here."""
    found = rows.scalars(select(Membership).where(Membership.person == person.username)).all()
    given_here = {row.workgroup for row in found if row.source is MembershipSource.LOCAL}
    before = {row.workgroup: row.role for row in found if row.workgroup not in given_here}
    after = {slug: role for slug, role in wanted.items() if slug not in given_here}
    for slug in sorted(before.keys() | after.keys()):
        role = after.get(slug)
        if role is not before.get(slug):
            _set(rows, person.username, slug, role)
    return before != after


def _set(rows: Rows, username: str, slug: str, role: Role | None) -> None:
    if role is None:
        memberships.remove_member(rows, slug, username, actor=ACTOR)
        return
    memberships.set_member(rows, slug, username, role, actor=ACTOR)
    row = rows.get(Membership, (username, slug))
    if row is not None:
        row.source = MembershipSource.PROVIDER
        rows.flush()


def _follow_administrator(rows: Rows, person: Person, is_wanted: bool | None) -> bool:  # noqa: FBT001 - what the rules say
    if is_wanted is None or person.is_administrator is is_wanted:
        return False
    person.is_administrator = is_wanted
    rows.flush()
    mark_for_refresh(rows, person.username)
    detail = {"is_administrator": is_wanted}
    name = EventName.PERSON_CHANGED
    audit.record(rows, name, actor=ACTOR, subject=person.username, detail=detail)
    return True
