"""A workgroup's clusters at the gateway: theirs to use, and out of reach for everybody else."""

import json
import re
import socket
import ssl
from collections.abc import Generator
from contextlib import closing, contextmanager

import httpx
import pytest
from websocket import WebSocketBadStatusException, create_connection

from museion_hub.gateway.limits import limits_of, this_machine
from tests.support.gateway import ACCESS, account_token
from tests.support.hub import REQUEST_TIMEOUT_S, TempHub
from tests.support.kernel import Kernel

pytestmark = pytest.mark.integration


UNAUTHORIZED, FORBIDDEN, NOT_FOUND, UNPROCESSABLE = 401, 403, 404, 422
PREFIX = "/services/dask-gateway"
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
from museion.errors import MuseionError
try:
    museion.cluster(workers=1000, memory="512MiB", place="gateway", name="too large")
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


STRANGERS: dict[str, tuple[str, str, int]] = {
    "look at it": ("GET", "", FORBIDDEN),
    "wait for it": ("GET", "?wait", FORBIDDEN),
    "stop it": ("DELETE", "", FORBIDDEN),
    "scale it": ("POST", "/scale", FORBIDDEN),
    "let it adapt": ("POST", "/adapt", FORBIDDEN),
    "report as its scheduler": ("POST", "/heartbeat", UNAUTHORIZED),
    "open its dashboard": ("GET", "/dashboard/status", NOT_FOUND),
    "open another of its pages": ("GET", "/dashboard/info/main/workers.html", NOT_FOUND),
    "open the dashboard's socket": ("GET", "/dashboard/status/ws", NOT_FOUND),
    "walk out of the dashboard": ("GET", "/dashboard/%2e%2e/%2e%2e/scale", NOT_FOUND),
}


@pytest.mark.parametrize("what", STRANGERS)
def test_another_workgroup_is_refused_to(what: str, hub: TempHub, cluster_name: str) -> None:
    method, path, status = STRANGERS[what]
    body = {"count": 0, "minimum": 0, "maximum": 0}
    with api_as(hub, account_token(hub, "wg-lapidary", ACCESS)) as client:
        answer = client.request(method, f"{CLUSTERS}{cluster_name}{path}", json=body)
        assert answer.status_code == status
        assert client.get(CLUSTERS).json() == {}


def test_what_others_tried_left_the_cluster_at_work(kernel: Kernel, cluster_name: str) -> None:
    assert cluster_name
    assert kernel.run("print(client.submit(max, [1, 2]).result())") == "2"


def test_without_the_clusters_credentials_its_scheduler_does_not_talk(
    hub: TempHub, cluster_name: str
) -> None:
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    address = ("127.0.0.1", hub.runtime.gateways["gateway"].scheduler_port)
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


def test_its_own_workgroup_sees_the_dashboard(hub: TempHub, cluster_name: str) -> None:
    with api_as(hub, account_token(hub, "wg-murals", ACCESS)) as client:
        page = client.get(f"{CLUSTERS}{cluster_name}/dashboard/status")
        assert page.is_success
        assert "bokeh" in page.text.lower()
        assert not page.cookies
        statics = client.get(f"{CLUSTERS}{cluster_name}/dashboard/statics/css/base.css")
        assert statics.is_success
        missing = client.get(f"{CLUSTERS}{'0' * 32}/dashboard/status")
        assert missing.status_code == NOT_FOUND


def test_the_dashboard_is_live_over_its_websocket(hub: TempHub, cluster_name: str) -> None:
    token = account_token(hub, "wg-murals", ACCESS)
    path = f"{CLUSTERS}{cluster_name}/dashboard/status"
    with api_as(hub, token) as client:
        ticket = re.search(r'"token":"([^"]+)"', client.get(path).text)
    assert ticket
    url = f"{hub.url}{path}/ws".replace("http://", "ws://")
    headers = [f"Authorization: jupyterhub {token}"]
    with closing(
        create_connection(url, header=headers, subprotocols=["bokeh", ticket[1]], timeout=30)
    ) as socket_:
        assert socket_.subprotocol == "bokeh"
        assert json.loads(socket_.recv())["msgtype"] == "ACK"


@pytest.mark.parametrize("account", ["wg-lapidary", ""], ids=["another workgroup", "nobody"])
def test_the_dashboards_websocket_is_for_its_workgroup_alone(
    hub: TempHub, cluster_name: str, account: str
) -> None:
    token = account_token(hub, account, ACCESS) if account else "none"
    url = f"{hub.url}{CLUSTERS}{cluster_name}/dashboard/status/ws".replace("http://", "ws://")
    with pytest.raises(WebSocketBadStatusException) as refusal:
        create_connection(url, header=[f"Authorization: jupyterhub {token}"], timeout=30)
    assert refusal.value.status_code == (NOT_FOUND if account else UNAUTHORIZED)


def test_a_cookie_does_not_open_the_dashboard(hub: TempHub, cluster_name: str) -> None:
    with api_as(hub, account_token(hub, "wg-murals", ACCESS)) as client:
        assert client.get(CLUSTERS).is_success  # the gateway sets its cookie here
        assert client.cookies
        del client.headers["Authorization"]
        answer = client.get(f"{CLUSTERS}{cluster_name}/dashboard/status")
    assert answer.status_code == UNAUTHORIZED


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"workers": 1000}, "Number of workers can't be: 1000", id="workers"),
        pytest.param({"place": "moon"}, "Place can't be: 'moon'", id="place"),
        pytest.param({"environment": "mine"}, "Environment can't be: 'mine'", id="environment"),
    ],
)
def test_a_wish_is_refused_in_one_sentence_with_a_hint(
    hub: TempHub, options: dict[str, object], reason: str
) -> None:
    with api_as(hub, account_token(hub, "wg-murals", ACCESS)) as client:
        answer = client.post(CLUSTERS, json={"cluster_options": options})
    assert answer.status_code == UNPROCESSABLE
    assert answer.json()["error"].startswith(reason)
    assert "(hint: " in answer.json()["error"]


def test_more_than_the_workgroups_share_is_refused(hub: TempHub, cluster_name: str) -> None:
    most = limits_of(hub.settings, hub.settings.compute[0], this_machine()).workers
    with api_as(hub, account_token(hub, "wg-murals", ACCESS)) as client:
        answer = client.post(CLUSTERS, json={"cluster_options": {"workers": most}})
        assert answer.status_code == UNPROCESSABLE
        assert "already in use: 1" in answer.json()["error"]
        assert list(client.get(CLUSTERS).json()) == [cluster_name]
