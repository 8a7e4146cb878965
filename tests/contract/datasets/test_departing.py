"""The notebook's side of grants: asked for while a graph is pickled, refused before it is sent."""

import pickle
from collections.abc import Generator
from typing import Any

import pytest
from distributed.protocol.serialize import serialize, to_serialize

from museion.clusters.departing import Departures
from museion_datasets.errors import KeyUnavailableError, PolicyError
from tests.support.granted import AT_HOME, FAR, FRESCO, Granted, granting_registry

NEAR_CLUSTER, FAR_CLUSTER = "near-cluster", "far-cluster"


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Generator[Granted]:
    with granting_registry(tmp_path_factory.mktemp("registry")) as running:
        running.registrar.register(NEAR_CLUSTER, "workspace", "")
        running.registrar.register(FAR_CLUSTER, FAR, "")
        yield running


@pytest.fixture(autouse=True)
def _in_a_workspace(granted: Granted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in granted.environment.items():
        monkeypatch.setenv(name, value)


def send(thing: Any) -> None:  # noqa: ANN401 - anything that is pickled
    """Serialize as Dask's client does, which wraps every error."""
    serialize(to_serialize(thing), on_error="raise")


def grants_of(granted: Granted, cluster: str) -> set[tuple[str, int, int | None, str]]:
    found = granted.registrar._ask("GET", "clusters")
    return {
        (one["dataset"], one["first_version"], one["last_version"], one["mode"])
        for each in found
        if each["cluster"] == cluster
        for one in each["grants"]
    }


def test_what_leaves_is_granted_and_what_stays_is_not(granted: Granted) -> None:
    departing = Departures(NEAR_CLUSTER)
    fresco = granted.workspace.open(FRESCO, 1)
    pickle.dumps(granted.workspace.open(AT_HOME))
    with departing.leaving():
        send({"task": (sum, fresco["plaster"].to_dask().data)})
    assert grants_of(granted, NEAR_CLUSTER) == {(FRESCO, 1, 1, "read")}
    with granted.workspace.draft(FRESCO) as draft, departing.leaving():
        send(draft.store.require_staging().workplace)
        draft.write_bytes("files/more", b"more")
    assert (FRESCO, 1, None, "write") in grants_of(granted, NEAR_CLUSTER)


def test_refusal_leaves_the_block_as_the_registry_gave_it(granted: Granted) -> None:
    lazy = granted.workspace.open(AT_HOME)["plaster"].to_dask()
    with pytest.raises(PolicyError, match=r"US[\s\S]*hint: ") as caught, _leaving(FAR_CLUSTER):
        send(lazy)
    assert "\n" not in caught.value.message
    assert grants_of(granted, FAR_CLUSTER) == set()


def _leaving(cluster: str) -> Any:  # noqa: ANN401 - a context manager
    return Departures(cluster).leaving()


def test_other_errors_of_pickling_stay_what_they_are(granted: Granted) -> None:
    with pytest.raises(TypeError, match="Could not serialize"), _leaving(NEAR_CLUSTER):
        send(granted.workspace.open(FRESCO).snapshot.sealed)
    with pytest.raises(KeyUnavailableError), _leaving(NEAR_CLUSTER):
        pickle.dumps(granted.workspace.open(FRESCO).snapshot.sealed)


def test_cluster_that_is_not_registered_asks_for_nothing(granted: Granted) -> None:
    with Departures("").leaving():
        send(granted.workspace.open(FRESCO))
