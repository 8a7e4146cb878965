"""A workgroup's clusters at the gateway: theirs to use, and out of reach for everybody else."""

import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest

from museion_hub.gateway.address import PREFIX
from tests.support.gateway import ACCESS, account_token
from tests.support.hub import REQUEST_TIMEOUT_S, TempHub
from tests.support.kernel import Kernel

pytestmark = pytest.mark.integration


UNAUTHORIZED, FORBIDDEN, NOT_FOUND, UNPROCESSABLE = 401, 403, 404, 422
CLUSTERS = f"{PREFIX}/api/v1/clusters/"

MAKE_AND_ADD_UP = """
import museion, numpy as np, xarray as xr
ramp = xr.DataArray(np.arange(64, dtype="float32").reshape(8, 8), dims=("y", "x"))
about = dict(title="Ramp", kind="cube", rights="CC0-1.0", synthetic=True, description="")
with museion.draft("murals/ramp", **about) as draft:
    draft.put_array("ramp", ramp, chunks={"y": 4, "x": 4})
chunks = museion.open("murals/ramp")["ramp"].to_dask()
print(float(client.compute(chunks.sum()).result()))
"""


@contextmanager
def api_as(hub: TempHub, token: str) -> Generator[httpx.Client]:
    headers = {"Authorization": f"jupyterhub {token}"}
    with httpx.Client(base_url=hub.url, headers=headers, timeout=REQUEST_TIMEOUT_S) as client:
        yield client


@pytest.mark.usefixtures("cluster_name")
def test_a_kernel_computes_on_its_workgroups_cluster(kernel: Kernel) -> None:
    assert kernel.run("print(client.submit(sum, [1, 2, 3]).result())") == "6"


@pytest.mark.usefixtures("cluster_name")
def test_its_workers_open_the_workgroups_sealed_datasets_by_themselves(kernel: Kernel) -> None:
    assert kernel.run(MAKE_AND_ADD_UP) == "2016.0"


@pytest.mark.usefixtures("cluster_name")
def test_asking_again_in_the_same_kernel_returns_the_same_cluster(kernel: Kernel) -> None:
    again = 'museion.cluster(workers=1, memory="512MiB", place="gateway")'
    assert kernel.run(f"print({again} is client)") == "True"


@pytest.mark.usefixtures("cluster_name")
def test_too_many_workers_are_refused_with_a_hint(kernel: Kernel) -> None:
    attempt = """
from museion._cluster_places import start_cluster
from museion._cluster_request import require_request
from museion.errors import MuseionError
try:
    start_cluster(require_request(1000, "512MiB", "gateway"))
except MuseionError as error:
    print(error)
"""
    message, hint = kernel.run(attempt).splitlines()
    assert "workers must be <=" in message
    assert hint.startswith("hint: ")


def test_another_members_program_sees_the_workgroups_cluster(
    hub: TempHub, cluster_name: str
) -> None:
    with api_as(hub, account_token(hub, "wg-murals", ACCESS)) as client:
        assert cluster_name in client.get(CLUSTERS).json()


def test_another_workgroup_neither_sees_nor_reaches_nor_stops_it(
    hub: TempHub, kernel: Kernel, cluster_name: str
) -> None:
    with api_as(hub, account_token(hub, "wg-lapidary", ACCESS)) as client:
        assert client.get(CLUSTERS).json() == {}
        assert client.get(CLUSTERS + cluster_name).status_code == FORBIDDEN
        assert client.delete(CLUSTERS + cluster_name).status_code == FORBIDDEN
        scaled = client.post(f"{CLUSTERS}{cluster_name}/scale", json={"count": 0})
        assert scaled.status_code == FORBIDDEN
    assert kernel.run("print(client.submit(max, [1, 2]).result())") == "2"


def test_without_the_clusters_credentials_its_scheduler_does_not_talk(
    hub: TempHub, cluster_name: str
) -> None:
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    address = ("127.0.0.1", hub.runtime.ports.gateway_scheduler)
    with (
        socket.create_connection(address, timeout=REQUEST_TIMEOUT_S) as plain,
        careless.wrap_socket(plain, server_hostname=f"daskgateway-{cluster_name}") as stream,
        pytest.raises(ssl.SSLError, match="certificate required"),
    ):
        stream.recv(1)


def test_a_token_without_the_scope_of_the_service_is_refused(hub: TempHub) -> None:
    token = account_token(hub, "wg-murals", "access:services!service=registry")
    with api_as(hub, token) as client:
        assert client.get(CLUSTERS).status_code == UNAUTHORIZED


def test_a_person_cannot_own_a_cluster(hub: TempHub) -> None:
    with api_as(hub, hub.token_of("murals-lead")) as client:
        answer = client.post(CLUSTERS, json={"cluster_options": {}})
    assert answer.status_code == UNPROCESSABLE
    assert "belongs to a workgroup" in answer.json()["error"]


def test_the_gateway_shows_no_page_of_a_cluster(hub: TempHub, cluster_name: str) -> None:
    with api_as(hub, account_token(hub, "wg-murals", ACCESS)) as client:
        for path in ("status", "info/main/workers.html", "json/counts.json", "api/comm"):
            answer = client.get(f"{PREFIX}/clusters/{cluster_name}/{path}")
            assert answer.status_code == NOT_FOUND
