"""The home page's data: order, permissions, names, and what counts as a change."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from museion_hub.pages.view import HomeView, ServerState, home_view, refresh_payload
from museion_hub.registry.tables import Role
from museion_hub.registry.views import (
    DatasetCard,
    MemberCard,
    PersonView,
    WorkgroupCard,
    initials_of,
)

ASTRID = PersonView("astrid", "Astrid Holm", "#8c3b2e")


def member(name: str, role: Role = Role.MEMBER, *, is_online: bool = False) -> MemberCard:
    return MemberCard(name, name.title(), "#2f5d8c", role, is_online)


def dataset(name: str, kind: str = "cube") -> DatasetCard:
    return DatasetCard(
        path=f"murals/{name}",
        name=name,
        title=f"The {name}",
        kind=kind,
        is_synthetic=True,
        version=1,
        size_bytes=1,
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )


def card(slug: str = "murals", role: Role = Role.MEMBER, *members: MemberCard) -> WorkgroupCard:
    people = members or (member("astrid", role),)
    return WorkgroupCard(slug, slug.title(), "About it", role, people, (dataset("panel"),))


def view(*cards: WorkgroupCard, **states: ServerState) -> HomeView:
    named = {account.replace("_", "-"): state for account, state in states.items()}
    return home_view(ASTRID, cards, named)


def test_who_is_online_comes_first_then_the_viewer_then_leads() -> None:
    people = (
        member("zoe"),
        member("lena", Role.LEAD),
        member("astrid"),
        member("yan", is_online=True),
        member("gus", Role.GUEST),
    )
    shown = view(card("murals", Role.MEMBER, *people)).cards[0].people
    assert [line.portrait.username for line in shown] == ["yan", "astrid", "lena", "zoe", "gus"]
    assert [line.is_viewer for line in shown] == [False, True, False, False, False]


@pytest.mark.parametrize(
    ("role", "can_open", "can_stop"),
    [(Role.LEAD, True, True), (Role.MEMBER, True, False), (Role.GUEST, False, False)],
    ids=str,
)
def test_what_a_card_offers_follows_the_role(role: Role, can_open: bool, can_stop: bool) -> None:  # noqa: FBT001
    shown = view(card("murals", role)).cards[0]
    assert (shown.can_open, shown.can_stop) == (can_open, can_stop)


def test_cards_stand_by_title_whatever_its_case() -> None:
    shown = view(replace(card("b"), title="beta"), replace(card("a"), title="Alpha"))
    assert [c.title for c in shown.cards] == ["Alpha", "beta"]


def test_a_server_nobody_knows_of_is_not_running() -> None:
    shown = view(card(), wg_murals=ServerState.RUNNING)
    assert shown.cards[0].server is ServerState.RUNNING
    assert shown.private is ServerState.STOPPED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Astrid Holm", "AH"),
        ("Carla de la Fuente-Møller", "CM"),
        ("Participant 07", "07"),
        ("Seat 128", "28"),
        ("bao", "B"),
        ("李 小龙", "李小"),
        ("(anonymous) x", "X"),
        ("  ", "?"),
        ("", "?"),
    ],
)
def test_initials_are_short_and_tell_people_apart(name: str, expected: str) -> None:
    assert initials_of(name) == expected


def test_somebody_without_name_or_colour_still_has_a_portrait() -> None:
    shown = home_view(PersonView("noor", "", "red"), [], {}).viewer
    assert (shown.name, shown.initials) == ("noor", "N")
    assert shown.colour.startswith("#")


def test_an_unknown_kind_of_dataset_is_shown_as_files() -> None:
    shown = view(replace(card(), datasets=(dataset("x", kind="hologram"),))).cards[0].datasets[0]
    assert (shown.kind, shown.kind_label) == ("files", "Files")


def test_presence_and_servers_do_not_count_as_a_change_of_the_page() -> None:
    before = view(card("murals", Role.MEMBER, member("astrid"), member("bao")))
    after = view(
        card("murals", Role.MEMBER, member("bao", is_online=True), member("astrid")),
        wg_murals=ServerState.RUNNING,
    )
    assert before.revision == after.revision
    assert refresh_payload(after)["online"] == {"murals": ["bao"]}


@pytest.mark.parametrize(
    "changed",
    [
        replace(card(), title="Other"),
        replace(card(), description="Other"),
        replace(card(), role=Role.LEAD),
        replace(card(), datasets=()),
        card("murals", Role.MEMBER, member("astrid"), member("bao")),
    ],
    ids=["title", "description", "role", "datasets", "members"],
)
def test_what_the_page_says_lastingly_counts_as_a_change(changed: WorkgroupCard) -> None:
    assert view(card()).revision != view(changed).revision


def test_the_refresh_tells_every_server_on_the_page() -> None:
    payload = refresh_payload(view(card(), astrid=ServerState.STARTING))
    assert payload["servers"] == {
        "wg-murals": {"state": "stopped", "label": "Not running"},
        "astrid": {"state": "starting", "label": "Starting"},
    }
