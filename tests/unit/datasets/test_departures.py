"""What travels is announced before it leaves, and opened only when it is read."""

import copy
import pickle
from collections.abc import Generator
from typing import cast

import pytest
from dask.base import tokenize

from museion_datasets import arrivals, departures
from museion_datasets.departures import Departure, Mode
from museion_datasets.errors import ConflictError, KeyUnavailableError, PolicyError
from museion_datasets.library import Library
from tests.support.datasets import PANEL, make_cube


@pytest.fixture
def announced() -> Generator[list[Departure]]:
    found: list[Departure] = []
    end = departures.subscribe(found.append)
    yield found
    end()


@pytest.fixture
def elsewhere(panel: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Be a process without any access, not even to local catalogues."""
    monkeypatch.setattr(arrivals, "_libraries", {})
    monkeypatch.setattr(arrivals, "_connect", lambda _address: None)
    return panel


def test_reader_and_writer_announce_what_they_need(
    panel: Library, announced: list[Departure]
) -> None:
    address = panel._catalogue.address
    pickle.dumps(panel.open(PANEL)["vnir"].to_dask())
    assert set(announced) == {Departure(address, PANEL, Mode.READ, version=1)}
    announced.clear()
    with panel.draft(PANEL) as draft:
        pickle.dumps(draft.store)
        draft.put_file("more.txt", b"more")
    assert set(announced) == {Departure(address, PANEL, Mode.WRITE)}


def test_purpose_travels_with_the_announcement(panel: Library, announced: list[Departure]) -> None:
    dataset = panel.open(PANEL, purpose="research")
    again = pickle.loads(pickle.dumps(dataset))  # noqa: S301 - ours
    pickle.dumps(again)
    assert [one.purpose for one in announced] == ["research", "research"]


def test_refused_departure_is_not_pickled(panel: Library) -> None:
    def refuse(departure: Departure) -> None:
        raise PolicyError(f"Not in this country: {departure.path}", hint="compute at home.")

    end = departures.subscribe(refuse)
    with pytest.raises(PolicyError, match="Not in this country"):
        pickle.dumps(panel.open(PANEL).store)
    end()
    assert pickle.dumps(panel.open(PANEL).store)


def test_scheduler_unpickles_and_compares_without_access(elsewhere: Library) -> None:
    dataset = elsewhere.open(PANEL)
    lazy = dataset["vnir"].to_dask()
    arrived = pickle.loads(pickle.dumps(lazy))  # noqa: S301 - ours
    store = pickle.loads(pickle.dumps(dataset.store))  # noqa: S301 - ours
    assert store == dataset.store
    assert hash(store) == hash(dataset.store)
    assert PANEL in repr(store)
    assert pickle.dumps(store) == pickle.dumps(dataset.store)
    with pytest.raises(KeyUnavailableError, match="no access"):
        arrived.compute(scheduler="synchronous")


def test_what_arrived_is_read_when_it_is_used(panel: Library) -> None:
    arrived = pickle.loads(pickle.dumps(panel.open(PANEL, level=2)))  # noqa: S301 - ours
    assert arrived.snapshot.level == 2
    assert arrived.record == panel.open(PANEL).record
    assert int(arrived["vnir"].to_xarray().sum()) == int(make_cube().sum())


def test_naming_a_dask_array_announces_nothing(panel: Library, announced: list[Departure]) -> None:
    dataset = panel.open(PANEL)
    first = tokenize(dataset["vnir"].to_dask().data)
    assert first == tokenize(dataset["vnir"].to_dask().data)
    assert tokenize(dataset.snapshot) != tokenize(dataset.snapshot.at_level(2))
    assert announced == []


def test_another_dataset_at_the_same_path_is_not_taken_for_the_one_that_was_sent(
    panel: Library,
) -> None:
    arrived = pickle.loads(pickle.dumps(panel.open(PANEL).snapshot))  # noqa: S301 - ours
    other = copy.copy(arrived)
    other._identity = other._identity.__class__("a", PANEL, "f" * 32, 1)
    other._reopen = lambda *_: panel.open(PANEL).snapshot
    with pytest.raises(ConflictError, match="another dataset"):
        _ = other.record


class Bound:
    """Stands for a cluster's library; only its identity counts here."""


def test_process_is_bound_to_one_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_bound", {})
    one, another = cast("Library", Bound()), cast("Library", Bound())
    arrivals.expect("http://registry")
    arrivals.bind("http://registry", one)
    arrivals.bind("http://registry", one)
    with pytest.raises(ConflictError, match="another cluster"):
        arrivals.bind("http://registry", another)
    assert arrivals.find_bound("http://registry") is one


def test_arrival_at_a_worker_without_access_says_so(
    panel: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "_bound", {})
    monkeypatch.setattr(arrivals, "WAIT_S", 0.01)
    arrivals.expect(panel._catalogue.address)
    arrived = pickle.loads(pickle.dumps(panel.open(PANEL)))  # noqa: S301 - ours
    with pytest.raises(KeyUnavailableError, match="was not given access"):
        arrived.keys()
