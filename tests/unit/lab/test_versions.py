"""Earlier versions: what is kept, for how long, and what is said of it."""

import logging
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_events import EventLogger

from museion_lab.live.troubles import SCHEMA, SCHEMA_ID, Troubles
from museion_lab.versions.differences import MOST_LINES, compare
from museion_lab.versions.keeper import VersionKeeper
from museion_lab.versions.store import Author, Reason, VersionStore
from museion_lab.versions.thinning import DAY_S, HOUR_S, Stamp, heirs_of_dropped

NOW = 1_700_000_000.0
ANNA, BEN = Author("anna", "Anna"), Author("ben", "Ben")


@pytest.fixture
def store(tmp_path: Path) -> Generator[VersionStore]:
    store = VersionStore(tmp_path / "versions.sqlite")
    yield store
    store.close()


def add(store: VersionStore, content: object, taken: float = NOW, *authors: Author) -> bool:
    return store.add(content, "doc", "a.ipynb", taken=taken, reason=Reason.TIMER, authors=authors)


def test_versions_are_listed_youngest_first_with_who_edited(store: VersionStore) -> None:
    add(store, "one", NOW, ANNA)
    add(store, "two", NOW + 1, ANNA, BEN)
    two, one = store.list_versions("doc")
    assert (two.authors, one.authors) == ((ANNA, BEN), (ANNA,))
    assert (two.taken, two.path, two.reason) == (NOW + 1, "a.ipynb", Reason.TIMER)
    assert store.find_content("doc", one.number) == "one"
    assert store.find_content("other", one.number) is None
    assert store.list_versions("other") == []


def test_the_same_content_is_no_new_version_and_is_stored_once(store: VersionStore) -> None:
    assert add(store, "one")
    assert not add(store, "one")
    assert add(store, "two")
    assert add(store, "one")
    assert len(store.list_versions("doc")) == 3
    assert store._database.execute("SELECT count(*) FROM contents").fetchone() == (2,)


def test_versions_grow_fewer_with_age_and_no_author_is_forgotten(store: VersionStore) -> None:
    for number in range(12):
        author = ANNA if number % 2 else BEN
        add(store, str(number), NOW + number * 300, author)
    store.thin("doc", NOW + 2 * DAY_S)
    hour_later, hour = store.list_versions("doc")
    assert {*hour.authors, *hour_later.authors} == {ANNA, BEN}
    store.thin("doc", NOW + 30 * DAY_S)
    (day,) = store.list_versions("doc")
    assert (set(day.authors), store.find_content("doc", day.number)) == ({ANNA, BEN}, "11")
    assert store._database.execute("SELECT count(*) FROM contents").fetchone() == (1,)


def test_the_oldest_go_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    store = VersionStore(tmp_path / "versions.sqlite", most_bytes=60)
    for number in range(20):
        add(store, f"content {number}", NOW + number, ANNA if number < 10 else BEN)
        store.thin("doc", NOW + number)
    kept = store.list_versions("doc")
    assert 1 <= len(kept) < 5
    assert store.find_content("doc", kept[0].number) == "content 19"
    assert ANNA in kept[-1].authors
    store.close()


@given(st.lists(st.floats(0, 60 * DAY_S), max_size=40))
def test_thinning_keeps_the_youngest_and_every_version_of_a_day(ages: list[float]) -> None:
    stamps = [Stamp(n, NOW - age) for n, age in enumerate(sorted(ages, reverse=True))]
    dropped = dict(heirs_of_dropped(stamps, NOW))
    kept = {stamp.number for stamp in stamps} - set(dropped)
    assert {stamp.number for stamp in stamps if NOW - stamp.taken <= DAY_S} <= kept
    assert not stamps or stamps[-1].number in kept
    assert all(heir in kept and heir > number for number, heir in dropped.items())


def test_the_last_of_an_hour_stays() -> None:
    start = (NOW - 3 * DAY_S) // HOUR_S * HOUR_S
    stamps = [Stamp(n, start + n * 600) for n in range(12)]
    dropped = dict(heirs_of_dropped(stamps, NOW))
    assert dropped == {0: 5, 1: 5, 2: 5, 3: 5, 4: 5, 6: 11, 7: 11, 8: 11, 9: 11, 10: 11}


def cell(key: str, source: str, **more: object) -> dict[str, object]:
    return {"id": key, "cell_type": "code", "source": source, "outputs": [], **more}


def notebook(*cells: dict[str, object]) -> dict[str, object]:
    return {"cells": list(cells)}


def test_a_comparison_says_what_comes_back_goes_and_changes() -> None:
    now = notebook(cell("a", "x = 1\ny = 2"), cell("new", "added"), cell("c", "same"))
    then = notebook(cell("a", "x = 1\ny = 3"), cell("old", "lost"), cell("c", "same"))
    found = compare(now, then)
    assert [(c.change, c.number, c.lines) for c in found.changes] == [
        ("gone", 2, (("-", "added"),)),
        ("changed", 1, ((" ", "x = 1"), ("-", "y = 2"), ("+", "y = 3"))),
        ("back", 2, (("+", "lost"),)),
    ]
    assert (found.back, found.gone, found.is_cut) == (2, 2, False)


def test_outputs_are_counted_not_shown() -> None:
    now, then = notebook(cell("a", "x")), notebook(cell("a", "x", outputs=["<script>"]))
    (change,) = compare(now, then).changes
    assert (change.change, change.lines) == ("outputs", ())


def test_the_present_differs_in_nothing_and_texts_compare_too() -> None:
    assert compare("a\nb", "a\nb").changes == ()
    (change,) = compare("a\nb", "a\nc").changes
    assert (change.kind, change.lines[-2:]) == ("text", (("-", "b"), ("+", "c")))


def test_a_long_comparison_is_cut() -> None:
    found = compare("", "\n".join(map(str, range(2 * MOST_LINES))))
    assert (len(found.changes[0].lines), found.back, found.is_cut) == (MOST_LINES, 1200, True)


class Room:
    """A document without sockets."""

    file_id = "doc"
    file_path = "a.ipynb"

    def __init__(self) -> None:
        self.authors: tuple[Author, ...] = (ANNA,)

    @property
    def is_edited(self) -> bool:
        return bool(self.authors)

    def content(self) -> str:
        return "text"

    def hand_over_authors(self) -> tuple[Author, ...]:
        authors, self.authors = self.authors, ()
        return authors

    def take_back_authors(self, authors: tuple[Author, ...]) -> None:
        self.authors = authors

    async def note_authors(self) -> None:
        """Have no disk."""


@pytest.fixture
def said() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def keeper(store: VersionStore, said: list[dict[str, Any]]) -> VersionKeeper:
    class Events(EventLogger):
        def emit(self, *, schema_id: str, data: dict[str, Any], **_rest: object) -> None:
            assert schema_id == SCHEMA_ID
            said.append(data)

    events = Events()
    events.register_event_schema(SCHEMA)
    return VersionKeeper(store, Troubles(events, logging.getLogger()), clock=lambda: NOW)


async def test_a_full_disk_is_said_once_and_authors_are_not_forgotten(
    store: VersionStore, keeper: VersionKeeper, said: list[dict[str, Any]]
) -> None:
    room = Room()
    store._database.execute("PRAGMA max_page_count = 1")
    big = "".join(map(str, range(200_000)))
    for _ in range(2):
        assert not await keeper.keep(room, big, Reason.TIMER)
    assert said == [{"task": "versions", "is_over": False, "is_disk_full": True}]
    assert room.authors == (ANNA,)
    store._database.execute("PRAGMA max_page_count = 100000")
    assert await keeper.keep(room, big, Reason.TIMER)
    assert said[1:] == [{"task": "versions", "is_over": True, "is_disk_full": True}]
    assert (room.authors, store.list_versions("doc")[0].authors) == ((), (ANNA,))


async def test_who_edited_back_and_forth_is_named_with_the_next_version(
    store: VersionStore, keeper: VersionKeeper
) -> None:
    room = Room()
    add(store, "text")
    assert await keeper.keep(room, "text", Reason.SAVED)
    assert room.authors == (ANNA,)
    await keeper.keep(room, "more", Reason.SAVED)
    assert store.list_versions("doc")[0].authors == (ANNA,)


def test_a_damaged_store_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "versions.sqlite"
    path.write_bytes(b"this is no database " * 500)
    store = VersionStore(path)
    assert add(store, "one")
    store.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
