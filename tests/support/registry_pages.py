"""Workgroups and people for the registry's pages: few, many, long, hostile, waiting, archived."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from museion_hub.custody import Custody, RootCustody, open_root_key
from museion_hub.registry.database import Database
from museion_hub.registry.memberships import set_member
from museion_hub.registry.people import color_of, create_person
from museion_hub.registry.tables import (
    Membership,
    Person,
    Presence,
    Role,
    Workgroup,
    WorkgroupState,
)
from museion_hub.registry.workgroup_tables import JoinRequest
from museion_hub.registry.workgroups import create_workgroup
from museion_hub.workplaces import registry_database_url
from tests.support.hub import TempHub, temp_hub

PASSWORD = "paper-lantern-quartz-7"
CROWD = 500
HOSTILE = "<img src=x onerror=alert(1)> & “Tiles”"
PEOPLE = {
    "astrid": "Astrid Holm",
    "bao": "Bao Nguyễn",
    "carla": "Carla de la Fuente-Møller",
    "dimitra": "Dimitra Papadopoulou",
    "emeka": "Emeka Obi",
    "noor": "Noor Newcomer",
    "ruth": "Ruth Okonjo",
}


@contextmanager
def pages_site() -> Generator[tuple[TempHub, Database]]:
    """Run a hub with its registry, filled with what the pages have to show."""
    with temp_hub() as hub:
        database = Database(registry_database_url(hub.settings))
        custody = RootCustody(open_root_key(hub.paths.root_key_file, may_create=False))
        with database.writing() as session:
            fill(session, custody)
        try:
            yield hub, database
        finally:
            database.close()


def fill(session: Session, custody: Custody) -> None:
    """Make it all in one transaction."""
    now = datetime.now(UTC)
    for username, name in PEOPLE.items():
        create_person(session, username, display_name=name, password=PASSWORD, actor="museion")
    session.get_one(Person, "ruth").is_administrator = True
    crew = {"astrid": Role.LEAD, "bao": Role.MEMBER, "carla": Role.MEMBER, "dimitra": Role.GUEST}
    about = "Secco layers in the crypt, campaign of 2026.\nSamples are kept in Copenhagen."
    _workgroup(session, custody, "crypt", "Wall Paintings of the Crypt", about, crew)
    _workgroup(session, custody, "tiles", HOSTILE, "x" * 4000, {"bao": Role.LEAD})
    _workgroup(session, custody, "lectures", "Lectures", "", {"carla": Role.LEAD})
    crowd = {"astrid": Role.LEAD}
    _workgroup(session, custody, "school", "Summer School", "Five hundred seats", crowd)
    _crowd(session, "school", now)
    for slug, state in (("lectures", WorkgroupState.PENDING), ("tiles", WorkgroupState.ACTIVE)):
        session.get_one(Workgroup, slug).state = state
    _workgroup(session, custody, "old-dig", "Old Excavation", "", {"astrid": Role.LEAD})
    archived = session.get_one(Workgroup, "old-dig")
    archived.state, archived.archived = WorkgroupState.ARCHIVED, now
    for slug in ("crypt", "tiles"):
        session.get_one(Workgroup, slug).is_listed = True
    wish = "I have catalogued the samples of 2024 and would like to compare them."
    session.add(JoinRequest(workgroup="crypt", person="emeka", message=wish, created=now))
    session.add(Presence(workgroup="crypt", username="bao", last_seen=now))


def _workgroup(
    session: Session,
    custody: Custody,
    slug: str,
    title: str,
    description: str,
    members: dict[str, Role],
) -> None:
    create_workgroup(
        session, custody, slug, title=title, description=description, actor=next(iter(members))
    )
    for username, role in members.items():
        set_member(session, slug, username, role, actor=next(iter(members)))


def _crowd(session: Session, slug: str, now: datetime) -> None:
    names = [f"seat-{number:03}" for number in range(1, CROWD)]
    session.add_all(
        Person(
            username=name,
            display_name=f"Participant {name[-3:]}",
            color=color_of(name),
            created=now,
        )
        for name in names
    )
    session.flush()
    session.add_all(Membership(person=name, workgroup=slug, role=Role.MEMBER) for name in names)
