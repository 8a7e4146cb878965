"""Marks of a viewer in a shared document: the server says whose they are."""

import pytest
from pycrdt import Doc, Map

from museion_lab.live.marks import Marks
from museion_lab.people import make_person

ANNA, BEN = make_person("anna", "Anna A."), make_person("ben", "Ben B.")
PICKS = "museion:picks:view"
SPOT = {"x": 1, "y": 2, "radius": 3, "label": "Spot 1", "order": 0}
BY_ANNA = {"username": "anna", "name": "Anna A."}
BY_BEN = {"username": "ben", "name": "Ben B."}


class Site:
    """A server's document, and a browser's copy of it."""

    def __init__(self) -> None:
        self.server: Doc = Doc()
        self.marks = Marks(self.server)
        self.browser: Doc = Doc()

    def write(self, person: object, changes: dict[str, object], name: str = PICKS) -> None:
        """Change entries in the browser (None deletes), and tell the server."""
        map_ = self.browser.get(name, type=Map)
        with self.browser.transaction():
            for key, value in changes.items():
                if value is None:
                    del map_[key]
                else:
                    map_[key] = value
        self.server.apply_update(self.browser.get_update(self.server.get_state()))
        self.marks.settle(person)  # type: ignore[arg-type]
        self.browser.apply_update(self.server.get_update(self.browser.get_state()))

    def read(self, key: str, name: str = PICKS) -> object:
        return self.browser.get(name, type=Map).to_py()[key]  # type: ignore[index]


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_new_mark_is_of_the_person_on_the_connection(site: Site) -> None:
    site.write(ANNA, {"1,2": SPOT})
    assert site.read("1,2") == SPOT | {"author": BY_ANNA}
    site.write(BEN, {"5,5": SPOT})
    assert site.read("5,5") == SPOT | {"author": BY_BEN}


@pytest.mark.parametrize("lie", [{"author": BY_ANNA}, {"author": "x"}, {"edited_by": BY_ANNA}])
def test_a_claimed_author_is_replaced(site: Site, lie: dict[str, object]) -> None:
    site.write(ANNA, {"9,9": SPOT})
    site.write(BEN, {"1,2": SPOT | lie})
    assert site.read("1,2") == SPOT | {"author": BY_BEN}


def test_who_changes_anothers_mark_is_said_and_its_author_stays(site: Site) -> None:
    site.write(ANNA, {"1,2": SPOT})
    site.write(BEN, {"1,2": SPOT | {"label": "sky", "author": BY_BEN}})
    assert site.read("1,2") == SPOT | {"label": "sky", "author": BY_ANNA, "edited_by": BY_BEN}
    site.write(ANNA, {"1,2": SPOT | {"label": "sea"}})
    assert site.read("1,2") == SPOT | {"label": "sea", "author": BY_ANNA}


def test_moving_a_mark_in_the_list_is_no_change_of_it(site: Site) -> None:
    site.write(ANNA, {"1,2": SPOT})
    site.write(BEN, {"1,2": SPOT | {"order": 7}})
    assert site.read("1,2") == SPOT | {"order": 7, "author": BY_ANNA}


def test_a_deleted_mark_stays_away(site: Site) -> None:
    site.write(ANNA, {"1,2": SPOT, "3,4": SPOT})
    site.write(BEN, {"1,2": None})
    assert site.browser.get(PICKS, type=Map).to_py() == {"3,4": SPOT | {"author": BY_ANNA}}


def test_other_maps_and_what_is_no_mark_are_left_alone(site: Site) -> None:
    site.write(ANNA, {"kernelspec": {"name": "python3"}}, "meta")
    site.write(ANNA, {"1,2": "nonsense"})
    assert site.read("kernelspec", "meta") == {"name": "python3"}
    assert site.read("1,2") == "nonsense"


def test_marks_of_a_document_opened_again_keep_their_authors(site: Site) -> None:
    site.write(ANNA, {"1,2": SPOT})
    site.marks = Marks(site.server)
    site.write(BEN, {"5,5": SPOT})
    assert site.read("1,2") == SPOT | {"author": BY_ANNA}


def test_one_change_of_ten_thousand_marks_is_signed_at_once(site: Site) -> None:
    site.write(ANNA, {f"{x},0": SPOT | {"x": x, "order": x} for x in range(10_000)})
    signed = site.browser.get(PICKS, type=Map).to_py()
    assert signed is not None
    assert len(signed) == 10_000
    assert all(mark["author"] == BY_ANNA for mark in signed.values())
