"""Core seconds of each workgroup in each month, kept across restarts of the gateway."""

from collections.abc import Generator
from pathlib import Path

import pytest

from museion_hub.gateway.books import books_key, prepare_files
from museion_hub.gateway.ledger import Ledger, Use
from museion_hub.gateway.tending import ALONE_S

NOVEMBER_S = 1_795_000_000.0
DECEMBER_S = NOVEMBER_S + 31 * 86_400
MURALS, LAPIDARY = Use("a", "wg-murals", 4), Use("b", "wg-lapidary", 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    prepare_files(tmp_path / "clusters", tmp_path / "clusters" / "ledger")
    return tmp_path / "clusters" / "ledger"


@pytest.fixture
def ledger(file: Path) -> Generator[Ledger]:
    ledger = Ledger(file)
    yield ledger
    ledger.close()


def test_each_workgroup_is_charged_for_the_cores_it_has(ledger: Ledger) -> None:
    ledger.look([MURALS, LAPIDARY], NOVEMBER_S)
    ledger.look([MURALS], NOVEMBER_S + 10)
    ledger.look([], NOVEMBER_S + 15)
    assert ledger.used("wg-murals", NOVEMBER_S) == 4 * 15
    assert ledger.used("wg-lapidary", NOVEMBER_S) == 10
    assert ledger.used("wg-others", NOVEMBER_S) == 0


def test_a_new_month_starts_from_nothing(ledger: Ledger) -> None:
    ledger.look([MURALS], NOVEMBER_S)
    ledger.look([], NOVEMBER_S + 10)
    assert ledger.used("wg-murals", DECEMBER_S) == 0


def test_a_gateway_that_was_away_charges_for_the_time_between(file: Path) -> None:
    for uses, now_s in (([MURALS], 0), ([MURALS], 60)):
        ledger = Ledger(file)
        ledger.look(uses, NOVEMBER_S + now_s)
        ledger.close()
    ledger = Ledger(file)
    assert ledger.used("wg-murals", NOVEMBER_S) == 4 * 60
    ledger.close()


def test_nothing_is_charged_for_longer_than_a_cluster_lives_alone(ledger: Ledger) -> None:
    ledger.look([LAPIDARY], NOVEMBER_S)
    ledger.look([], NOVEMBER_S + 10 * ALONE_S)
    assert ledger.used("wg-lapidary", NOVEMBER_S) == ALONE_S


def test_a_clock_that_goes_back_charges_nothing(ledger: Ledger) -> None:
    ledger.look([LAPIDARY], NOVEMBER_S)
    ledger.look([], NOVEMBER_S - 60)
    assert ledger.used("wg-lapidary", NOVEMBER_S) == 0


def test_it_remembers_what_a_cluster_is_allowed_until_that_ends(file: Path) -> None:
    ledger = Ledger(file)
    ledger.want("a", 3)
    ledger.want("a", 2)
    ledger.want("b", 1)
    ledger.keep_wanted(["a"])
    ledger.close()
    again = Ledger(file)
    assert (again.wanted("a"), again.wanted("b")) == (2, None)
    again.close()


def test_what_a_gateway_keeps_is_readable_by_its_owner_only(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_the_key_of_the_books_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert books_key(path) == books_key(path)
    assert len(books_key(path)) == 32
    assert path.stat().st_mode & 0o777 == 0o600
