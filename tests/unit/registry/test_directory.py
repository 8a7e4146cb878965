"""The read side, as the authenticator, the home page and the spawner use it."""

from collections.abc import Generator
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from museion_hub.audit import EventName
from museion_hub.registry import memberships, passwords
from museion_hub.registry.directory import Directory
from museion_hub.registry.passwords import hash_password
from museion_hub.registry.tables import Role
from museion_hub.registry.throttle import (
    FREE_TRIES,
    LONGEST_WAIT_S,
    MAX_REMEMBERED,
    Throttle,
)
from tests.support.registry import PASSWORD, Registry, database_url


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(state: Path, clock: Clock) -> Generator[Directory]:
    directory = Directory(database_url(state), clock=clock)
    yield directory
    directory.close()


def test_person_is_found_by_the_exact_username_only(directory: Directory) -> None:
    person = directory.find_person("murals-lead")
    assert person is not None
    assert (person.username, person.display_name, person.initials) == (
        "murals-lead",
        "Chiara Alberti",
        "CA",
    )
    for name in ("Murals-Lead", "murals-lead ", "wg-murals", "", "nobody", "x" * 500):
        assert directory.find_person(name) is None


@pytest.mark.parametrize(
    ("username", "password", "is_right"),
    [
        ("murals-lead", PASSWORD, True),
        ("murals-lead", PASSWORD + "x", False),
        ("murals-lead", "x" * 1_000_000, False),
        ("nobody", PASSWORD, False),
        ("wg-murals", PASSWORD, False),
        ("stranger", PASSWORD, False),
    ],
    ids=["right", "wrong", "huge", "unknown", "workgroup", "without one"],
)
def test_only_the_right_password_signs_in(
    directory: Directory, username: str, password: str, *, is_right: bool
) -> None:
    assert (directory.verify_password(username, password) is not None) == is_right


def test_guessing_has_to_wait_and_nothing_counts_meanwhile(
    directory: Directory, clock: Clock
) -> None:
    for _ in range(FREE_TRIES):
        assert directory.seconds_until_next_try("murals-lead") == 0
        directory.verify_password("murals-lead", "a wrong guess")
    assert directory.seconds_until_next_try("murals-lead") == 1
    assert directory.verify_password("murals-lead", PASSWORD) is None
    clock.now_s += 1
    assert directory.verify_password("murals-lead", PASSWORD) is not None


def test_unknown_person_costs_the_same_work_as_a_wrong_password() -> None:
    real = hash_password(PASSWORD)
    assert extract_parameters(passwords._NOBODY) == extract_parameters(real)
    with pytest.raises(VerifyMismatchError):  # computed to the end, not refused at a glance
        PasswordHasher().verify(passwords._NOBODY, PASSWORD)


def test_wait_doubles_up_to_a_minute_and_ends_with_a_success(clock: Clock) -> None:
    throttle, waits = Throttle(clock), []
    for _ in range(FREE_TRIES + 8):
        throttle.remember("anna", is_right=False)
        waits.append(throttle.seconds_until_next_try("anna"))
    assert waits[FREE_TRIES - 2 :] == [0, 1, 2, 4, 8, 16, 32, LONGEST_WAIT_S, 60, 60]
    throttle.remember("anna", is_right=True)
    throttle.remember("anna", is_right=False)
    assert throttle.seconds_until_next_try("anna") == 0


def test_throttle_forgets_the_oldest_names_first(clock: Clock) -> None:
    throttle = Throttle(clock)
    for _ in range(FREE_TRIES):
        throttle.remember("anna", is_right=False)
    for number in range(MAX_REMEMBERED - 1):
        throttle.remember(f"name-{number}", is_right=False)
    assert throttle.seconds_until_next_try("anna") == 1
    throttle.remember("one-more", is_right=False)
    assert throttle.seconds_until_next_try("anna") == 0


@pytest.mark.parametrize(
    ("username", "groups"),
    [
        ("murals-lead", ["wg-murals", "wg-murals--lead"]),
        ("murals-member", ["wg-murals"]),
        ("murals-guest", ["wg-murals--guest"]),
        ("stranger", []),
        ("nobody", []),
    ],
)
def test_groups_follow_the_role(directory: Directory, username: str, groups: list[str]) -> None:
    assert directory.groups(username) == groups


MEMBER = ["access:servers!user=wg-murals", "start:servers!user=wg-murals"]
MEMBER.append("read:servers!user=wg-murals")


@pytest.mark.parametrize(
    ("username", "scopes"),
    [
        ("murals-lead", [*MEMBER, "servers!user=wg-murals"]),
        ("murals-member", MEMBER),
        ("murals-guest", None),
        ("stranger", None),
    ],
)
def test_hub_roles_follow_the_role(
    directory: Directory, username: str, scopes: list[str] | None
) -> None:
    user, *given = directory.roles(username)
    assert user == {"name": "user"}
    assert [role["scopes"] for role in given] == ([] if scopes is None else [scopes])


def test_mounts_are_own_to_write_and_shared_to_read(directory: Directory) -> None:
    def mounts(account: str) -> list[tuple[str, bool]]:
        found = directory.storage_mounts(account)
        return [(mount.directory.split("/")[0], mount.is_writable) for mount in found]

    assert mounts("wg-murals") == [("murals", True)]
    assert mounts("wg-lapidary") == [("lapidary", True), ("murals", False)]
    assert mounts("murals-member") == [("murals", False)]
    assert mounts("lapidary-lead") == [("lapidary", False), ("murals", False)]
    for account in ("murals-guest", "stranger", "nobody", "wg-nobody", "wg-", "../x"):
        assert mounts(account) == []


def test_shared_dataset_is_mounted_alone_not_its_owners_directory(directory: Directory) -> None:
    shared = directory.storage_mounts("wg-lapidary")[1].directory
    owner, _, dataset = shared.partition("/")
    assert (owner, len(dataset)) == ("murals", 32)


def test_cards_show_own_and_shared_datasets(directory: Directory) -> None:
    (murals,) = directory.workgroup_cards("murals-lead")
    (lapidary,) = directory.workgroup_cards("lapidary-lead")
    assert (murals.title, murals.account, murals.role) == ("Wall Paintings", "wg-murals", Role.LEAD)
    assert [card.path for card in murals.datasets] == ["murals/panel"]
    assert [(card.path, card.owner) for card in lapidary.datasets] == [("murals/panel", "murals")]
    assert directory.workgroup_cards("stranger") == []


def test_new_member_and_changed_role_show_at_once(directory: Directory, registry: Registry) -> None:
    for role, groups in ((Role.GUEST, ["wg-murals--guest"]), (Role.MEMBER, ["wg-murals"])):
        with registry.database.writing() as session:
            memberships.set_member(session, "murals", "stranger", role, actor="murals-lead")
        assert directory.groups("stranger") == groups
    with registry.database.writing() as session:
        memberships.remove_member(session, "murals", "stranger", actor="murals-lead")
    assert directory.groups("stranger") == []
    changes = [event.detail for event in registry.events()[-3:]]
    assert changes[1] == {"before": "guest", "after": "member"}
    assert changes[2] == {"before": "member", "after": None}


def test_sign_ins_are_recorded_but_not_what_was_typed_as_a_name(
    directory: Directory, registry: Registry
) -> None:
    directory.record_event(EventName.SIGNED_IN, actor="murals-lead")
    directory.record_event(EventName.SIGN_IN_FAILED, actor="my-secret-password")
    assert [event.actor for event in registry.events()[-2:]] == ["murals-lead", ""]


def test_accounts_of_workgroups_are_known(directory: Directory) -> None:
    assert directory.workgroup_exists("wg-murals")
    assert not directory.workgroup_exists("wg-nobody")
    assert not directory.workgroup_exists("murals-lead")
