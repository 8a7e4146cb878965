"""The registry's pages as HTTP answers: who gets which, what they say, what they weigh."""

import re
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from museion_hub.audit.events import EventName
from museion_hub.registry.pages.event_words import event_line
from museion_hub.registry.people import color_of
from museion_hub.registry.sessions import (
    BROWSER_COOKIE,
    HUB_SIGN_IN_COOKIE,
    SESSION_COOKIE,
)
from museion_hub.registry.tables import Membership, Person, Role, Workgroup
from tests.support.registry import API, Registry, copy_state, make_registry, make_state

REGISTRY = "/services/registry"
MURALS = f"{REGISTRY}/workgroups/murals"
NAVIGATION = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
HOSTILE = "<script>alert(1)</script>"
MOST_BYTES = 150_000
"""Of a page alone; its styles and scripts are some 40 kB more."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    make_state(folder)
    return folder


@pytest.fixture
def registry(state: Path, tmp_path: Path) -> Generator[Registry]:
    registry = make_registry(copy_state(state, tmp_path / "state"))
    yield registry
    registry.database.close()


async def look(
    registry: Registry, account: str, path: str, more: dict[str, str] | None = None
) -> httpx.Response:
    """Open a page as somebody who is signed in; "" as nobody."""
    cookies = {HUB_SIGN_IN_COOKIE: "one"} | (more or {})
    if account:
        sessions = registry.app.state.service.sessions
        token = registry.hub.token_of(account)
        cookies[SESSION_COOKIE] = sessions.new_session(token, cookies)
    transport = httpx.ASGITransport(registry.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://registry", cookies=cookies
    ) as browser:
        return await browser.get(path, headers=NAVIGATION)


@pytest.mark.parametrize(
    ("account", "path", "status"),
    [
        ("murals-lead", MURALS, 200),
        ("murals-member", MURALS, 200),
        ("murals-guest", MURALS, 200),
        ("hub-admin", MURALS, 200),
        ("stranger", MURALS, 404),
        ("stranger", f"{REGISTRY}/workgroups/nothing", 404),
        ("stranger", f"{REGISTRY}/workgroups/{'x' * 10_000}", 404),
        ("stranger", f"{REGISTRY}/workgroups", 200),
        ("stranger", f"{REGISTRY}/workgroups/new", 200),
        ("stranger", f"{REGISTRY}/account", 200),
        ("stranger", f"{REGISTRY}/admin", 404),
        ("murals-lead", f"{REGISTRY}/admin", 404),
        ("hub-admin", f"{REGISTRY}/admin", 200),
        ("", f"{REGISTRY}/join/{'A' * 43}", 404),
        ("", f"{REGISTRY}/join/%00", 404),
        ("", f"{REGISTRY}/account", 303),
        ("", f"{REGISTRY}/admin", 303),
    ],
)
async def test_who_gets_which_page(
    registry: Registry, account: str, path: str, status: int
) -> None:
    answer = await look(registry, account, path)
    assert answer.status_code == status
    if status != 303:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "<h1" in answer.text


@pytest.mark.parametrize(
    ("account", "offered"),
    [
        ("murals-lead", {"invite", "role", "remove", "leave", "archive", "describe"}),
        ("murals-member", {"leave"}),
        ("murals-guest", {"leave"}),
        ("hub-admin", {"appoint", "invite", "role", "remove", "archive", "describe"}),
    ],
)
async def test_a_page_offers_exactly_what_its_reader_may_do(
    registry: Registry, account: str, offered: set[str]
) -> None:
    page = (await look(registry, account, MURALS)).text
    assert set(re.findall(r'data-open="([a-z-]+)"', page)) == offered


async def test_what_people_write_is_only_text(registry: Registry) -> None:
    with registry.database.writing() as session:
        group = session.get_one(Workgroup, "murals")
        group.title, group.description, group.is_listed = HOSTILE, HOSTILE, True
        session.get_one(Person, "murals-member").display_name = f'"{HOSTILE}'
    for account, path in (
        ("murals-lead", MURALS),
        ("murals-lead", f"{REGISTRY}/account"),
        ("stranger", f"{REGISTRY}/workgroups"),
        ("stranger", f"{REGISTRY}/workgroups?who={HOSTILE}"),
        ("hub-admin", f"{REGISTRY}/admin"),
    ):
        page = (await look(registry, account, path)).text
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page


async def test_a_page_with_a_crowd_stays_light(registry: Registry) -> None:
    names = [f"seat-{number:04}" for number in range(2000)]
    with registry.database.writing() as session:
        for name in names:
            shown = f"Participant {name}"
            now = datetime.now(UTC)
            session.add(
                Person(username=name, display_name=shown, color=color_of(name), created=now)
            )
        session.flush()
        for name in names[:500]:
            session.add(Membership(person=name, workgroup="murals", role=Role.MEMBER))
    group = await look(registry, "murals-lead", MURALS)
    found = await look(registry, "murals-lead", f"{MURALS}?who=seat-0321")
    whole = await look(registry, "hub-admin", f"{REGISTRY}/admin?who-page=2")
    assert len(group.content) < MOST_BYTES
    assert len(whole.content) < MOST_BYTES
    assert found.text.count('id="member-') == 1


async def test_an_invitation_asks_the_hub_once_who_follows_it(registry: Registry) -> None:
    async with registry.client("murals-lead") as lead:
        made = (await lead.post("/workgroups/murals/invitations", json={"role": "guest"})).json()
    path = f"{REGISTRY}/join/{made['token']}"
    asked = await look(registry, "", path)
    unknown = await look(registry, "", path, {BROWSER_COOKIE: "asked before"})
    known = await look(registry, "stranger", path)
    assert asked.headers["Location"].startswith(f"{REGISTRY}/sign-in?next=")
    assert "Make the account and join" in unknown.text
    assert "Join as Stranger" in known.text
    assert known.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("page", ["0", "-1", "x", "999999999", "²"])
async def test_a_part_of_a_list_that_is_not_there_is_the_nearest(
    registry: Registry, page: str
) -> None:
    answer = await look(registry, "murals-lead", f"{MURALS}?who-page={page}")
    assert answer.status_code == 200


async def test_a_workspace_is_stopped_by_those_who_may_and_the_log_says_by_whom(
    registry: Registry,
) -> None:
    registry.hub.users.add("wg-murals")
    registry.hub.running.add("wg-murals")
    async with registry.client("murals-member") as member:
        refused = await member.post("/workgroups/murals/server/stop")
    assert refused.status_code == 403
    assert registry.hub.running
    async with registry.client("murals-lead") as lead:
        stopped = await lead.post("/workgroups/murals/server/stop")
        again = await lead.post("/workgroups/murals/server/stop")
    assert stopped.status_code == again.status_code == 204
    assert not registry.hub.running
    assert registry.last_event()[:3] == ("workspace.stopped", "murals-lead", "murals")
    async with registry.client("stranger") as stranger:
        hidden = await stranger.post("/workgroups/murals/server/stop")
    assert hidden.status_code == 404
    assert API.endswith("/api/v1")


@pytest.mark.parametrize("name", EventName)
def test_every_event_has_a_sentence(name: EventName) -> None:
    event = {
        "index": 3,
        "time": "2026-11-22T10:00:00.000000+00:00",
        "event": name.value,
        "actor": "bao",
        "subject": "murals/astrid",
        "detail": {},
    }
    line = event_line(event, {"bao": "Bao", "astrid": "Astrid"})
    assert line.actor == "Bao"
    assert line.text
    assert "{" not in line.text
