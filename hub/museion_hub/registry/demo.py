"""The demonstration: two workgroups and four people, so that a newcomer has something to open.

Made by the supervisor before the hub starts, in one transaction. Doing it again changes nothing;
what exists under these names already is left as it is. All people share one generated
password, kept in a file of its own; if the file is lost, they get a new one.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from museion_hub.custody import Custody, Guard
from museion_hub.errors import StateError
from museion_hub.registry.database import Database
from museion_hub.registry.memberships import set_member
from museion_hub.registry.people import Details, create_person, set_password
from museion_hub.registry.start import open_custody
from museion_hub.registry.tables import Person, Role, Workgroup
from museion_hub.registry.workgroups import create_workgroup

ACTOR: Final = "museion"
# Neither 0/o nor 1/l/i, so that a password survives being read aloud.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
PASSWORD_GROUPS: Final = 4
GROUP_CHARS: Final = 4


@dataclass(frozen=True, slots=True)
class _Workgroup:
    slug: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class _Person:
    username: str
    display_name: str
    workgroup: str = ""
    role: Role = Role.MEMBER

    @property
    def is_administrator(self) -> bool:
        return not self.workgroup


WORKGROUPS: Final = (
    _Workgroup("murals", "Wall Paintings", "Pigments, underdrawings and decay of painted walls."),
    _Workgroup("lapidary", "Lapidary", "Stone sculpture and inscriptions, scanned and compared."),
)
PEOPLE: Final = (
    _Person("murals-lead", "Chiara Alberti", "murals", Role.LEAD),
    _Person("murals-member", "Jonas Lindqvist", "murals", Role.MEMBER),
    _Person("lapidary-lead", "Eleni Markou", "lapidary", Role.LEAD),
    _Person("hub-admin", "Ingrid Solberg"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """How to sign in to the demonstration."""

    usernames: tuple[str, ...]
    password: str = field(repr=False)


def prepare_demo(
    database_url: str, root_key_file: Path, password_file: Path, guard: Guard | None = None
) -> Demo:
    """Bring the tables up to date and make the demonstration; the supervisor's one call.

    Parameters
    ----------
    database_url : str
        Address of the registry's database.
    root_key_file : Path
        The custody's root key; made at the first start.
    password_file : Path
        Where the demonstration's password is kept.
    guard : Guard, optional
        What protects the root key.
    """
    database = Database(database_url)
    try:
        database.upgrade()
        custody = open_custody(database, root_key_file, guard)
        kept = _read_password(password_file)
        with database.writing() as session:
            demo = create_demo(session, custody, kept)
        # Only now: if we die before this line, the next start makes another password.
        if kept is None:
            _write_password(password_file, demo.password)
        return demo
    finally:
        database.close()


def create_demo(session: Session, custody: Custody, password: str | None) -> Demo:
    """Make what is missing of the demonstration.

    Parameters
    ----------
    session : Session
        A writing transaction.
    custody : Custody
        Makes the workgroups' keys.
    password : str or None
        The password that the people have; None gives them a new one.
    """
    for group in WORKGROUPS:
        if session.get(Workgroup, group.slug) is None:
            create_workgroup(
                session,
                custody,
                group.slug,
                title=group.title,
                description=group.description,
                actor=ACTOR,
            )
    demo = Demo(tuple(person.username for person in PEOPLE), password or new_password())
    for person in PEOPLE:
        if session.get(Person, person.username) is None:
            _make_person(session, person, demo.password)
        elif password is None:
            set_password(session, person.username, demo.password, actor=ACTOR)
    return demo


def new_password() -> str:
    """Make a password of 79 bits that can be read aloud and typed."""
    groups = (
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARS))
        for _ in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)


def _make_person(session: Session, person: _Person, password: str) -> None:
    create_person(
        session,
        person.username,
        display_name=person.display_name,
        password=password,
        details=Details(is_administrator=person.is_administrator),
        actor=ACTOR,
    )
    if person.workgroup:
        set_member(session, person.workgroup, person.username, person.role, actor=ACTOR)


def _read_password(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(
            f"The demonstration's password can't be read: {path}",
            hint="delete the file, then start again",
        ) from error


def _write_password(path: Path, password: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{password}\n")
    draft.replace(path)
