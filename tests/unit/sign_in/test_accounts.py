"""Accounts and memberships follow the provider, and nobody's account becomes another's."""

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from museion_hub.audit.nodes import tree_size
from museion_hub.custody import RootCustody, open_root_key
from museion_hub.registry import memberships, people
from museion_hub.registry.database import Database
from museion_hub.registry.epochs import newest_workgroup_epoch
from museion_hub.registry.tables import Membership, MembershipSource, Person, Role
from museion_hub.registry.workgroup_tables import FormerPerson, PendingRefresh
from museion_hub.sign_in.accounts import Accounts
from museion_hub.sign_in.claims import Identity, usernames_for
from museion_hub.sign_in.errors import DeniedError
from museion_hub.sign_in.leavers import find_position, keep_rotating, rotate_for_leavers
from museion_hub.sign_in.rules import Rights
from tests.support.waiting import wait_until

ASTRID = Identity("https://sso.example#1", "astrid", "Astrid Holm", "astrid@museum.example")
MEMBER = Rights({"murals": Role.MEMBER}, None)
NOTHING = Rights({}, None)


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database)


def admit(accounts: Accounts, rights: Rights, who: Identity = ASTRID) -> str:
    return accounts.admit(who, rights, is_open=False).username


def roles(database: Database, username: str) -> dict[str, Role]:
    with database.reading() as session:
        rows = session.query(Membership).filter(Membership.person == username)
        return {row.workgroup: row.role for row in rows}


def test_first_sign_in_makes_a_person_without_a_password(
    accounts: Accounts, database: Database
) -> None:
    username = admit(accounts, MEMBER)
    with database.reading() as session:
        person = session.get_one(Person, username)
        assert (person.subject, person.email) == (ASTRID.subject, ASTRID.email)
        assert (person.display_name, person.password_hash) == ("Astrid Holm", None)
        row = session.get_one(Membership, (username, "murals"))
        assert row.source is MembershipSource.PROVIDER
        assert session.get(PendingRefresh, username)
    assert accounts.is_provided(username)
    assert not accounts.is_provided("murals-lead")


def test_second_sign_in_changes_nothing(accounts: Accounts) -> None:
    admit(accounts, MEMBER)
    assert not accounts.admit(ASTRID, MEMBER, is_open=False).is_changed


@pytest.mark.parametrize("is_former", [False, True])
def test_name_that_is_or_was_somebodys_is_not_taken(
    accounts: Accounts, database: Database, *, is_former: bool
) -> None:
    taken = next(usernames_for(ASTRID))
    with database.writing() as session:
        if is_former:
            session.add(FormerPerson(username=taken, removed=datetime.now(UTC)))
        else:
            people.create_person(session, taken, display_name="Other", actor="test")
    username = admit(accounts, MEMBER)
    assert username != taken
    assert username.startswith(taken)


def test_many_first_sign_ins_at_once_make_one_account(accounts: Accounts) -> None:
    with ThreadPoolExecutor(8) as threads:
        names = set(threads.map(lambda _: admit(accounts, MEMBER), range(8)))
    assert len(names) == 1


@pytest.mark.parametrize(
    "rights", [NOTHING, Rights({"missing": Role.LEAD}, None), Rights({}, is_administrator=False)]
)
def test_without_a_right_there_is_no_account(
    accounts: Accounts, database: Database, rights: Rights
) -> None:
    with pytest.raises(DeniedError):
        admit(accounts, rights)
    with database.reading() as session:
        assert session.query(Person).filter(Person.subject.is_not(None)).count() == 0


def test_open_door_lets_in_without_a_right(accounts: Accounts) -> None:
    assert accounts.admit(ASTRID, NOTHING, is_open=True).username


def test_what_was_given_here_stays_and_goes_before(accounts: Accounts, database: Database) -> None:
    username = admit(accounts, Rights({"lapidary": Role.MEMBER}, None))
    with database.writing() as session:
        memberships.set_member(session, "murals", username, Role.GUEST, actor="test")
    admit(accounts, Rights({"murals": Role.LEAD, "archive": Role.MEMBER}, None))
    assert roles(database, username) == {"murals": Role.GUEST, "archive": Role.MEMBER}
    admit(accounts, NOTHING)
    assert roles(database, username) == {"murals": Role.GUEST}


def test_last_right_that_goes_is_taken_though_the_person_is_refused(
    accounts: Accounts, database: Database
) -> None:
    username = admit(accounts, MEMBER)
    with pytest.raises(DeniedError):
        admit(accounts, NOTHING)
    assert roles(database, username) == {}


def test_session_of_another_person_is_refused(accounts: Accounts) -> None:
    username = admit(accounts, MEMBER)
    accounts.require_same(username, ASTRID)
    for name in ("murals-lead", "nobody"):
        with pytest.raises(DeniedError):
            accounts.require_same(name, ASTRID)


def test_key_changes_once_for_who_could_read_and_left(
    accounts: Accounts, database: Database, state: Path
) -> None:
    custody = RootCustody(open_root_key(state / "root-key", may_create=False))

    def epoch() -> int:
        with database.reading() as session:
            return newest_workgroup_epoch(session, "murals")

    username = admit(accounts, Rights({"murals": Role.LEAD, "lapidary": Role.MEMBER}, None))
    changed, seen = rotate_for_leavers(database, custody)
    assert changed == {username}
    before = epoch()
    admit(accounts, Rights({"murals": Role.MEMBER, "lapidary": Role.MEMBER}, None))
    rotate_for_leavers(database, custody, seen)
    assert epoch() == before  # still reads
    admit(accounts, Rights({"murals": Role.GUEST, "lapidary": Role.MEMBER}, None))
    for _ in range(2):
        rotate_for_leavers(database, custody)  # as after a restart: the whole log again
    assert epoch() == before + 1


class Told:
    """Somebody who is told whose rights have changed."""

    def __init__(self) -> None:
        self.people: list[set[str]] = []

    async def refresh(self, accounts: Collection[str]) -> bool:
        self.people.append(set(accounts))
        return True

    async def keep_refreshing(self) -> None:
        raise NotImplementedError


async def test_without_a_provider_the_log_is_looked_at_once_and_never_again_from_its_start(
    accounts: Accounts, database: Database, state: Path
) -> None:
    custody, told = RootCustody(open_root_key(state / "root-key", may_create=False)), Told()
    username = admit(accounts, MEMBER)
    for _ in range(2):  # as after a restart
        await keep_rotating(database, custody, told, has_provider=False)
    assert told.people == [{username}]
    with database.reading() as session:
        assert find_position(database) == tree_size(session) - 1


async def test_with_a_provider_who_leaves_later_is_seen_and_the_place_is_remembered(
    accounts: Accounts, database: Database, state: Path
) -> None:
    custody, told = RootCustody(open_root_key(state / "root-key", may_create=False)), Told()
    username = admit(accounts, MEMBER)
    looking = asyncio.create_task(keep_rotating(database, custody, told, has_provider=True))
    await asyncio.to_thread(wait_until, lambda: len(told.people) == 1)
    with pytest.raises(DeniedError):
        admit(accounts, NOTHING)
    await asyncio.to_thread(wait_until, lambda: len(told.people) == 2)

    def is_remembered() -> bool:
        return not rotate_for_leavers(database, custody, find_position(database))[0]

    await asyncio.to_thread(wait_until, is_remembered)
    looking.cancel()
    assert told.people == [{username}] * 2
