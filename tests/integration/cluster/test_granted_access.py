"""A cluster in the workspace over a live registry: workers get their keys, and nobody else does."""

import gzip
import os
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from distributed import Scheduler, Worker

import museion
from museion import _session
from museion_datasets import arrivals
from museion_datasets.errors import KeyUnavailableError, PolicyError
from museion_datasets.policy import DatasetPolicy
from museion_hub.registry import cluster_tokens
from tests.support.granted import ABOUT, FRESCO, SUM, Granted, granting_registry, plaster
from tests.support.leaks import environment_of, files_that_hold, forms_of, holds, memory_holds

pytestmark = pytest.mark.integration

type Live = Any
"""A `ClusterClient`; distributed has no types."""

PAGES = (
    "status",
    "workers",
    "info/main/workers.html",
    "info/main/events.html",
    "info/events/museion-access.html",
    "info/main/call-stacks.html",
    "json/counts.json",
    "json/identity.json",
    "json/index.html",
)
ABROAD = "murals/abroad"
REQUEST_TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def tokens() -> Generator[list[str]]:
    """Give every cluster token that the registry makes."""
    made: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        make = cluster_tokens.new_token

        def keep() -> str:
            made.append(make())
            return made[-1]

        patch.setattr(cluster_tokens, "new_token", keep)
        yield made


@pytest.fixture(scope="module")
def granted(tokens: list[str], tmp_path_factory: pytest.TempPathFactory) -> Generator[Granted]:
    del tokens
    with (
        granting_registry(tmp_path_factory.mktemp("registry")) as running,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in running.environment.items():
            patch.setenv(name, value)
        patch.setattr(arrivals, "_libraries", {})
        _session.library.cache_clear()
        yield running
        _session.library.cache_clear()


@pytest.fixture(scope="module")
def client(granted: Granted) -> Generator[Live]:
    with museion.cluster(workers=1, memory="512MiB", place="workspace") as client:
        assert granted.url
        yield client


def total(client: Live) -> float:
    return float(client.compute(museion.open(FRESCO)["plaster"].to_dask().sum()).result(120))


def test_workers_read_and_write_under_grants(client: Live, granted: Granted) -> None:
    assert total(client) == SUM
    twice = museion.open(FRESCO)["plaster"].to_dask() * 2
    with museion.draft("murals/twice", **ABOUT) as draft:  # type: ignore[arg-type]
        draft.put_array("plaster", twice, chunks={"y": 32, "x": 32})
    assert float(museion.open("murals/twice")["plaster"].to_xarray().sum()) == 2 * SUM
    found = granted.registrar._ask("GET", "clusters")
    modes = {(one["dataset"], one["mode"]) for each in found for one in each["grants"]}
    assert modes == {(FRESCO, "read"), ("murals/twice", "write")}


def test_worker_that_joins_later_reads_without_the_notebook(client: Live) -> None:
    store = museion.open(FRESCO).store
    assert client.submit(size_of, store, pure=False).result(120)
    client.scale(2)
    client.wait_for_workers(2, timeout=120)
    for address in client.scheduler_info()["workers"]:
        task = client.submit(size_of, store, workers=[address], pure=False)
        assert task.result(120)


def size_of(store: object) -> int:
    return len(store.get_sync("arrays/plaster/zarr.json").to_bytes())  # type: ignore[attr-defined]


def test_replaced_worker_gets_access_too(client: Live) -> None:
    for pid, _ in client.run(place_of).values():
        os.kill(pid, signal.SIGKILL)
    assert total(client) == SUM


def test_reason_of_the_policy_reaches_the_notebook_before_anything_is_sent(
    client: Live, granted: Granted, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = DatasetPolicy("Museum", "CC0-1.0", purposes=("teaching",))
    with museion.draft(ABROAD, **ABOUT, policy=policy) as draft:  # type: ignore[arg-type]
        draft.put_array("plaster", plaster(), chunks={"y": 16, "x": 16})
    lazy = museion.open(ABROAD, purpose="teaching")["plaster"].to_dask()
    granted.change_policy(ABROAD, DatasetPolicy("Museum", "CC0-1.0", purposes=("conservation",)))
    sent: list[str] = []
    send = client._send_to_scheduler

    def note(message: dict[str, Any]) -> None:
        sent.append(message["op"])
        send(message)

    monkeypatch.setattr(client, "_send_to_scheduler", note)
    with pytest.raises(PolicyError, match="hint: ") as caught:
        client.compute(lazy.sum())
    assert "\n" not in caught.value.message
    assert "update-graph" not in sent
    assert total(client) == SUM


def test_task_without_a_grant_says_so_in_the_notebook(
    client: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_departures", None)
    store = museion.open(FRESCO, 1).store
    with pytest.raises(KeyUnavailableError, match="no grant for murals/fresco"):
        client.submit(size_of, store, pure=False).result(120)


def test_key_and_token_are_nowhere_but_in_the_workers(
    client: Live,
    granted: Granted,
    tokens: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[bytes] = []
    send = client._send_to_scheduler

    def keep(message: dict[str, Any]) -> None:
        sent.append(bytes_of(message))
        send(message)

    monkeypatch.setattr(client, "_send_to_scheduler", keep)
    assert total(client) == SUM
    keys = forms_of(*granted.keys())
    secrets = keys + forms_of(*(token.encode() for token in tokens))
    client.dump_cluster_state(str(tmp_path / "state"), format="msgpack")
    workers = client.run(place_of)
    seen = {
        "graph": b"".join(sent),
        "scheduler's state": gzip.decompress((tmp_path / "state.msgpack.gz").read_bytes()),
        "scheduler's books": client.run_on_scheduler(books),
        "logs": repr((client.get_worker_logs(), client.get_scheduler_logs())).encode(),
        "agent": repr([client.info(), client._agent.ask("GET", "/connection")]).encode(),
        "dashboard": dashboard(client),
        "environments": b"".join(environment_of(pid) for pid, _ in workers.values()),
        "agent's environment": environment_of(client.run_on_scheduler(os.getpid)),
    }
    assert FRESCO.encode() in seen["graph"]
    assert {name for name, data in seen.items() if holds(data, secrets)} == set()
    assert all(seen.values())
    for _, folder in workers.values():
        assert files_that_hold(Path(folder), secrets) == []
    scheduler = client.run_on_scheduler(os.getpid)
    assert not memory_holds(scheduler, keys)
    worker = next(iter(workers.values()))[0]
    assert memory_holds(worker, forms_of(*(token.encode() for token in tokens)))


def bytes_of(message: dict[str, Any]) -> bytes:
    """Give a message as it goes out, the graph's frames included."""
    expr = message.get("expr_ser")
    frames = [bytes(frame) for frame in expr.frames] if expr is not None else []
    return b"".join([repr(message).encode(), *frames])


def place_of(dask_worker: Worker) -> tuple[int, str]:
    return os.getpid(), dask_worker.local_directory


def books(dask_scheduler: Scheduler) -> bytes:
    """Give what the scheduler keeps for late workers, and what it has heard."""
    events = repr(dict(dask_scheduler._broker._topics)).encode()
    return b"".join(dask_scheduler.worker_plugins.values()) + events


def dashboard(client: Live) -> bytes:
    found = client._agent.ask("GET", "/dashboard")
    url, headers = found["url"], found.get("headers", {})
    transport = httpx.HTTPTransport(uds=found["socket"]) if "socket" in found else None
    with httpx.Client(
        transport=transport, headers=headers, trust_env=False, timeout=REQUEST_TIMEOUT_S
    ) as session:
        answers = [session.get(f"{url.rstrip('/')}/{page}") for page in PAGES]
    assert any(answer.is_success for answer in answers)
    return b"".join(answer.content for answer in answers)
