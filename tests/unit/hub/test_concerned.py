"""Which servers must hear of a change of rights, and which must change their token."""

from dataclasses import dataclass, field

from museion_hub.concerned import EVERY_SERVER, Concerned, Found


@dataclass(frozen=True)
class Row:
    """A group or a role, as the hub stores it."""

    name: str
    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StoredUser:
    """What the hub stores of a person."""

    name: str
    groups: list[Row]
    roles: list[Row]


def member_of(*accounts: str) -> StoredUser:
    roles = [Row(f"{name}--member", [f"access:servers!user={name}"]) for name in accounts]
    return StoredUser("jonas", [Row(name) for name in accounts], [Row("user"), *roles])


def found(*accounts: str, roles: tuple[Row, ...] = ()) -> Found:
    own = [Row(f"{name}--member", [f"access:servers!user={name}"]) for name in accounts]
    return {
        "groups": list(accounts),
        "roles": [
            {"name": "user"},
            *({"name": r.name, "scopes": r.scopes} for r in (*own, *roles)),
        ],
    }


def test_nothing_changed_concerns_nobody() -> None:
    concerned = Concerned()
    concerned.note_difference(member_of("wg-murals"), found("wg-murals"))
    assert concerned.of("jonas") == frozenset()


def test_new_workgroup_concerns_its_server_and_leaks_nothing() -> None:
    concerned = Concerned()
    concerned.note_difference(member_of(), found("wg-murals"))
    assert concerned.of("jonas") == {"wg-murals"}
    assert not concerned.is_leaked("wg-murals")


def test_lost_workgroup_concerns_its_server_whose_token_may_have_leaked() -> None:
    concerned = Concerned()
    concerned.note_difference(member_of("wg-murals", "wg-lapidary"), found("wg-lapidary"))
    assert concerned.of("jonas") == {"wg-murals"}
    assert concerned.is_leaked("wg-murals")
    concerned.note_exchange("wg-murals")
    assert not concerned.is_leaked("wg-murals")


def test_account_that_is_gone_concerns_all_its_servers() -> None:
    concerned = Concerned()
    concerned.note_difference(member_of("wg-murals", "wg-lapidary"), found=False)
    assert concerned.of("jonas") == {"wg-murals", "wg-lapidary"}


def test_administrator_who_only_looks_copies_no_token() -> None:
    role = Row("museion-administrator", ["access:servers!user=wg-murals"])
    concerned = Concerned()
    concerned.note_difference(StoredUser("ingrid", [], [Row("user"), role]), found())
    assert concerned.of("ingrid") == {"wg-murals"}
    assert not concerned.is_leaked("wg-murals")


def test_role_without_a_name_concerns_every_server() -> None:
    concerned = Concerned()
    concerned.note_difference(member_of(), found(roles=(Row("all", ["access:servers"]),)))
    assert concerned.of("jonas") == {EVERY_SERVER}


def test_server_that_did_not_hear_stays_noted() -> None:
    concerned = Concerned()
    concerned.add("jonas", {"wg-murals", "wg-lapidary"})
    concerned.settle("jonas", {"wg-lapidary"})
    assert concerned.of("jonas") == {"wg-murals"}


def test_reading_under_way_is_out_of_date_after_a_change() -> None:
    concerned = Concerned()
    before = concerned.changes("jonas")
    concerned.note_change("jonas")
    assert concerned.changes("jonas") != before
