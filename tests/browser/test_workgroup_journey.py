"""The journey of a membership: invited, joined, working together, removed, in two browsers."""

import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.support.browser import PATIENCE_MS, fill_sign_in
from tests.support.hub import TempHub, temp_hub

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SIZE = {"width": 1440, "height": 900}
AT_ONCE_S = 10.0
"""Sooner than by any poll; on a quiet machine it takes less than 2 s."""
LONGER_THAN_POLLS_MS = 22_000
NAME, USERNAME, PASSWORD = "Nora Bergström", "nora.bergstrom", "four unrelated calm words"
FROM_LEAD, FROM_NORA = "# the lead was here", "# Nora was here"
FAREWELL = "You no longer have access to this workspace"


@dataclass
class Somebody:
    """A person at a browser."""

    page: Page

    def open_notebook(self) -> None:
        self.page.locator(".jp-LauncherCard", has_text="First look").click()
        expect(self.page.locator(".jp-NotebookPanel .jp-Cell").first).to_be_visible()

    @property
    def first_cell(self) -> str:
        return self.page.locator(".jp-CodeCell .cm-content").first.inner_text()

    def write(self, line: str) -> None:
        self.page.locator(".jp-CodeCell .cm-content").first.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(f"\n{line}")

    def sees(self, line: str) -> None:
        expect(self.page.locator(".jp-CodeCell .cm-content").first).to_contain_text(line)


@pytest.fixture(scope="module")
def hub() -> Generator[TempHub]:
    with temp_hub() as hub:
        hub.start_servers("wg-murals")
        yield hub


def new_browser(browser: Browser) -> Page:
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MS)
    waiting = page.get_by_role("button", name="Continue waiting")
    page.add_locator_handler(waiting, lambda button: button.click())
    return page


def sign_in(page: Page, username: str, password: str) -> None:
    """Fill in the form of the sign-in page, and arrive at the home page."""
    fill_sign_in(page, username, password)
    page.wait_for_url("**/hub/home")


@pytest.fixture(scope="module")
def manager(browser: Browser, hub: TempHub) -> Page:
    """Give the workgroup's page, in the lead's browser."""
    page = new_browser(browser)
    page.goto(f"{hub.url}/hub/login")
    sign_in(page, "murals-lead", hub.password)
    page.goto(f"{hub.url}/services/registry/workgroups/murals")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


@pytest.fixture(scope="module")
def invitation(manager: Page, artifacts: Path) -> str:
    """Give the link of an invitation that the lead has made."""
    manager.get_by_role("button", name="Invite people…").click()
    manager.get_by_role("button", name="Make the invitation").click()
    link = manager.get_by_label("Link", exact=True)
    expect(link).to_have_value(re.compile(r"^http.*/join/"))
    manager.screenshot(path=artifacts / "membership-invitation.png")
    address = link.input_value()
    manager.get_by_role("button", name="Done").click()
    return address


@pytest.fixture(scope="module")
def nora(browser: Browser, invitation: str, artifacts: Path) -> Somebody:
    """Give somebody new, who followed the link, made an account and opened the workspace."""
    page = new_browser(browser)
    page.goto(invitation)
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("Username").fill(USERNAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.screenshot(path=artifacts / "membership-join.png")
    page.get_by_role("button", name="Make the account and join").click()
    page.wait_for_url("**/hub/login*")
    sign_in(page, USERNAME, PASSWORD)
    page.get_by_role("link", name="Open workspace").click()
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    nora = Somebody(page)
    nora.open_notebook()
    return nora


@pytest.fixture(scope="module")
def lead(manager: Page, nora: Somebody, hub: TempHub) -> Somebody:
    """Give the lead's second tab, with the same notebook."""
    assert nora
    page = manager.context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{hub.url}/user/wg-murals/museion/open")
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    lead = Somebody(page)
    lead.open_notebook()
    return lead


def test_both_edit_one_notebook(lead: Somebody, nora: Somebody) -> None:
    nora.write(FROM_NORA)
    lead.sees(FROM_NORA)
    lead.write(FROM_LEAD)
    nora.sees(FROM_LEAD)


@dataclass
class Farewell:
    """What happened when, in seconds after the click."""

    clicked: float
    seen: dict[str, float] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.seen.setdefault(what, round(time.monotonic() - self.clicked, 2))


@pytest.fixture(scope="module")
def farewell(manager: Page, lead: Somebody, nora: Somebody) -> Farewell:
    """Remove Nora on the page, and wait until her tab explains it."""
    lead.write("# not yet saved")
    manager.reload()
    manager.get_by_role("button", name=f"Remove {NAME}…").click()
    confirm = manager.get_by_role("button", name="Remove", exact=True)
    expect(confirm).to_be_visible()
    farewell = Farewell(time.monotonic())
    manager.on("request", lambda request: farewell.note(f"{request.method} sent"))
    manager.on("response", lambda answer: farewell.note(f"{answer.request.method} answered"))
    confirm.click()
    farewell.note("click was made")
    nora.page.get_by_role("alertdialog", name=FAREWELL).wait_for()
    farewell.note("explained")
    return farewell


def test_removed_persons_tab_explains_at_once(
    farewell: Farewell, nora: Somebody, artifacts: Path
) -> None:
    nora.page.screenshot(path=artifacts / "membership-farewell.png")
    assert farewell.seen["explained"] <= AT_ONCE_S, farewell.seen
    dialog = nora.page.get_by_role("alertdialog", name=FAREWELL)
    expect(dialog).to_contain_text("Nothing is lost")
    expect(dialog).to_contain_text("Chiara Alberti")


@pytest.mark.usefixtures("farewell")
def test_explanation_is_for_everybody_and_stays(nora: Somebody) -> None:
    page = nora.page
    home = page.get_by_role("link", name="Go to the home page")
    expect(home).to_be_focused()
    for key in ("Escape", "Control+s", "Control+Shift+c", "Tab"):
        page.keyboard.press(key)
    expect(page.get_by_role("alertdialog", name=FAREWELL)).to_be_visible()
    expect(page.locator(".jp-NotebookPanel")).to_have_count(0)
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run('.mus-Farewell').then(r => r.violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.usefixtures("farewell")
def test_removed_persons_tab_knocks_no_more(nora: Somebody) -> None:
    knocks: list[str] = []

    def note(request: Request) -> None:
        knocks.append(request.url)

    nora.page.wait_for_load_state("networkidle")  # what was under way when access ended
    nora.page.on("request", note)
    nora.page.wait_for_timeout(LONGER_THAN_POLLS_MS)
    assert knocks == []


@pytest.mark.usefixtures("farewell")
def test_lead_goes_on_without_noticing(lead: Somebody, artifacts: Path) -> None:
    lead.sees("# not yet saved")
    lead.write("# still here")
    lead.sees("# still here")
    expect(lead.page.locator("dialog[open], .jp-Dialog")).to_have_count(0)
    lead.page.screenshot(path=artifacts / "membership-lead-goes-on.png")


@pytest.mark.usefixtures("farewell")
def test_removed_person_comes_home_by_the_keyboard(nora: Somebody, hub: TempHub) -> None:
    nora.page.keyboard.press("Shift+Tab")
    nora.page.get_by_role("link", name="Go to the home page").focus()
    nora.page.keyboard.press("Enter")
    nora.page.wait_for_url("**/hub/home")
    expect(nora.page.get_by_role("link", name="Open workspace")).to_have_count(0)
    answer = nora.page.goto(f"{hub.url}/user/wg-murals/lab")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.usefixtures("farewell")
def test_members_read_who_came_and_went(manager: Page) -> None:
    manager.reload()
    activity = manager.locator("#events")
    expect(activity).to_contain_text(NAME)
    expect(activity).to_contain_text("opened the workspace")
