"""A registry with as many people and workgroups as a large institution has."""

import os

from sqlalchemy import select

from museion_hub.custody import Custody
from museion_hub.registry.database import Database
from museion_hub.registry.memberships import set_member
from museion_hub.registry.people import create_person
from museion_hub.registry.tables import Role, Workgroup
from museion_hub.registry.workgroups import create_workgroup

PEOPLE = int(os.environ.get("MUSEION_BENCH_PEOPLE", "2000"))
WORKGROUPS = PEOPLE // 10
GROUPS_OF_ONE = 4
"""In how many workgroups each person is."""
BATCH = 100
ACTOR = "bench"


def fill_with_people(database: Database, custody: Custody, member: str) -> list[str]:
    """Make people, workgroups and memberships; give the slugs of those of one more member."""
    slugs = [f"group-{number:03}" for number in range(WORKGROUPS)]
    for start in range(0, WORKGROUPS, BATCH):
        with database.writing() as session:
            for slug in slugs[start : start + BATCH]:
                create_workgroup(session, custody, slug, title=f"Group {slug[-3:]}", actor=ACTOR)
    for start in range(0, PEOPLE, BATCH):
        with database.writing() as session:
            for number in range(start, min(start + BATCH, PEOPLE)):
                name = f"person-{number:04}"
                create_person(session, name, display_name=f"Person {number}", actor=ACTOR)
                for step in range(GROUPS_OF_ONE):
                    slug = slugs[(number * 7 + step * 53) % WORKGROUPS]
                    role = Role.LEAD if number < WORKGROUPS and not step else Role.MEMBER
                    set_member(session, slug, name, role, actor=ACTOR)
    own = slugs[:GROUPS_OF_ONE]
    with database.writing() as session:
        for slug in own:
            set_member(session, slug, member, Role.LEAD, actor=ACTOR)
        assert len(session.scalars(select(Workgroup.slug)).all()) >= WORKGROUPS
    return own
