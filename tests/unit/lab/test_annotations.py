"""Annotations in a shared document: the server says whose they are, and no letter is lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pycrdt import Doc, Map, Text

from museion_lab.live.annotations import Annotations
from museion_lab.people import Person, make_person

ANNA, BEN = make_person("anna", "Anna A."), make_person("ben", "Ben B.")
BY_ANNA = {"username": "anna", "name": "Anna A."}
BY_BEN = {"username": "ben", "name": "Ben B."}
NAME = "museion-annotations:murals/amphora/scan"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

type Entries = Map  # type: ignore[type-arg]
type Document = Doc  # type: ignore[type-arg]


def crack(**members: object) -> Map:  # type: ignore[type-arg]
    return Map({"shape": "point", "body": Text("crack"), "replies": Map({}), **members})


class Site:
    """A server's document, and the browsers' copies of it."""

    def __init__(self) -> None:
        self.now = NOON
        self.server: Document = Doc()
        self.signer = Annotations(self.server, lambda: self.now)
        self.browsers: dict[str, Document] = {}

    def browser(self, person: Person) -> Document:
        found = self.browsers.setdefault(person.username, Doc())
        found.apply_update(self.server.get_update(found.get_state()))
        return found

    def write(self, person: Person, change: Callable[[Entries], object]) -> dict[str, Any]:
        """Change annotations in a person's browser, tell the server, and read what holds then."""
        browser = self.browser(person)
        with browser.transaction():
            change(browser.get(NAME, type=Map))
        self.send(person)
        return self.server.get(NAME, type=Map).to_py() or {}

    def send(self, person: Person) -> None:
        browser = self.browsers[person.username]
        self.server.apply_update(browser.get_update(self.server.get_state()))
        self.signer.settle(person)
        browser.apply_update(self.server.get_update(browser.get_state()))


def put(key: str, **members: object) -> Callable[[Entries], object]:
    return lambda entries: entries.__setitem__(key, crack(**members))


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_new_annotation_is_of_the_person_on_the_connection(site: Site) -> None:
    found = site.write(ANNA, put("a"))["a"]
    assert found["author"] == BY_ANNA
    assert found["created"] == "2026-11-23T12:00:00.000Z"
    assert site.write(BEN, put("b"))["b"]["author"] == BY_BEN


@pytest.mark.parametrize(
    "lie",
    [{"author": BY_ANNA}, {"author": "anna"}, {"edited_by": BY_ANNA}, {"created": "1999"}],
    ids=["author", "author-as-text", "edited-by", "created"],
)
def test_what_a_new_annotation_claims_of_its_author_is_replaced(
    site: Site, lie: dict[str, Any]
) -> None:
    found = site.write(BEN, put("b", **lie))["b"]
    assert found["author"] == BY_BEN
    assert found["created"] == "2026-11-23T12:00:00.000Z"
    assert "edited_by" not in found


def typed(letter: str) -> Callable[[Entries], object]:
    return lambda entries: entries["a"]["body"].insert(0, letter)


def steal(entries: Entries) -> None:
    entries["a"]["author"] = BY_BEN
    entries["a"]["created"] = "1999-01-01T00:00:00Z"


def forget(entries: Entries) -> None:
    del entries["a"]["author"]


def pin(entries: Entries) -> None:
    entries["a"]["edited_by"] = BY_ANNA


@pytest.mark.parametrize("attack", [steal, forget, pin])
def test_a_browser_cannot_touch_whose_an_annotation_is(
    site: Site, attack: Callable[[Entries], None]
) -> None:
    before = site.write(ANNA, put("a"))["a"]
    assert site.write(BEN, attack)["a"] == before


def test_an_annotation_put_in_place_of_another_stays_its_authors_and_names_the_changer(
    site: Site,
) -> None:
    site.write(ANNA, put("a"))
    found = site.write(BEN, put("a", status="resolved", author=BY_BEN))["a"]
    assert (found["author"], found["edited_by"]) == (BY_ANNA, BY_BEN)


def test_one_deleted_and_made_again_is_of_who_made_it_again(site: Site) -> None:
    site.write(ANNA, put("a"))
    site.write(BEN, lambda entries: entries.__delitem__("a"))
    assert site.write(BEN, put("a", author=BY_ANNA))["a"]["author"] == BY_BEN


def test_who_changes_anothers_text_is_named_with_the_time(site: Site) -> None:
    site.write(ANNA, put("a"))
    site.now += timedelta(minutes=5)
    found = site.write(BEN, lambda entries: entries["a"]["body"].insert(5, " in the glaze"))["a"]
    assert found["body"] == "crack in the glaze"
    assert (found["author"], found["edited_by"]) == (BY_ANNA, BY_BEN)
    assert found["modified"] == "2026-11-23T12:05:00.000Z"
    found = site.write(ANNA, lambda entries: entries["a"]["body"].insert(0, "A "))["a"]
    assert (found["author"], found["edited_by"]) == (BY_ANNA, BY_BEN)


def test_typing_on_stamps_once_in_a_while_and_not_with_each_letter(site: Site) -> None:
    site.write(ANNA, put("a"))
    state = site.server.get_state()
    for letter in "sherd":
        site.write(ANNA, typed(letter))
    assert "modified" not in site.server.get(NAME, type=Map).to_py()["a"]
    assert site.server.get_state() != state
    site.now += timedelta(minutes=1)
    found = site.write(ANNA, lambda entries: entries["a"]["body"].insert(0, "!"))["a"]
    assert found["modified"] == "2026-11-23T12:01:00.000Z"


def test_replies_are_signed_one_by_one_and_are_no_change_of_the_annotation(site: Site) -> None:
    site.write(ANNA, put("a"))

    def answer(entries: Entries) -> None:
        entries["a"]["replies"]["r"] = {"body": "since 2019", "author": BY_ANNA}

    found = site.write(BEN, answer)["a"]
    assert found["replies"]["r"]["author"] == BY_BEN
    assert "edited_by" not in found


def test_words_put_into_anothers_mouth_are_seen(site: Site) -> None:
    def answer(entries: Entries) -> None:
        entries["a"]["replies"]["r"] = {"body": "since 2019"}

    def lie(entries: Entries) -> None:
        entries["a"]["replies"] = Map({
            "r": {"body": "never", "author": BY_ANNA},
            "s": {"body": "agreed", "author": BY_ANNA},
        })

    site.write(ANNA, put("a"))
    site.write(ANNA, answer)
    replies = site.write(BEN, lie)["a"]["replies"]
    assert (replies["r"]["author"], replies["r"]["edited_by"]) == (BY_ANNA, BY_BEN)
    assert replies["s"]["author"] == BY_BEN


def test_two_people_in_one_text_lose_no_letter(site: Site) -> None:
    site.write(ANNA, put("a"))
    notes = {
        person.username: site.browser(person).get(NAME, type=Map)["a"]["body"]
        for person in (ANNA, BEN)
    }
    for at, letter in enumerate("Fine "):
        notes["anna"].insert(at, letter)
    for letter in " in the glaze":
        notes["ben"].insert(len(notes["ben"]), letter)
    site.send(ANNA)
    site.send(BEN)
    site.send(ANNA)
    said = [str(site.browser(each).get(NAME, type=Map)["a"]["body"]) for each in (ANNA, BEN)]
    assert said == ["Fine crack in the glaze"] * 2


def test_a_document_opened_again_keeps_authors_and_still_defends_them(site: Site) -> None:
    before = site.write(ANNA, put("a"))["a"]
    site.signer = Annotations(site.server, lambda: site.now)
    assert site.write(BEN, steal)["a"] == before


def test_what_is_no_annotation_is_left_alone(site: Site) -> None:
    found = site.write(ANNA, lambda entries: entries.__setitem__("a", "nonsense"))
    assert found == {"a": "nonsense"}


def test_ten_thousand_at_once_are_signed(site: Site) -> None:
    def fill(entries: Entries) -> None:
        for number in range(10_000):
            entries[str(number)] = Map({"body": Text("x")})

    found = site.write(ANNA, fill)
    assert len(found) == 10_000
    assert all(each["author"] == BY_ANNA for each in found.values())
