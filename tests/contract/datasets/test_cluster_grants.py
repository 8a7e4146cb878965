"""A worker's library and the real registry: what is granted is read, and nothing besides.

Leases are shortened by the registry itself, which says how long they are.
"""

import pickle
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count

import pytest

from museion_datasets import arrivals
from museion_datasets.catalogue import RegistryCatalogue
from museion_datasets.clusters.grants import Grant, Wish
from museion_datasets.clusters.library import ClusterLibrary, connect_cluster
from museion_datasets.dataset import Dataset
from museion_datasets.departures import Mode
from museion_datasets.errors import (
    ConflictError,
    KeyUnavailableError,
    NotFoundError,
    PolicyError,
)
from tests.support.granted import (
    AT_HOME,
    FAR,
    FRESCO,
    PURPOSEFUL,
    SUM,
    Granted,
    granting_registry,
)
from tests.support.proxies import Line, line_to
from tests.support.waiting import wait_until

FIRST, SECOND = Wish(FRESCO, version=1), Wish(FRESCO, version=2)
names = (f"cluster-{number:08}" for number in count())


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Generator[Granted]:
    with granting_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def worker(granted: Granted) -> Generator[ClusterLibrary]:
    worker = granted.worker(next(names))
    yield worker
    worker.keeper.stop()


@pytest.fixture
def _short_lease(granted: Granted) -> Generator[None]:
    with granted.leases_of(1):
        yield


@pytest.fixture
def _unbound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_bound", {})
    monkeypatch.setattr(arrivals, "_libraries", {})


def total(worker: ClusterLibrary, version: int = 1, purpose: str | None = None) -> float:
    """Read a version as a store that arrived would."""
    snapshot = worker.reopen(FRESCO, version, purpose)
    return float(Dataset(snapshot)["plaster"].to_xarray().sum())


def grant(granted: Granted, worker: ClusterLibrary, wish: Wish = FIRST) -> Grant:
    return granted.registrar.grant(worker.cluster, wish)


def test_worker_reads_what_was_granted_and_nothing_besides(
    granted: Granted, worker: ClusterLibrary
) -> None:
    with pytest.raises(KeyUnavailableError, match="no grant for murals/fresco"):
        worker.reopen(FRESCO, 1)
    grant(granted, worker)
    assert total(worker) == SUM
    for path, version in ((FRESCO, 2), (AT_HOME, 1), ("murals/panel", 1)):
        with pytest.raises(KeyUnavailableError, match=f"no grant for {path}"):
            worker.reopen(path, version)
    with pytest.raises(KeyUnavailableError, match="no grant"):
        worker.reopen_objects(FRESCO, 1)


def test_same_wish_is_the_same_grant_and_registering_again_keeps_it(
    granted: Granted, worker: ClusterLibrary
) -> None:
    first = grant(granted, worker)
    again = granted.worker(worker.cluster)
    assert grant(granted, again) == first
    assert total(again) == SUM


def test_cluster_cannot_act_as_the_workgroup(granted: Granted, worker: ClusterLibrary) -> None:
    grant(granted, worker)
    for attempt in (worker.datasets, worker._catalogue.author):
        with pytest.raises(KeyUnavailableError):
            attempt()
    with pytest.raises(KeyUnavailableError), worker.draft(FRESCO):
        pass


def test_grant_to_write_gives_the_key_to_write_with_and_no_older_one(
    granted: Granted, worker: ClusterLibrary
) -> None:
    grant(granted, worker, Wish(FRESCO, Mode.WRITE))
    with granted.workspace.draft(FRESCO) as draft:
        place = draft.store.require_staging().workplace
        assert place is not None
        sealed = worker.reopen_objects(FRESCO, place.epoch)
        assert (sealed.dataset, sealed.epoch) == (place.dataset, place.epoch)
    with pytest.raises(KeyUnavailableError, match="no grant"):
        worker.reopen(FRESCO, 1)


def test_policy_speaks_before_anything_is_sent(granted: Granted) -> None:
    far = granted.worker(next(names), place=FAR)
    with pytest.raises(PolicyError, match=r"US[\s\S]*hint: "):
        grant(granted, far, Wish(AT_HOME, version=1))
    grant(granted, far)
    assert total(far) == SUM


def test_purpose_belongs_to_the_grant(granted: Granted, worker: ClusterLibrary) -> None:
    with pytest.raises(PolicyError, match="hint: "):
        grant(granted, worker, Wish(PURPOSEFUL, version=1))
    grant(granted, worker, Wish(PURPOSEFUL, version=1, purpose="research"))
    assert worker.reopen(PURPOSEFUL, 1, "research").head.version == 1


@pytest.mark.usefixtures("_short_lease")
def test_revoked_grant_is_forgotten_and_read_no_more(
    granted: Granted, worker: ClusterLibrary
) -> None:
    made = grant(granted, worker)
    grant(granted, worker, SECOND)
    assert total(worker, 1) == total(worker, 2) == SUM
    held = {each.wish.version: keys for keys, each in worker._all_held.items()}
    worker.keeper.start()
    RegistryCatalogue(granted.url, granted.token)._ask(
        "DELETE", f"clusters/{worker.cluster}/grants/{made.id}"
    )
    wait_until(lambda: not held[1].are_held, "the worker forgets", 30)
    with pytest.raises(KeyUnavailableError, match="revoked"):
        total(worker, 1)
    assert total(worker, 2) == SUM


@pytest.mark.usefixtures("_short_lease")
def test_closed_cluster_forgets_everything_at_once(
    granted: Granted, worker: ClusterLibrary
) -> None:
    grant(granted, worker)
    assert total(worker) == SUM
    granted.registrar.close(worker.cluster)
    worker.keeper.renew()
    assert not any(keys.are_held for keys in worker._all_held)
    with pytest.raises(KeyUnavailableError):
        total(worker)


def test_worker_goes_on_with_a_token_that_comes_while_it_reads(
    granted: Granted, worker: ClusterLibrary
) -> None:
    grant(granted, worker)
    token = granted.registrar.register(worker.cluster, "workspace", "").token
    with pytest.raises(KeyUnavailableError):
        worker._registry.lease(10)
    worker.renew_token(token)
    assert total(worker) == SUM


@contextmanager
def worker_behind_a_line(granted: Granted) -> Generator[tuple[ClusterLibrary, Line]]:
    with line_to(granted.port) as line:
        url = granted.url.replace(str(granted.port), str(line.port))
        worker = granted.worker(next(names), url=url)
        grant(granted, worker)
        yield worker, line
        worker.keeper.stop()


def test_reading_goes_on_through_a_cut_that_is_shorter_than_the_lease(granted: Granted) -> None:
    with worker_behind_a_line(granted) as (worker, line):
        assert total(worker) == SUM
        worker.keeper.renew()
        line.cut()
        worker.keeper.renew()
        assert total(worker) == SUM


@pytest.mark.usefixtures("_short_lease")
def test_longer_cut_stops_reading_and_the_end_of_it_lets_it_go_on(granted: Granted) -> None:
    with worker_behind_a_line(granted) as (worker, line):
        assert total(worker) == SUM
        worker.keeper.renew()
        line.cut()
        wait_until(lambda: not worker.keeper.holds(0), "the lease ends", 30)
        worker.keeper.renew()
        assert not any(keys.are_held for keys in worker._all_held)
        with pytest.raises(KeyUnavailableError, match="registry does not answer"):
            total(worker)
        line.mend()
        assert total(worker) == SUM


@pytest.mark.usefixtures("_unbound")
def test_arrivals_are_served_by_the_cluster_whatever_else_the_process_connects_to(
    granted: Granted,
) -> None:
    cluster = next(names)
    token = granted.registrar.register(cluster, "workspace", "").token
    store = granted.workspace.open(FRESCO, 1).store
    arrived = pickle.loads(pickle.dumps(store))  # noqa: S301 - ours
    library = connect_cluster(granted.url, token, granted.storage, cluster=cluster)
    assert connect_cluster(granted.url, token, granted.storage, cluster=cluster) is library
    arrivals.remember(granted.workspace._catalogue.address, granted.workspace)
    with pytest.raises(KeyUnavailableError, match="no grant"):
        arrived.get_sync("notes")
    with pytest.raises(ConflictError, match="another cluster"):
        connect_cluster(granted.url, token, granted.storage, cluster=next(names))
    library.close()
    assert arrivals.find_bound(granted.url) is None


def test_unknown_cluster_gets_nothing(granted: Granted) -> None:
    with pytest.raises(NotFoundError):
        granted.registrar.grant(next(names), FIRST)
    granted.registrar.close(next(names))
