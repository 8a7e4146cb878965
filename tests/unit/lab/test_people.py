"""Who is here, and how people are shown."""

import pytest

from museion_lab.people import PresenceBoard, make_person, merge_members


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


ANNA = make_person("anna", "Anna Ancher")
BEN = make_person("ben", "Ben Nicholson")
CARDS = [
    {"username": "ben", "display_name": "Ben Nicholson", "color": "#23406e", "role": "lead"},
    {"username": "cara", "display_name": "Cara", "color": None, "role": "member"},
]


def test_a_person_is_here_until_a_minute_after_the_last_sign() -> None:
    clock = Clock()
    board = PresenceBoard(clock=clock)
    board.see(ANNA)
    clock.now = 59
    assert board.here() == [ANNA]
    clock.now = 60
    assert board.here() == []


def test_only_an_arrival_counts_as_change() -> None:
    clock = Clock()
    board = PresenceBoard(clock=clock)
    assert board.see(ANNA)
    clock.now = 30
    assert not board.see(ANNA)
    clock.now = 120
    assert board.see(ANNA)


def test_people_stand_in_the_order_of_their_names() -> None:
    board = PresenceBoard()
    board.see(BEN)
    board.see(ANNA)
    assert board.here() == [ANNA, BEN]


@pytest.mark.parametrize(
    ("username", "display_name", "initials"),
    [
        ("anna", "Anna Ancher", "AA"),
        ("murals-lead", "", "ML"),
        ("x", "Élodie de la Tour", "ÉT"),
        ("x", "  ", "X"),
        ("-", "", "-"),
    ],
)
def test_initials_come_from_the_name(username: str, display_name: str, initials: str) -> None:
    assert make_person(username, display_name).initials == initials


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("#23406e", True),
        ("var(--jp-collaborator-color3)", True),
        ("red;background:url(//evil)", False),
        ("#12345g", False),
        ("", False),
    ],
)
def test_a_colour_that_is_none_is_replaced(given: str, *, is_kept: bool) -> None:
    color = make_person("anna", color=given).color
    assert (color == given) is is_kept
    assert color.startswith(("#", "var("))


def test_you_come_first_then_who_is_here_then_who_is_away() -> None:
    members = merge_members([BEN, ANNA], CARDS, you="anna")
    assert [member["username"] for member in members] == ["anna", "ben", "cara"]
    assert [member["is_here"] for member in members] == [True, True, False]
    assert [member["role"] for member in members] == [None, "lead", "member"]


def test_a_name_the_hub_vouches_for_wins_over_the_card() -> None:
    seen = make_person("ben", "Benjamin", color="#94302b")
    (member,) = (m for m in merge_members([seen], CARDS, you="ben") if m["username"] == "ben")
    assert (member["display_name"], member["color"], member["role"]) == (
        "Benjamin",
        "#94302b",
        "lead",
    )
