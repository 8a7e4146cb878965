"""A live cluster at the gateway is searched for keys and its token, from outside and as root.

What the kernel sends and dumps goes to its workspace, which is searched with the rest of the
deployment's state. The token is known to the cluster's agent and workers alone, and to the
registry by its hash; it is found in a worker's memory by that hash.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from museion_datasets.catalogue import RegistryCatalogue
from museion_hub.gateway.address import prefix
from museion_hub.workplaces import state_paths
from tests.support.gateway import ACCESS, account_token
from tests.support.hub import REQUEST_TIMEOUT_S, TempHub
from tests.support.kernel import Kernel
from tests.support.leaks import (
    environment_of,
    files_that_hold,
    find_token,
    forms_of,
    holds,
    memory_holds,
    memory_of,
)

pytestmark = pytest.mark.integration

DATASET, GATEWAY = "murals/searched", "gateway"
REGISTRY = "access:services!service=registry"
PAGES = ("status", "workers", "info/main/workers.html", "info/main/events.html", "json/counts.json")

WRITE_AND_COMPUTE = """
import museion, numpy as np, xarray as xr
ramp = xr.DataArray(np.arange(64, dtype="float32").reshape(8, 8), dims=("y", "x"))
about = dict(title="Ramp", kind="cube", rights="CC0-1.0", synthetic=True, description="")
with museion.draft("murals/searched", **about) as draft:
    draft.put_array("ramp", ramp, chunks={"y": 4, "x": 4})
chunks = museion.open("murals/searched")["ramp"].to_dask()
sent = []
send = client._send_to_scheduler
def keep(message):
    graph = message.get("expr_ser")
    sent.append(repr(message).encode() + b"".join(map(bytes, graph.frames if graph else [])))
    return send(message)
client._send_to_scheduler = keep
print(float(client.compute(chunks.sum()).result()))
client._send_to_scheduler = send
"""
DUMP = """
import pathlib
def books(dask_scheduler):
    events = repr(dict(dask_scheduler._broker._topics)).encode()
    return b"".join(dask_scheduler.worker_plugins.values()) + events
folder = pathlib.Path("searched")
folder.mkdir(exist_ok=True)
(folder / "graph").write_bytes(b"".join(sent))
(folder / "books").write_bytes(client.run_on_scheduler(books))
logs = (client.get_scheduler_logs(), client.get_worker_logs())
(folder / "logs").write_text(repr(logs))
client.dump_cluster_state(str(folder / "state"), format="yaml")
print(folder.resolve())
"""


def processes_of(cluster: str) -> Iterator[psutil.Process]:
    """Yield the scheduler and the workers of a cluster, as seen from outside."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("DASK_GATEWAY_CLUSTER_NAME") == cluster:
                yield process
        except psutil.Error:
            continue


def is_scheduler(process: psutil.Process) -> bool:
    return any("scheduler" in part for part in process.cmdline())


def token_hashes(hub: TempHub) -> list[bytes]:
    database = state_paths(hub.settings).registry_database
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
        return [found for (found,) in rows.execute("SELECT token_hash FROM cluster") if found]


def dashboard(hub: TempHub, cluster: str) -> bytes:
    headers = {"Authorization": f"jupyterhub {account_token(hub, 'wg-murals', ACCESS)}"}
    at = f"{hub.url}{prefix(hub.settings, GATEWAY)}/api/v1/clusters/{cluster}/dashboard"
    with httpx.Client(headers=headers, timeout=REQUEST_TIMEOUT_S, trust_env=False) as client:
        answers = [client.get(f"{at}/{page}") for page in PAGES]
    assert any(answer.is_success for answer in answers)
    return b"".join(answer.content for answer in answers)


def test_key_and_token_are_nowhere_but_in_the_workers(
    hub: TempHub, kernel: Kernel, cluster_name: str
) -> None:
    assert kernel.run(WRITE_AND_COMPUTE) == "2016.0"
    kernel.run(DUMP)
    url = f"{hub.url}/services/registry"
    catalogue = RegistryCatalogue(url, account_token(hub, "wg-murals", REGISTRY))
    secrets = forms_of(*catalogue.open_dataset(DATASET).keys.values())
    running = list(processes_of(cluster_name))
    schedulers = [one for one in running if is_scheduler(one)]
    workers = [one for one in running if not is_scheduler(one)]
    assert schedulers
    assert workers
    try:
        found = [find_token(memory_of(one.pid), token_hashes(hub)) for one in workers]
    except PermissionError:
        pytest.skip("this system lets nobody read another process's memory")
    tokens = [token.encode() for token in found if token]
    assert tokens, "no worker holds a token: it was looked for in the wrong place"
    secrets += forms_of(*tokens)
    assert files_that_hold(hub.settings.state_dir, secrets) == []
    assert not holds(dashboard(hub, cluster_name), secrets)
    for one in running:
        assert not holds(environment_of(one.pid), secrets)
        assert files_that_hold(Path(f"/proc/{one.pid}/root/tmp"), secrets) == []
    for one in schedulers:
        assert not memory_holds(one.pid, secrets)
    workspace = state_paths(hub.settings).workplace("wg-murals").workspace
    assert DATASET.encode() in (workspace / "searched/graph").read_bytes()
    assert {one.name for one in (workspace / "searched").iterdir()} >= {"books", "logs"}
