"""The journey of a research team: two members, two browsers, one notebook, one workspace."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import PATIENCE_MS, sign_in
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser
SIZE = {"width": 1440, "height": 900}
EDIT = "# Jonas was here"
CUBE = "[data-state]:has(.museion-cube)"
SPOTS = ((0.45, 0.75), (0.3, 0.7), (0.42, 0.25))


@dataclass
class Member:
    """A person at a browser."""

    page: Page
    name: str

    def open_workspace(self) -> None:
        self.page.get_by_role("link", name="Open workspace").click()
        expect(self.page.locator("#jp-main-dock-panel")).to_be_visible()

    def open_first_look(self) -> None:
        """Open the first notebook by its card in the launcher."""
        self.page.locator(".jp-LauncherCard", has_text="First look").click()
        expect(self.page.locator(".jp-NotebookPanel .jp-Cell").first).to_be_visible()

    def cells(self) -> list[str]:
        return self.page.locator(".jp-NotebookPanel .jp-Cell .cm-content").all_inner_texts()

    def see(self, selector: str) -> None:
        """Scroll a part of the notebook into view, as a person does before looking at it."""
        self.page.locator(selector).first.scroll_into_view_if_needed()


def arrive(browser: Browser, deployment: Deployment, username: str) -> Member:
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MS)
    # On a slow machine JupyterLab asks whether to go on waiting for a document.
    waiting = page.get_by_role("button", name="Continue waiting")
    page.add_locator_handler(waiting, lambda button: button.click())
    sign_in(page, deployment, username)
    return Member(page, username)


@pytest.fixture(scope="module")
def lead(browser: Browser, deployment: Deployment, artifacts: Path) -> Member:
    """Give the lead, who opened the first notebook from the launcher and ran all of it."""
    lead = arrive(browser, deployment, "murals-lead")
    lead.page.screenshot(path=artifacts / "journey-home.png")
    lead.open_workspace()
    lead.open_first_look()
    expect(lead.page.get_by_text("| Idle")).to_be_visible()
    lead.page.get_by_role("menuitem", name="Run", exact=True).click()
    lead.page.get_by_text("Run All Cells", exact=True).click()
    last = lead.page.locator(".jp-CodeCell .jp-InputPrompt").last
    expect(last).to_have_text(re.compile(r"\[\d+\]"))
    return lead


@pytest.fixture(scope="module")
def latecomer(lead: Member, browser: Browser, deployment: Deployment) -> Member:
    """Give the member, who comes when everything has run."""
    assert lead.name == "murals-lead"
    member = arrive(browser, deployment, "murals-member")
    member.open_workspace()
    member.open_first_look()
    return member


def test_nothing_failed_while_it_ran(lead: Member) -> None:
    errors = lead.page.locator(".jp-OutputArea-output[data-mime-type*='error']")
    assert errors.all_inner_texts() == []


def test_lead_sees_the_panel_and_the_vessel(lead: Member, artifacts: Path) -> None:
    for kind in ("cube", "scan"):
        viewer = f"[data-state]:has(.museion-{kind})"
        lead.see(viewer)
        expect(lead.page.locator(viewer).first).to_have_attribute(
            "data-state", re.compile("ready|sharp")
        )
        lead.page.screenshot(path=artifacts / f"journey-{kind}.png")


def test_who_comes_later_sees_the_same_cells_and_outputs(lead: Member, latecomer: Member) -> None:
    expect(latecomer.page.locator(".jp-NotebookPanel .jp-Cell")).to_have_count(
        lead.page.locator(".jp-NotebookPanel .jp-Cell").count()
    )
    assert latecomer.cells() == lead.cells()
    said = "900 to 1000 nm: 2"
    expect(latecomer.page.locator(".jp-OutputArea", has_text=said).first).to_be_attached()


def test_who_comes_later_sees_the_same_viewers(latecomer: Member, artifacts: Path) -> None:
    for kind in ("cube", "scan"):
        viewer = f"[data-state]:has(.museion-{kind})"
        latecomer.see(viewer)
        expect(latecomer.page.locator(viewer).first).to_have_attribute(
            "data-state", re.compile("ready|sharp")
        )
        latecomer.page.screenshot(path=artifacts / f"journey-latecomer-{kind}.png")


def test_what_one_types_the_other_reads(lead: Member, latecomer: Member) -> None:
    cell = latecomer.page.locator(".jp-CodeCell .cm-content").first
    cell.click()
    latecomer.page.keyboard.press("Control+End")
    latecomer.page.keyboard.type(f"\n{EDIT}")
    expect(lead.page.locator(".jp-CodeCell .cm-content").first).to_contain_text(EDIT)


def test_a_spectrum_that_one_picks_the_other_sees_too(
    lead: Member, latecomer: Member, artifacts: Path
) -> None:
    lead.see(CUBE)
    box = lead.page.locator(".museion-cube .mc-stage canvas").bounding_box()
    assert box
    for across, down in SPOTS:
        lead.page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
    for member in (lead, latecomer):
        expect(member.page.locator("path.mc-curve")).to_have_count(len(SPOTS))
    lead.page.screenshot(path=artifacts / "journey-spectra.png")


def test_both_see_who_is_here(lead: Member, latecomer: Member, artifacts: Path) -> None:
    for member in (lead, latecomer):
        panel = member.page.locator("#museion-panel")
        if not panel.is_visible():
            member.page.get_by_role("tab", name="Museion").click()
        for name in ("Chiara Alberti", "Jonas Lindqvist"):
            expect(panel).to_contain_text(name)
    lead.see(CUBE)
    lead.page.screenshot(path=artifacts / "journey-workspace.png")


def test_each_has_a_layout_of_their_own(lead: Member, latecomer: Member) -> None:
    assert "/lab/workspaces/murals-lead" in lead.page.url
    assert "/lab/workspaces/murals-member" in latecomer.page.url


def test_the_home_page_says_who_is_online(
    deployment: Deployment, latecomer: Member, artifacts: Path
) -> None:
    page = latecomer.page.context.new_page()
    page.goto(f"{deployment.url}/hub/home")
    expect(page.get_by_text("2 online")).to_be_visible()
    page.screenshot(path=artifacts / "journey-home-online.png")
    page.close()


@pytest.mark.parametrize(
    "place", ["user/wg-murals/lab", "user/wg-murals/museion/open", "hub/spawn/wg-murals"]
)
@pytest.mark.usefixtures("lead")
def test_a_stranger_finds_nothing_there(
    browser: Browser, deployment: Deployment, place: str
) -> None:
    stranger = arrive(browser, deployment, "lapidary-lead")
    answer = stranger.page.goto(f"{deployment.url}/{place}")
    assert answer is not None
    assert answer.status == 404
    stranger.page.context.close()
