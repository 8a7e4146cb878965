"""The workspace server's endpoints, as browsers and strangers meet them."""

import re

import httpx
import pytest

from museion_lab.app import all_routes
from tests.support.workspace_server import TOKEN, WorkspaceServer

pytestmark = pytest.mark.integration
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def example(pattern: str) -> str:
    """Return an address that a route's pattern matches."""
    return re.sub(r"\(\??[^()]*\)", "1", pattern).lstrip("/")


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in all_routes()])
@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_reaches_no_endpoint(server: WorkspaceServer, pattern: str, method: str) -> None:
    with server.browser(signed_in=False) as stranger:
        answer = stranger.request(method, example(pattern))
    is_sent_to_sign_in = answer.status_code == 302 and "/login" in answer.headers["Location"]
    is_without_ticket = "/pages/" in pattern and answer.status_code == 404
    assert answer.status_code in {401, 403, 405} or is_sent_to_sign_in or is_without_ticket
    if method == "GET" and not is_sent_to_sign_in:
        is_refused = answer.status_code in {401, 403} or is_without_ticket
        assert is_refused or pattern.endswith("presence")


def test_no_endpoint_was_left_out_for_lack_of_authentication(server: WorkspaceServer) -> None:
    assert "museion_lab | extension was successfully loaded" in server.log.read_text()
    assert "JupyterServerAuthWarning" not in server.log.read_text()


def test_the_datasets_of_the_workspace_are_listed(server: WorkspaceServer) -> None:
    with server.browser() as anna:
        (record,) = anna.get("museion/datasets").json()["datasets"]
    assert (record["path"], record["version"], record["synthetic"]) == ("murals/panel", 1, True)
    assert record["size_bytes"] > 0


@pytest.mark.parametrize(
    "path", ["cubes/murals/no-such/vnir/info", "cubes/lapidary/panel/vnir/info"]
)
def test_an_unknown_dataset_is_answered_with_kind_message_and_hint(
    server: WorkspaceServer, path: str
) -> None:
    with server.browser() as anna:
        answer = anna.get(f"museion/{path}", params={"version": 1})
    assert answer.status_code == 404
    assert set(answer.json()) == {"kind", "message", "hint"}
    assert answer.json()["kind"] == "not_found"


def test_a_sign_of_life_makes_you_visible_to_the_others(server: WorkspaceServer) -> None:
    with server.browser() as anna, server.browser() as ben:
        assert anna.post("museion/presence").json()["next_s"] > 0
        seen = ben.get("museion/members").json()
    you, other = seen["members"][0], seen["members"][1]
    assert (you["is_you"], other["is_you"]) == (True, False)
    assert other["is_here"]
    assert seen["workgroup"] is None  # no hub told us that this is a workgroup's


def test_a_sign_of_life_needs_the_browsers_own_token(server: WorkspaceServer) -> None:
    with server.browser() as anna:
        del anna.headers["X-XSRFToken"]
        assert anna.post("museion/presence").status_code == 403


def test_signs_of_life_do_not_keep_a_workspace_running(server: WorkspaceServer) -> None:
    with server.browser() as anna:
        before = anna.get("api/status").json()["last_activity"]
        for _ in range(3):
            anna.post("museion/presence")
            anna.get("museion/members")
            anna.get("museion/datasets")
        assert anna.get("api/status?no_track_activity=1").json()["last_activity"] <= before


def test_each_member_is_led_to_a_layout_of_their_own(server: WorkspaceServer) -> None:
    with server.browser() as anna:
        you = anna.get("museion/members").json()["you"]["username"]
        answer = anna.get("museion/open", params={"path": "01-first-look.ipynb"})
    expected = f"/user/wg-murals/lab/workspaces/{you}/tree/01-first-look.ipynb"
    assert (answer.status_code, answer.headers["Location"]) == (302, expected)


def test_a_path_out_of_the_workspace_is_not_opened(server: WorkspaceServer) -> None:
    with server.browser() as anna:
        assert anna.get("museion/open", params={"path": "../x"}).status_code == 400


def test_the_token_that_starts_a_session_is_needed(server: WorkspaceServer) -> None:
    url = server.url + "museion/datasets"
    with httpx.Client(trust_env=False) as client:
        assert client.get(url, headers={"Authorization": "token wrong"}).status_code == 403
        assert client.get(url, headers={"Authorization": f"token {TOKEN}"}).status_code == 200
