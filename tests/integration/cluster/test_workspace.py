"""`museion.cluster` beside the kernel: real processes, TLS, nothing on disk."""

import os
import socket
import ssl
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from distributed.utils import LoopRunner

from museion import cluster
from museion.clusters.client import ClusterClient
from museion.errors import InputError

pytestmark = pytest.mark.integration

PATIENCE_S = 5


@pytest.fixture(scope="module")
def client() -> Generator[ClusterClient]:
    with cluster(workers=2, memory="512MiB") as client:
        yield client


def look_around() -> dict[str, Any]:
    import dask  # noqa: PLC0415  runs in a worker

    settings = ("memory.spill", "memory.target")
    return {
        "on disk": [dask.config.get(f"distributed.worker.{name}") for name in settings],
        "shuffles on disk": dask.config.get("distributed.p2p.storage.disk"),
        "threads": {os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")},
        "process": os.getpid(),
    }


def test_work_is_done_by_two_single_threaded_processes(client: ClusterClient) -> None:
    assert client.submit(sum, [1, 2, 3]).result() == 6
    seen = client.run(look_around)
    assert len({worker["process"] for worker in seen.values()} | {os.getpid()}) == 3
    assert all(worker["threads"] == {"1"} for worker in seen.values())
    assert set(client.nthreads().values()) == {1}


def test_decrypted_chunks_are_never_spilled_to_disk(client: ClusterClient) -> None:
    for worker in client.run(look_around).values():
        assert worker["on disk"] == [False, False]
        assert worker["shuffles on disk"] is False


def test_every_port_of_the_cluster_is_tls_on_loopback(client: ClusterClient) -> None:
    addresses = [client.scheduler.address, *client.nthreads()]
    assert all(address.startswith("tls://127.0.0.1:") for address in addresses)


def test_a_stranger_on_the_machine_cannot_speak_to_the_scheduler(client: ClusterClient) -> None:
    address = urlsplit(client.scheduler.address)
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as plain,
        careless.wrap_socket(plain) as stream,
        pytest.raises(ssl.SSLError, match="certificate required"),
    ):
        stream.recv(1)


def test_the_dashboards_link_leads_through_the_workspaces_server(
    client: ClusterClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/wg-murals/")
    path = f"/user/wg-murals/museion/clusters/{client.cluster_id}/dashboard/status"
    assert client.dashboard_link == path


def test_it_grows_and_shrinks_within_its_limit(client: ClusterClient) -> None:
    limit = client.info()["limit"]
    client.scale(3)
    client.wait_for_workers(3, timeout=60)
    with pytest.raises(InputError) as caught:
        client.scale(limit + 1)
    assert str(limit) in caught.value.hint
    client.adapt(1, limit)
    assert client.info()["adaptive"] == {"minimum": 1, "maximum": limit}
    assert cluster(workers=2, memory="512MiB") is client


def test_asking_again_for_the_same_cluster_returns_the_running_one(client: ClusterClient) -> None:
    assert cluster(workers=2, memory="512MiB") is client


def test_closing_the_client_stops_the_workers_and_the_next_call_starts_new_ones() -> None:
    with cluster(workers=1, memory="300MiB") as first:
        pids = [worker["process"] for worker in first.run(look_around).values()]
    assert first.status == "closed"
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with cluster(workers=1, memory="300MiB") as second:
        assert second is not first
        assert second.submit(max, [1, 2]).result() == 2


def test_closing_a_second_time_waits_for_nothing() -> None:
    # As when Python collects a closed client while distributed starts the loop of the next.
    with cluster(workers=1, memory="256MiB") as client:
        pass
    collected = threading.Thread(target=client.close, daemon=True)
    with LoopRunner._lock:
        collected.start()
        collected.join(PATIENCE_S)
        assert not collected.is_alive()
