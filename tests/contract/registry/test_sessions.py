"""A browser's session with the registry, as its owner has it and as attackers try to."""

import re
from collections.abc import Generator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from museion_hub.registry.hub import CACHE_S
from museion_hub.registry.sessions import (
    BROWSER_COOKIE,
    HUB_SIGN_IN_COOKIE,
    REQUEST_HEADER,
    SESSION_COOKIE,
    SIGN_IN_S,
    Sessions,
    is_own_path,
)
from tests.support.registry import API, Registry, copy_state, make_registry, make_state

PAGE = "/services/registry/workgroups/murals"
NAVIGATION = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
OWN_SCRIPT = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sessions")
    make_state(folder)
    return folder


@pytest.fixture
def registry(state: Path, tmp_path: Path) -> Generator[Registry]:
    """Sessions don't know which database it is, so one kind is enough."""
    registry = make_registry(copy_state(state, tmp_path / "state"))
    yield registry
    registry.database.close()


class Browser(httpx.AsyncClient):
    """A browser that keeps cookies, and the hub behind it that knows who signed in."""

    def __init__(self, registry: Registry, sign_in: str = "a-hub-sign-in") -> None:
        super().__init__(
            transport=httpx.ASGITransport(registry.app, raise_app_exceptions=False),
            base_url="http://registry",
            cookies={HUB_SIGN_IN_COOKIE: sign_in},
        )
        self.registry = registry

    async def begin(self, path: str = PAGE) -> dict[str, str]:
        """Open a page without a session; give what the hub is asked."""
        first = await self.get(path, headers=NAVIGATION)
        asked = await self.get(first.headers["Location"], headers=NAVIGATION)
        return {
            key: values[0]
            for key, values in parse_qs(urlsplit(asked.headers["Location"]).query).items()
        }

    async def end(self, account: str, asked: dict[str, str]) -> httpx.Response:
        """Come back from the hub, where this account is signed in."""
        self.registry.hub.codes["a-code"] = (account, asked["code_challenge"])
        query = {"code": "a-code", "state": asked["state"]}
        return await self.get(asked["redirect_uri"], params=query, headers=NAVIGATION)

    async def sign_in(self, account: str) -> httpx.Response:
        return await self.end(account, await self.begin())

    async def request_token(self) -> str:
        page = await self.get(PAGE, headers=NAVIGATION)
        found = re.search(r'data-xsrf="([0-9a-f]+)"', page.text)
        assert found, page.text
        return found[1]


async def test_a_person_signs_in_once_and_comes_to_the_page_they_asked_for(
    registry: Registry,
) -> None:
    async with Browser(registry) as browser:
        asked = await browser.begin(f"{PAGE}?who=a")
        assert asked["client_id"] == "service-registry"
        assert asked["redirect_uri"] == "/services/registry/oauth_callback"
        back = await browser.end("murals-lead", asked)
        assert (back.status_code, back.headers["Location"]) == (303, f"{PAGE}?who=a")
        page = await browser.get(PAGE, headers=NAVIGATION)
    assert page.status_code == 200
    assert "Wall Paintings" in page.text


async def test_the_cookie_is_kept_from_scripts_and_other_sites(registry: Registry) -> None:
    async with Browser(registry) as browser:
        said = (await browser.sign_in("murals-lead")).headers["Set-Cookie"]
    assert said.startswith(f"{SESSION_COOKIE}=")
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert "Path=/services/registry/" in said
    assert "murals" not in said


async def test_behind_https_the_cookie_never_travels_in_the_clear(registry: Registry) -> None:
    async with Browser(registry) as browser:
        asked = await browser.begin()
        registry.hub.codes["a-code"] = ("murals-lead", asked["code_challenge"])
        answer = await browser.get(
            asked["redirect_uri"],
            params={"code": "a-code", "state": asked["state"]},
            headers={**NAVIGATION, "X-Forwarded-Proto": "https,http"},
        )
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_the_api_takes_the_session_of_its_own_pages(registry: Registry) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        headers = {**OWN_SCRIPT, REQUEST_HEADER: await browser.request_token()}
        answer = await browser.get(f"{API}/me", headers=headers)
    assert answer.json()["name"] == "murals-lead"


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("said", ["", "0" * 64, "é"], ids=["none", "invented", "not ascii"])
async def test_a_request_without_the_pages_proof_is_refused(
    registry: Registry, method: str, said: str
) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        headers = httpx.Headers({**OWN_SCRIPT, REQUEST_HEADER: said}, encoding="utf-8")
        answer = await browser.request(method, f"{API}/workgroups/murals", headers=headers)
    assert answer.status_code in {403, 405}
    assert "Wall Paintings" not in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_a_request_from_another_site_is_refused_even_with_the_proof(
    registry: Registry, site: str
) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        headers = {REQUEST_HEADER: await browser.request_token(), "Sec-Fetch-Site": site}
        answer = await browser.patch(
            f"{API}/workgroups/murals", json={"title": "Taken over"}, headers=headers
        )
    assert answer.status_code == 403
    assert registry.last_event()[0] != "workgroup.described"


async def test_the_proof_of_one_person_is_nothing_to_another(registry: Registry) -> None:
    async with Browser(registry) as lead, Browser(registry, "another") as member:
        await lead.sign_in("murals-lead")
        await member.sign_in("murals-member")
        headers = {**OWN_SCRIPT, REQUEST_HEADER: await member.request_token()}
        answer = await lead.get(f"{API}/me", headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("dest", ["empty", "iframe", "script", "worker", "serviceworker"])
async def test_what_runs_in_a_workspace_cannot_read_a_page(registry: Registry, dest: str) -> None:
    """A workspace is of the same origin: its requests carry the cookie, but say what they are."""
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        answer = await browser.get(PAGE, headers={**OWN_SCRIPT, "Sec-Fetch-Dest": dest})
    assert answer.status_code == 403
    assert 'data-xsrf=""' in answer.text
    assert "Wall Paintings" not in answer.text


async def test_more_of_the_log_needs_the_pages_proof(registry: Registry) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        token = await browser.request_token()
        refused = await browser.get(f"{PAGE}/activity", headers=OWN_SCRIPT)
        given = await browser.get(f"{PAGE}/activity", headers={**OWN_SCRIPT, REQUEST_HEADER: token})
    assert refused.status_code == 403
    assert "<li" in given.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cookie: cookie[:-6] + "AAAAAA",
        lambda cookie: "B" + cookie[1:],
        lambda cookie: cookie[:20],
        lambda _cookie: "murals-lead",
        lambda _cookie: "A" * 5000,
        lambda _cookie: Sessions().new_session("token", {HUB_SIGN_IN_COOKIE: "a-hub-sign-in"}),
    ],
    ids=["end", "version", "cut", "plain", "huge", "another key"],
)
async def test_a_forged_cookie_is_nobodys(registry: Registry, spoil: object) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        forged = spoil(browser.cookies[SESSION_COOKIE])  # type: ignore[operator]  # a function
        browser.cookies = httpx.Cookies({
            SESSION_COOKIE: forged,
            HUB_SIGN_IN_COOKIE: "a-hub-sign-in",
        })
        page = await browser.get(PAGE, headers=NAVIGATION)
        answer = await browser.get(f"{API}/me", headers=OWN_SCRIPT)
    assert page.headers["Location"].startswith("/services/registry/sign-in?next=")
    assert answer.status_code == 401


async def test_a_state_is_no_session(registry: Registry) -> None:
    async with Browser(registry) as browser:
        asked = await browser.begin()
        browser.cookies.set(SESSION_COOKIE, asked["state"])
        page = await browser.get(PAGE, headers=NAVIGATION)
    assert page.status_code == 303


async def test_nobody_can_be_signed_in_as_somebody_else(registry: Registry) -> None:
    """The attacker's own sign-in, sent to a victim: the victim's browser did not begin it."""
    async with Browser(registry, "attacker") as attacker, Browser(registry, "victim") as victim:
        asked = await attacker.begin()
        await victim.begin()
        answer = await victim.end("stranger", asked)
        assert answer.status_code == 400
        assert "You are not signed in" in answer.text
        assert SESSION_COOKIE not in victim.cookies


async def test_a_code_works_once_and_only_with_its_own_sign_in(registry: Registry) -> None:
    async with Browser(registry) as browser:
        asked, other = await browser.begin(), await browser.begin()
        registry.hub.codes["a-code"] = ("murals-lead", asked["code_challenge"])
        query = {"code": "a-code", "state": other["state"]}
        swapped = await browser.get(asked["redirect_uri"], params=query, headers=NAVIGATION)
        again = await browser.get(asked["redirect_uri"], params=query, headers=NAVIGATION)
    assert swapped.status_code == again.status_code == 400


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied"])
async def test_a_callback_out_of_the_blue_is_said_calmly(registry: Registry, query: str) -> None:
    async with Browser(registry) as browser:
        answer = await browser.get(f"/services/registry/oauth_callback{query}", headers=NAVIGATION)
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text


async def test_a_workgroups_account_gets_no_page(registry: Registry) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("wg-murals")
        page = await browser.get(PAGE, headers=NAVIGATION)
    assert page.status_code == 404


async def test_signing_out_of_the_hub_ends_the_session_at_once_in_that_browser(
    registry: Registry,
) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        browser.cookies.delete(HUB_SIGN_IN_COOKIE)
        page = await browser.get(PAGE, headers=NAVIGATION)
    assert page.status_code == 303


async def test_the_next_person_at_the_browser_inherits_nothing(registry: Registry) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        kept = browser.cookies[SESSION_COOKIE]
        browser.cookies = httpx.Cookies({SESSION_COOKIE: kept, HUB_SIGN_IN_COOKIE: "the next one"})
        page = await browser.get(PAGE, headers=NAVIGATION)
    assert page.status_code == 303


async def test_a_token_that_the_hub_takes_back_ends_the_session(registry: Registry) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        token = await browser.request_token()
        registry.hub.tokens.clear()
        registry.now_s[0] += CACHE_S
        page = await browser.get(PAGE, headers=NAVIGATION)
        answer = await browser.get(f"{API}/me", headers={**OWN_SCRIPT, REQUEST_HEADER: token})
    assert page.status_code == 303
    assert answer.status_code == 401


async def test_a_hub_that_is_down_is_said_on_a_page(registry: Registry) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        registry.hub.is_down = True
        registry.now_s[0] += CACHE_S
        page = await browser.get(PAGE, headers=NAVIGATION)
    assert page.status_code == 503
    assert "No answer at the moment" in page.text
    assert "The hub gives no usable answer." in page.text


async def test_a_foreign_workgroup_and_a_missing_one_look_the_same(registry: Registry) -> None:
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        foreign, missing = [
            await browser.get(PAGE.replace("murals", slug), headers=NAVIGATION)
            for slug in ("archive", "nothing")
        ]
    assert foreign.status_code == missing.status_code == 404
    assert foreign.text == missing.text
    assert registry.last_event()[0] == "access.refused"


async def test_every_page_keeps_itself_to_itself(registry: Registry) -> None:
    chromium = {"User-Agent": "Mozilla/5.0 Chrome/156.0.0.0 Safari/537.36"}
    async with Browser(registry) as browser:
        await browser.sign_in("murals-lead")
        page = await browser.get(PAGE, headers=NAVIGATION | chromium)
        other = await browser.get(PAGE, headers=NAVIGATION)
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    # Even a window that a workspace opens is out of its reach.
    assert page.headers["Cross-Origin-Opener-Policy"] == "noopener-allow-popups"
    assert other.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_late_sign_in_is_begun_anew() -> None:
    now_s = [1000.0]
    sessions = Sessions(b"secret", clock=lambda: now_s[0])
    state = sessions.new_sign_in(PAGE, "browser").state
    assert sessions.find_sign_in(state, {BROWSER_COOKIE: "browser"}) is not None
    now_s[0] += SIGN_IN_S + 1
    assert sessions.find_sign_in(state, {BROWSER_COOKIE: "browser"}) is None


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/services/registry/",
        "/services/registry/../../hub/logout",
        "/services/registry/\\elsewhere.example",
        "/services/registry/\r\nSet-Cookie: a=b",
        "/hub/logout",
        "",
    ],
)
def test_a_sign_in_leads_nowhere_else(path: str) -> None:
    sessions = Sessions(b"secret")
    state = sessions.new_sign_in(path, "browser").state
    ended = sessions.find_sign_in(state, {BROWSER_COOKIE: "browser"})
    assert not is_own_path(path)
    assert ended is not None
    assert ended.next_path == "/services/registry/"


def test_a_restart_with_another_secret_opens_nothing_of_before() -> None:
    cookies = {HUB_SIGN_IN_COOKIE: "x"}
    cookies[SESSION_COOKIE] = Sessions(b"one").new_session("token", cookies)
    assert Sessions(b"one").find_session(cookies) is not None
    assert Sessions(b"two").find_session(cookies) is None
