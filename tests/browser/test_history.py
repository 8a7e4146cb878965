"""Two members in two browsers: the server is killed while they type, and a version comes back."""

import socket
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import PATIENCE_MS
from tests.support.live_server import LiveServer, lab_server

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = Path(__file__).parent / "artifacts"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
FIRST = "first cell"
TAB = '.lm-TabBar-tab[data-id="museion-history"]'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    root = tmp_path_factory.mktemp("live")
    server = lab_server(root, "--WorkspaceCollaboration.version_every_s=2", port=free_port())
    server.write_notebook("a.ipynb", FIRST, "second cell")
    server.start()
    yield server
    server.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def arrive(browser: Browser, server: LiveServer, name: str, scheme: str) -> Page:
    context = browser.new_context(
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": 1400, "height": 900},
    )
    context.add_cookies([{"name": "visitor", "value": name, "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    waiting = page.get_by_role("button", name="Continue waiting")
    page.add_locator_handler(waiting, lambda button: button.click())
    away = page.locator("dialog", has_text="Server Connection Error").locator(
        ".jp-Dialog-footer button"
    )
    page.add_locator_handler(away, lambda button: button.last.click())
    page.goto(f"{server.url}museion/open?path=a.ipynb")
    dialog = page.locator("dialog", has_text="Select Kernel")
    dialog.locator("select").select_option(label="No Kernel")
    dialog.locator("button.jp-mod-accept").click()
    return page


@pytest.fixture(scope="module")
def anna(browser: Browser, server: LiveServer) -> Page:
    return arrive(browser, server, "anna", "light")


@pytest.fixture(scope="module")
def ben(anna: Page, browser: Browser, server: LiveServer) -> Page:
    cell_of(anna, 0).wait_for()
    return arrive(browser, server, "ben", "dark")


def cell_of(page: Page, number: int) -> Locator:
    return page.locator(".jp-Notebook .jp-Cell .cm-content").nth(number)


def test_both_go_on_after_the_server_was_killed_and_nothing_is_lost_or_double(
    anna: Page, ben: Page, server: LiveServer
) -> None:
    cell_of(anna, 0).click()
    anna.keyboard.press("End")
    anna.keyboard.type(" by anna")
    expect(cell_of(ben, 0)).to_contain_text("by anna")
    cell_of(ben, 1).click()
    ben.keyboard.press("End")
    ben.keyboard.type(" by ben")
    expect(cell_of(anna, 1)).to_contain_text("by ben")
    server.kill()
    anna.keyboard.type(" while it was away")
    server.start()
    expect(cell_of(ben, 0)).to_have_text("first cell by anna while it was away")
    for page in (anna, ben):
        expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(2)
        expect(cell_of(page, 1)).to_have_text("second cell by ben")


def test_the_history_names_who_edited_and_brings_a_version_back_for_both(
    anna: Page, ben: Page
) -> None:
    anna.locator(TAB).click()
    panel = anna.locator("#museion-history")
    expect(panel.get_by_role("heading", name="a.ipynb")).to_be_visible()
    panel.get_by_role("button", name="Refresh").click()
    expect(panel.locator(".mus-Version", has_text="Anna").first).to_be_visible()
    oldest = panel.locator(".mus-Version-head").last
    oldest.focus()
    anna.keyboard.press("Enter")
    expect(panel.get_by_text("Cell 1 changes").first).to_be_visible()
    anna.screenshot(path=ARTIFACTS / "history-light.png")
    anna.add_script_tag(path=AXE)
    found = anna.evaluate("axe.run('#museion-history').then(r => r.violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    panel.get_by_role("button", name="Bring this version back").click()
    anna.get_by_role("button", name="Bring back", exact=True).click()
    expect(panel.get_by_role("status")).to_contain_text("is back")
    for page in (anna, ben):
        expect(cell_of(page, 0)).to_have_text(FIRST)
        expect(cell_of(page, 1)).to_have_text("second cell")
    # What was there before the restore can be brought back too.
    expect(panel.locator(".mus-Version", has_text="while it was edited").first).to_be_visible()
    ben.locator(TAB).click()
    expect(ben.locator("#museion-history .mus-Version").first).to_be_visible()
    ben.locator("#museion-history .mus-Version-head").nth(1).click()
    ben.screenshot(path=ARTIFACTS / "history-dark.png")
