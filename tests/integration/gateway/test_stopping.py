"""A gateway that ends leaves its clusters at work; a deployment that ends leaves nothing."""

import signal
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx
import psutil
import pytest
from dask_gateway import Gateway, GatewayCluster
from distributed import Client

from museion_hub.gateway.tending import end_all
from museion_hub.settings import Clusters
from tests.support.gateway import TempGateway, forget, temp_gateway
from tests.support.hub import REQUEST_TIMEOUT_S, TempHub
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

GONE_TIMEOUT_S = 30.0
START_TIMEOUT_S = 120.0


@contextmanager
def open_gateway(beside: TempGateway) -> Generator[Gateway]:
    """Give Dask's own client of the gateway."""
    known = beside.dask_settings
    with Gateway(
        known["gateway.address"],
        proxy_address=known["gateway.proxy-address"],
        auth=beside.authentication,
    ) as gateway:
        yield gateway
    forget(gateway)


@contextmanager
def api_of(beside: TempGateway) -> Generator[httpx.Client]:
    headers = {"Authorization": f"jupyterhub {beside.token}"}
    url = f"{beside.url}/api/v1/clusters/"
    with httpx.Client(base_url=url, headers=headers, timeout=REQUEST_TIMEOUT_S) as client:
        yield client


def names_of_workers(client: Client) -> set[str]:
    return {str(each["name"]) for each in client.scheduler_info()["workers"].values()}


def waiting_for(path: str) -> Callable[[], str]:
    """Return what goes on when a file is there; made here, so that it travels by value."""

    def wait() -> str:
        import time  # noqa: PLC0415  runs in a worker
        from pathlib import Path  # noqa: PLC0415  runs in a worker

        while not Path(path).exists():
            time.sleep(0.05)
        return path

    return wait


def making(path: str) -> Callable[[], None]:
    """Return what makes a file."""

    def make() -> None:
        from pathlib import Path  # noqa: PLC0415  runs in a worker

        Path(path).touch()

    return make


@pytest.fixture(scope="module")
def beside(hub: TempHub, tmp_path_factory: pytest.TempPathFactory) -> Generator[TempGateway]:
    clusters = Clusters(workers=2, core_hours=1000)
    with temp_gateway(hub, tmp_path_factory.mktemp("beside"), clusters=clusters) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def cluster(beside: TempGateway) -> Generator[GatewayCluster]:
    with open_gateway(beside) as gateway:
        cluster = gateway.new_cluster(
            workers=2, worker_memory=0.5, label="pca.ipynb", shutdown_on_close=False
        )
        cluster.scale(2)
        yield cluster
        cluster.close()
        forget(cluster.gateway)


@pytest.fixture(scope="module")
def client(cluster: GatewayCluster) -> Generator[Client]:
    # One that is closed inside its block, as below, would stay Dask's default.
    with cluster.get_client(set_as_default=False) as client:
        client.wait_for_workers(2, timeout=START_TIMEOUT_S)
        yield client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
def test_a_computation_outlives_the_gateway_that_started_it(
    beside: TempGateway, client: Client, number: signal.Signals
) -> None:
    path = f"/tmp/{number.name}"  # noqa: S108  the pod's own
    waiting = client.submit(waiting_for(path), pure=False)
    beside.end(number)
    try:
        client.submit(making(path), pure=False).result(timeout=START_TIMEOUT_S)
        assert waiting.result(timeout=START_TIMEOUT_S) == path
    finally:
        beside.start()
    assert client.submit(sum, [1, 2, number]).result(timeout=START_TIMEOUT_S) == 3 + number


def test_the_next_gateway_knows_the_cluster_and_can_scale_it(
    beside: TempGateway, cluster: GatewayCluster, client: Client
) -> None:
    with api_of(beside) as api:
        ((name, report),) = api.get("").json().items()
        assert (name, report["options"]["label"]) == (cluster.name, "pca.ipynb")
        assert api.post(f"{name}/scale", json={"count": 1}).is_success
        wait_until(lambda: len(names_of_workers(client)) == 1, "one worker")
        assert api.post(f"{name}/scale", json={"count": 2}).is_success
        client.wait_for_workers(2, timeout=START_TIMEOUT_S)
        more = api.post(f"{name}/scale", json={"count": 3}).json()
        assert not more["ok"]
        assert "resource limit of 2 workers" in more["msg"]


def test_a_worker_that_is_lost_is_replaced(beside: TempGateway, client: Client) -> None:
    before = names_of_workers(client)
    lost = next(each for each in beside.kept() if "distributed.cli.dask_worker" in each.cmdline())
    lost.kill()

    def is_replaced() -> bool:
        now = names_of_workers(client)
        return len(now) == len(before) and now != before

    wait_until(is_replaced, "another worker", START_TIMEOUT_S)


def test_an_adaptive_cluster_grows_with_its_work(cluster: GatewayCluster, client: Client) -> None:
    cluster.adapt(minimum=1, maximum=2)
    wait_until(lambda: len(names_of_workers(client)) == 1, "it shrank")
    path = "/tmp/grown"  # noqa: S108  the pod's own
    waiting = [client.submit(waiting_for(path), pure=False) for _ in range(8)]
    client.wait_for_workers(2, timeout=START_TIMEOUT_S)
    client.run(making(path))
    assert client.gather(waiting) == [path] * 8


def test_the_books_hold_keys_and_tokens_encrypted_only(
    beside: TempGateway, cluster: GatewayCluster
) -> None:
    with api_of(beside) as api:
        key = api.get(cluster.name).json()["tls_key"]
    books = beside.folder / "books.sqlite"
    assert cluster.name.encode() in books.read_bytes()
    assert key.splitlines()[2].encode() not in books.read_bytes()
    assert b"PRIVATE KEY" not in books.read_bytes()
    for path in (books, beside.folder / "ledger.sqlite", *beside.folder.glob("*.sock")):
        assert path.stat().st_mode & 0o077 == 0
    assert beside.folder.stat().st_mode & 0o777 == 0o700


def test_what_workers_use_is_written_down(beside: TempGateway) -> None:
    def used() -> float:
        with sqlite3.connect(beside.folder / "ledger.sqlite") as ledger:
            return float(ledger.execute("SELECT total(core_seconds) FROM used").fetchone()[0])

    assert wait_until(used, "core seconds", 60) > 0


def test_the_end_of_the_deployment_ends_all_of_it(beside: TempGateway, client: Client) -> None:
    kept = beside.kept()
    assert any("dask_worker" in " ".join(each.cmdline()) for each in kept)
    beside.end()
    assert all(each.is_running() for each in kept)
    client.close()
    end_all(beside.folder)
    _, alive = psutil.wait_procs(kept, timeout=GONE_TIMEOUT_S)
    assert alive == []
    beside.start()
    with api_of(beside) as api:
        wait_until(lambda: api.get("").json() == {}, "the books know that it ended")


def test_hours_that_are_used_up_stop_what_runs_and_refuse_more(beside: TempGateway) -> None:
    with api_of(beside) as api, sqlite3.connect(beside.folder / "ledger.sqlite") as ledger:
        name = api.post("", json={"cluster_options": {}}).json()["name"]
        assert name in api.get("").json()
        ledger.execute("UPDATE used SET core_seconds = 1e9 WHERE account = 'wg-murals'")
        ledger.commit()
        wait_until(lambda: api.get("").json() == {}, "it was stopped")
        refusal = api.post("", json={"cluster_options": {}})
    assert "used its 1000 core hours of this month" in refusal.json()["error"]
