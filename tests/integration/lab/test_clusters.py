"""Clusters through the workspace's server: a real agent, a real cluster, members and others."""

import json
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from tests.support.live_server import ROOT, LiveServer
from tests.support.schemas import load_schema
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration
WISH = {"name": "panel test", "place": "workspace", "workers": 1, "memory_gb": 0.5}
CONFIGURATION = {
    "JUPYTER_NO_CONFIG": "",
    "JUPYTER_CONFIG_PATH": str(ROOT / "extensions/lab/jupyter-config"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    """Give a server that asks `MemberAuthorizer`, configured as it is shipped."""
    root = tmp_path_factory.mktemp("clusters")
    authorizer = "--ServerApp.authorizer_class=museion_lab.authorizer.MemberAuthorizer"
    with TemporaryDirectory(prefix="m-") as short:  # sockets take only short paths
        running = LiveServer(root, [authorizer], variables={**CONFIGURATION, "TMPDIR": short})
        running.start()
        try:
            yield running
        finally:
            assert running.process is not None
            if running.process.poll() is None:
                running.stop()


def clusters(visitor: httpx.Client) -> list[dict[str, Any]]:
    answer = visitor.get("museion/clusters")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["clusters"]
    return found


@pytest.fixture(scope="module")
def cluster(server: LiveServer) -> Generator[str]:
    """Start a cluster as the panel does, and stop it at the end."""
    with server.asks("anna") as anna:
        started = anna.post("museion/clusters", json=WISH)
        assert started.status_code == 202, started.text
        name: str = started.json()["id"]
        wait_until(lambda: len(report(anna, name).get("workers", ())) == 1, "the worker")
        yield name
        anna.post(f"museion/clusters/{name}/close", json={})


def report(visitor: httpx.Client, cluster: str) -> dict[str, Any]:
    (found,) = [each for each in clusters(visitor) if each["id"] == cluster]
    return found


def test_every_member_sees_the_cluster_and_its_worker(server: LiveServer, cluster: str) -> None:
    with server.asks("anna") as anna, server.asks("ben") as ben:
        wait_until(lambda: report(ben, cluster)["workers"][0]["memory_bytes"] > 0, "a heartbeat")
        seen = report(ben, cluster)
        one = anna.get(f"museion/clusters/{cluster}").json()
    jsonschema.validate(seen, load_schema("cluster"))
    assert (seen["state"], seen["name"], seen["place"]) == ("running", "panel test", "workspace")
    assert seen["workers"][0]["memory_limit_bytes"] == 5 * 10**8
    assert (one["cluster"]["id"], one["may_act"]) == (cluster, True)


def test_a_member_changes_its_size(server: LiveServer, cluster: str) -> None:
    with server.asks("ben") as ben:
        adapted = ben.post(f"museion/clusters/{cluster}/adapt", json={"minimum": 1, "maximum": 2})
        assert adapted.status_code == 200, adapted.text
        assert report(ben, cluster)["adaptive"] == {"minimum": 1, "maximum": 2}
        assert ben.post(f"museion/clusters/{cluster}/scale", json={"workers": 1}).is_success
        wait_until(lambda: report(ben, cluster)["adaptive"] is None, "a fixed size")


def test_more_than_the_place_has_is_refused_with_a_hint(server: LiveServer, cluster: str) -> None:
    with server.asks("ben") as ben:
        answer = ben.post(f"museion/clusters/{cluster}/scale", json={"workers": 90_000})
    assert 400 <= answer.status_code < 500
    assert answer.json()["message"]
    assert answer.json()["hint"]


@pytest.mark.parametrize(
    ("wish", "body"),
    [
        ("scale", {"workers": -1}),
        ("scale", {"workers": 1.5}),
        ("scale", {"workers": True}),
        ("scale", {}),
        ("scale", [1]),
        ("adapt", {"minimum": 3, "maximum": 2}),
        ("adapt", {"minimum": 1}),
    ],
)
def test_what_could_never_be_meant_is_refused(
    server: LiveServer, cluster: str, wish: str, body: object
) -> None:
    with server.asks("ben") as ben:
        answer = ben.post(f"museion/clusters/{cluster}/{wish}", json=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"kind", "message", "hint"}


def test_who_may_only_look_does_nothing(server: LiveServer, cluster: str) -> None:
    with server.asks("looker") as looker:
        assert looker.get("museion/clusters").json()["may_act"] is False
        assert report(looker, cluster)["state"] == "running"
        assert open_dashboard(looker, cluster).status_code == 200
        for wish, body in (("scale", {"workers": 2}), ("close", {})):
            answer = looker.post(f"museion/clusters/{cluster}/{wish}", json=body)
            assert answer.status_code == 403
        assert looker.post("museion/clusters", json=WISH).status_code == 403


@pytest.mark.parametrize("path", ["", "/dashboard/status", "/dashboard/status/ws"])
def test_a_stranger_learns_nothing(server: LiveServer, cluster: str, path: str) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as stranger:
        answer = stranger.get(f"museion/clusters/{cluster}{path}")
    assert answer.status_code in {302, 403, 404}
    assert "/login" in answer.headers.get("Location", "/login")
    assert cluster not in answer.text


def open_dashboard(visitor: httpx.Client, cluster: str, path: str = "") -> httpx.Response:
    url = f"museion/clusters/{cluster}/dashboard/{path}"
    return visitor.get(url, follow_redirects=True)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_dashboard_is_only_read(server: LiveServer, cluster: str, method: str) -> None:
    with server.asks("anna") as anna:
        address = open_dashboard(anna, cluster).url
        assert anna.request(method, address).status_code == 405


def test_a_dashboard_runs_without_the_rights_of_the_workspace(
    server: LiveServer, cluster: str
) -> None:
    with server.asks("anna") as anna:
        page = open_dashboard(anna, cluster)
    assert page.url.path.endswith("/status")
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Content-Security-Policy"].startswith("sandbox allow-scripts ")
    assert "allow-same-origin" not in page.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in page.headers


def test_a_ticket_is_good_for_its_own_cluster_only(
    server: LiveServer, cluster: str, echo: str
) -> None:
    with server.asks("anna") as anna, httpx.Client(trust_env=False) as browser:
        address = str(open_dashboard(anna, cluster).url)
        assert browser.get(address).status_code == 200  # no cookie: the address is the ticket
        assert browser.get(address.replace(cluster, echo)).status_code == 404
        assert browser.get(address.replace("/status", "x/status")).status_code == 404


class EchoingAgent(BaseHTTPRequestHandler):
    """An agent and its dashboard at once: the dashboard tells which headers it was sent."""

    def do_GET(self) -> None:
        own = str(self.server.server_address)
        place = {
            "url": "http://localhost/",
            "socket": own,
            "headers": {"Authorization": "of-agent"},
        }
        answer = place if self.path == "/dashboard" else dict(self.headers)
        self.send_response(200)
        self.send_header("Set-Cookie", "_xsrf=planted; Path=/")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def address_string(self) -> str:
        return "a unix socket"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing on standard error."""


@pytest.fixture
def echo(server: LiveServer, cluster: str) -> Generator[str]:
    """Give the id of a cluster whose dashboard echoes."""
    assert cluster
    (folder,) = Path(server.variables["TMPDIR"]).glob("museion-*")
    agent = ThreadingUnixStreamServer(str(folder / "workspace-echo.sock"), EchoingAgent)
    thread = Thread(target=agent.serve_forever)
    thread.start()
    yield "workspace-echo"
    agent.shutdown()
    thread.join()
    agent.server_close()
    (folder / "workspace-echo.sock").unlink()


def test_credentials_of_visitors_stay_here_and_no_cookie_comes(
    server: LiveServer, echo: str
) -> None:
    with server.asks("anna") as anna:
        secret = {"Cookie": "jupyterhub-user=secret", "X-XSRFToken": "secret"}
        page = anna.get(open_dashboard(anna, echo).url, headers=secret)
    assert page.status_code == 200
    assert page.json()["Authorization"] == "of-agent"
    assert "secret" not in page.text
    assert "anna" not in page.text
    assert "Set-Cookie" not in page.headers


async def test_the_dashboards_websocket_is_passed_on(server: LiveServer, cluster: str) -> None:
    with server.asks("anna") as anna:
        page = open_dashboard(anna, cluster).url
    url = str(page.copy_with(scheme="ws")).replace("/status", "/eventstream")
    socket = await websocket_connect(HTTPRequest(url, headers={"Origin": "null"}))
    await socket.write_message("hello")
    first = await socket.read_message()
    socket.close()
    assert first is not None
    with pytest.raises(HTTPClientError):
        await websocket_connect(HTTPRequest(url.replace("/eventstream", "x/eventstream")))


def test_looking_does_not_keep_a_workspace_running(server: LiveServer, cluster: str) -> None:
    with server.asks("anna") as anna:
        before = anna.get("api/status?no_track_activity=1").json()["last_activity"]
        clusters(anna)
        open_dashboard(anna, cluster)
        assert anna.get("api/status?no_track_activity=1").json()["last_activity"] == before


def test_ports_of_the_workspace_are_not_offered_to_visitors(server: LiveServer) -> None:
    with server.asks("anna") as anna:
        assert anna.get(f"proxy/{urlsplit(server.url).port}/x").status_code == 404


def test_a_stopped_cluster_is_gone_for_everybody(server: LiveServer) -> None:
    with server.asks("anna") as anna, server.asks("ben") as ben:
        name = anna.post("museion/clusters", json=WISH | {"name": "short"}).json()["id"]
        wait_until(lambda: report(ben, name)["state"] == "running", "the second cluster")
        assert ben.post(f"museion/clusters/{name}/close", json={}).is_success
        wait_until(lambda: name not in {each["id"] for each in clusters(anna)}, "its end")
        gone = anna.post(f"museion/clusters/{name}/scale", json={"workers": 1})
    assert (gone.status_code, gone.json()["message"]) == (404, "This cluster has ended")
