"""The hub's pages in a real browser: by keyboard, without scripts, narrow, dark, and offline."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from museion_hub.registry.tables import Membership, Role
from tests.support.browser import fill_sign_in
from tests.support.pages_hub import PASSWORD, PagesHub, pages_hub

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "tests/browser/artifacts"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
PAGES = {
    "login": ("", "/hub/login"),
    "home": ("astrid", "/hub/home"),
    "home-empty": ("newcomer", "/hub/home"),
    "home-guest": ("dimitra", "/hub/home"),
    "not-running": ("astrid", "/user/wg-sarcophagi/lab"),
    "failed": ("bao", "/hub/spawn/wg-broken"),
    "missing": ("astrid", "/hub/no-such-page"),
    "tokens": ("astrid", "/hub/token"),
}
REFRESH_MS = 21_000
LAYOUT_SHIFT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const shift of list.getEntries()) sum += shift.value })
    .observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""

type Sessions = dict[str, StorageState | None]
type Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Generator[PagesHub]:
    ARTIFACTS.mkdir(exist_ok=True)
    with pages_hub(tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(scope="module")
def sessions(hub: PagesHub, browser: Browser) -> Sessions:
    """Sign each person in once, by the form."""
    states: Sessions = {"": None}
    for username in ("astrid", "bao", "newcomer", "dimitra"):
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, hub, username, PASSWORD)
        page.wait_for_url("**/hub/home")
        states[username] = context.storage_state()
        context.close()
    return states


def sign_in(page: Page, hub: PagesHub, username: str, password: str) -> None:
    page.goto(f"{hub.url}/hub/login")
    fill_sign_in(page, username, password)


@pytest.fixture
def visit(
    hub: PagesHub,
    browser: Browser,
    sessions: dict[str, StorageState | None],
    contexts: list[BrowserContext],
) -> Visit:
    """Open a page as somebody; options are those of a browser context."""

    def open_page(username: str, path: str = "/hub/home", **options: object) -> Page:
        context = browser.new_context(storage_state=sessions[username], **options)  # type: ignore[arg-type]  # passed on
        contexts.append(context)
        page = context.new_page()
        page.clock.install()
        page.goto(hub.url + path)
        page.wait_for_load_state()
        return page

    return open_page


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_barrier_that_axe_can_find(visit: Visit, name: str) -> None:
    username, path = PAGES[name]
    page = visit(username, path, bypass_csp=True, reduced_motion="reduce")
    page.add_script_tag(path=str(AXE))
    tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
        assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == [], scheme
        page.screenshot(path=ARTIFACTS / f"{name}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_narrow_phone_and_obeys_its_own_policy(
    hub: PagesHub, visit: Visit, name: str
) -> None:
    username, path = PAGES[name]
    fetched: list[str] = []
    complaints: list[str] = []
    page = visit(username, "/hub/health", viewport={"width": 360, "height": 740})
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(hub.url + path, wait_until="networkidle")
    assert {url for url in fetched if not url.startswith((hub.url, "data:"))} == set()
    assert [text for text in complaints if "status of" not in text] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(LAYOUT_SHIFT) < 0.01
    assert page.locator("[hidden]:visible").count() == 0
    page.screenshot(path=ARTIFACTS / f"{name}-phone.png", full_page=True)


def test_every_control_is_reached_by_keyboard_with_a_visible_ring(visit: Visit) -> None:
    page = visit("astrid")
    focused = (
        "() => { const e = document.activeElement; return e === document.body ? null :"
        " [(e.ariaLabel || e.textContent).trim(), getComputedStyle(e).outlineStyle] }"
    )
    rings: dict[str, str] = {}
    page.keyboard.press("Tab")
    while control := page.evaluate(focused):
        rings[control[0]] = control[1]
        page.keyboard.press("Tab")
    assert set(rings.values()) == {"solid"}
    assert list(rings)[:2] == ["Skip to the content", "Museion"]
    for expected in ("Dark appearance", "Sign out", "Open workspace", "25 more", "Open my space"):
        assert expected in rings


def test_a_wrong_password_is_said_calmly_and_focus_returns(
    hub: PagesHub, browser: Browser, contexts: list[BrowserContext]
) -> None:
    contexts.append(browser.new_context())
    page = contexts[0].new_page()
    sign_in(page, hub, "astrid", "not it")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Username")).to_have_value("astrid")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.screenshot(path=ARTIFACTS / "login-wrong.png")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Show the password").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.keyboard.press("Enter")
    page.wait_for_url("**/hub/home")


def test_the_first_click_of_a_member_opens_the_workspace(hub: PagesHub, visit: Visit) -> None:
    page = visit("bao")
    card = page.get_by_role("article", name="Wall Paintings")
    with hub.holding_starts():
        card.get_by_role("link", name="Open workspace").click()
        page.wait_for_url("**/hub/spawn-pending/wg-murals**")
        expect(page.get_by_role("heading", level=1)).to_have_text("Wall Paintings")
        expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "60")
        expect(page.get_by_role("status")).to_have_text("Starting JupyterLab")
        expect(page.get_by_role("alert")).to_have_count(0)
        page.screenshot(path=ARTIFACTS / "waiting.png")
    page.wait_for_url("**/user/wg-murals/museion/open", timeout=20_000)


def test_the_first_click_works_without_scripts_too(hub: PagesHub, visit: Visit) -> None:
    page = visit("astrid", java_script_enabled=False)
    page.get_by_role("link", name="Open my space").click()
    page.wait_for_url("**/user/astrid/**", timeout=30_000)
    page.goto(f"{hub.url}/hub/home")
    page.get_by_role("article", name="My private space").get_by_role("button").click()
    expect(page.locator("[data-server=astrid]")).to_contain_text("Not running", timeout=20_000)


def test_who_arrives_shows_without_a_reload(hub: PagesHub, visit: Visit) -> None:
    page = visit("bao")
    row = page.get_by_role("article", name="Spectra for Beginners").locator("[data-person=astrid]")
    expect(row).not_to_contain_text("online", use_inner_text=True)
    hub.see("astrid", "spectra-101")
    page.clock.fast_forward(REFRESH_MS)
    expect(row).to_contain_text("online", use_inner_text=True)
    expect(page.locator("[data-online-of=spectra-101]")).to_contain_text("1 online")


def test_a_hidden_tab_asks_nothing(visit: Visit) -> None:
    page = visit("bao")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.clock.fast_forward(3 * REFRESH_MS)
    assert [url for url in asked if url.endswith("/home/state")] == []
    with page.expect_response("**/home/state"):
        page.evaluate(
            "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"
        )


def test_a_new_member_is_announced_and_nothing_moves(hub: PagesHub, visit: Visit) -> None:
    page = visit("bao")
    before = page.locator(".cards").bounding_box()
    with hub.database.writing() as session:
        session.add(Membership(person="emeka", workgroup="murals", role=Role.MEMBER))
    page.clock.fast_forward(REFRESH_MS)
    expect(page.get_by_text("Your workgroups have changed.")).to_be_visible()
    assert page.locator(".cards").bounding_box() == before
    page.get_by_role("link", name="Show").click()
    expect(page.get_by_role("article", name="Wall Paintings")).to_contain_text("Emeka Obi")


def test_a_hub_out_of_reach_is_said_and_taken_back(visit: Visit) -> None:
    page = visit("bao")
    page.context.set_offline(True)
    page.clock.fast_forward(REFRESH_MS)
    expect(page.get_by_text("The hub does not answer")).to_be_visible()
    page.context.set_offline(False)
    page.clock.fast_forward(REFRESH_MS)
    expect(page.get_by_text("The hub does not answer")).to_be_hidden()


def test_the_waiting_page_keeps_trying_when_the_hub_is_out_of_reach(
    hub: PagesHub,
    browser: Browser,
    sessions: dict[str, StorageState | None],
    contexts: list[BrowserContext],
) -> None:
    contexts.append(browser.new_context(storage_state=sessions["newcomer"]))
    page = contexts[0].new_page()
    page.route("**/progress**", lambda route: route.abort())
    with hub.holding_starts():
        page.goto(f"{hub.url}/hub/spawn/newcomer")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("The hub does not answer at the moment")
        page.screenshot(path=ARTIFACTS / "waiting-unreachable.png")
        page.unroute("**/progress**")
    page.wait_for_url("**/user/newcomer/**", timeout=30_000)


def test_a_start_that_fails_while_one_waits_says_why(visit: Visit) -> None:
    page = visit("bao", "/hub/spawn/wg-late")
    expect(page.get_by_role("progressbar")).to_be_visible()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The disk is full.", timeout=20_000)
    expect(alert).to_contain_text("Free some space, then open the workspace again.")
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    page.screenshot(path=ARTIFACTS / "waiting-failed.png")


@pytest.mark.parametrize(("system", "other"), [("light", "dark"), ("dark", "light")])
def test_the_chosen_appearance_is_remembered(visit: Visit, system: str, other: str) -> None:
    page = visit("astrid", color_scheme=system)
    ground = "getComputedStyle(document.body).backgroundColor"
    first = page.evaluate(ground)
    button = page.get_by_role("button", name="Dark appearance")
    expect(button).to_have_attribute("aria-pressed", str(system == "dark").lower())
    button.click()
    expect(button).to_have_attribute("aria-pressed", str(other == "dark").lower())
    page.goto(page.url.replace("/home", "/token"))
    assert page.evaluate("document.documentElement.dataset.appearance") == other
    assert page.evaluate(ground) != first


def test_a_token_is_made_shown_once_and_revoked(visit: Visit) -> None:
    page = visit("newcomer", "/hub/token")
    page.get_by_label("What is it for?").fill("a test")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("status")).to_contain_text("shown only once")
    page.reload()
    row = page.get_by_role("row", name="a test")
    row.get_by_role("button", name="Revoke a test").click()
    expect(row).to_have_count(0)


def test_no_motion_where_it_is_not_wanted(visit: Visit) -> None:
    page = visit("astrid", reduced_motion="reduce")
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => "
        "getComputedStyle(e).transitionDuration.split(', ').some(d => parseFloat(d) > 0)).length"
    )
    assert moving == 0
