"""Who may see, start and stop what, asked of a real hub through the real proxy."""

import re
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest

from tests.support.pages_hub import PASSWORD, PagesHub

pytestmark = pytest.mark.integration

DEADLINE_S = 20.0


def xsrf(reply: httpx.Response) -> str:
    found = re.search(r'data-xsrf="([^"]+)"', reply.text)
    assert found, reply.text
    return found[1]


def try_to_sign_in(client: httpx.Client, username: str, password: str) -> httpx.Response:
    form = {"_xsrf": xsrf(client.get("/hub/login")), "username": username, "password": password}
    return client.post("/hub/login", data=form)


@contextmanager
def visitor(hub: PagesHub, username: str = "") -> Generator[httpx.Client]:
    with httpx.Client(base_url=hub.url, timeout=20) as client:
        if username:
            assert try_to_sign_in(client, username, PASSWORD).status_code == httpx.codes.FOUND
        yield client


def wait_for_state(client: httpx.Client, account: str, state: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while client.get("/hub/home/state").json()["servers"][account]["state"] != state:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def stop(client: httpx.Client, account: str) -> httpx.Response:
    token = xsrf(client.get("/hub/home"))
    return client.post(f"/hub/servers/{account}/stop", data={"_xsrf": token})


@pytest.mark.parametrize("path", ["/user/{}/lab", "/hub/spawn/{}", "/hub/spawn-pending/{}"])
def test_a_foreign_workspace_and_a_missing_one_look_the_same(hub: PagesHub, path: str) -> None:
    with visitor(hub, "bao") as bao:
        foreign, missing = (
            bao.get(path.format(account), follow_redirects=True)
            for account in ("wg-sarcophagi", "wg-nothing")
        )
    assert foreign.status_code == missing.status_code == httpx.codes.NOT_FOUND
    assert foreign.text == missing.text
    assert "Nothing here for you" in foreign.text


def test_a_member_without_the_right_to_stop_starts_the_workspace(hub: PagesHub) -> None:
    with visitor(hub, "bao") as bao, visitor(hub, "astrid") as lead:
        reply = bao.get("/hub/spawn/wg-murals", params={"next": "/user/wg-murals/museion/open"})
        assert reply.headers["location"].startswith("/hub/spawn-pending/wg-murals?next=")
        wait_for_state(bao, "wg-murals", "running")
        assert stop(bao, "wg-murals").status_code == httpx.codes.NOT_FOUND
        assert stop(lead, "wg-murals").headers["location"] == "/hub/home"
        wait_for_state(lead, "wg-murals", "stopped")


def test_a_guest_cannot_start_the_workspace(hub: PagesHub) -> None:
    with visitor(hub, "dimitra") as guest:
        assert "Open workspace" not in guest.get("/hub/home").text
        assert guest.get("/hub/spawn/wg-murals").status_code == httpx.codes.NOT_FOUND


def test_a_start_that_fails_at_once_says_why_and_what_to_do(hub: PagesHub) -> None:
    with visitor(hub, "bao") as bao:
        reply = bao.get("/hub/spawn/wg-broken", follow_redirects=True)
    assert "The disk is full." in reply.text
    assert "Free some space, then open the workspace again." in reply.text
    assert "next=/user/wg-broken/museion/open" in reply.text


def test_stopping_needs_the_form_of_the_same_person(hub: PagesHub) -> None:
    with visitor(hub, "astrid") as astrid, visitor(hub, "bao") as bao:
        foreign = xsrf(bao.get("/hub/home"))
        for token in ("", foreign):
            reply = astrid.post("/hub/servers/astrid/stop", data={"_xsrf": token})
            assert reply.status_code == httpx.codes.FORBIDDEN
            assert "open for too long" in reply.text


@pytest.mark.parametrize("path", ["/hub/home", "/hub/spawn/wg-murals", "/hub/token"])
def test_a_stranger_is_asked_to_sign_in_first(hub: PagesHub, path: str) -> None:
    with visitor(hub) as stranger:
        assert stranger.get(path).headers["location"].startswith("/hub/login?next=")


def test_a_stranger_learns_nothing_from_the_refresh(hub: PagesHub) -> None:
    with visitor(hub) as stranger:
        reply = stranger.get("/hub/home/state")
    assert reply.status_code == httpx.codes.UNAUTHORIZED
    assert "murals" not in reply.text


def test_the_refresh_holds_only_what_the_person_may_see(hub: PagesHub) -> None:
    hub.see("carla", "murals")
    with visitor(hub, "dimitra") as guest, visitor(hub, "newcomer") as newcomer:
        seen, nothing = (c.get("/hub/home/state").json() for c in (guest, newcomer))
    assert set(seen["servers"]) == {"wg-murals", "dimitra"}
    assert seen["online"] == {"murals": ["carla"]}
    assert (set(nothing["servers"]), nothing["online"]) == ({"newcomer"}, {})


def test_a_wrong_password_and_an_unknown_person_look_the_same(hub: PagesHub) -> None:
    replies = []
    for name in ("emeka", "nobody"):
        with visitor(hub) as client:
            replies.append(try_to_sign_in(client, name, "wrong"))
    texts = [re.sub(r'(value|data-xsrf)="[^"]*"', "", reply.text) for reply in replies]
    assert texts[0] == texts[1]
    assert "That name and password do not belong together." in texts[0]


def test_too_many_tries_say_when_to_come_back(hub: PagesHub) -> None:
    with visitor(hub) as client:
        replies = [try_to_sign_in(client, "somebody", f"guess-{n}") for n in range(7)]
    assert "Too many failed tries for this name." in replies[-1].text
    assert "Try again in 1 min." in replies[-1].text


def test_administration_keeps_the_frame_its_script_needs(hub: PagesHub) -> None:
    with visitor(hub, "emeka") as admin, visitor(hub, "astrid") as lead:
        page = admin.get("/hub/admin")
        denied = lead.get("/hub/admin")
    assert "admin-react.js" in page.text
    assert "assets/tokens.css" in page.text
    assert denied.status_code == httpx.codes.FORBIDDEN
    assert "Nothing here for you" in denied.text
