"""A conservator opens *Reading a painting* from the launcher, runs it, and looks at everything."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import PATIENCE_MS, sign_in
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser
SIZE = {"width": 1440, "height": 1100}
RUN_MS = 400_000
PICTURES = ("spectra", "sum-spectrum", "elements", "registration")
VIEWERS = {"panel": 0, "infrared": 1, "stack": 2}


@pytest.fixture(scope="module")
def page(browser: Browser, deployment: Deployment) -> Page:
    """Give the lead's page with the notebook, opened by its card, after all of it has run."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MS)
    waiting = page.get_by_role("button", name="Continue waiting")
    page.add_locator_handler(waiting, lambda button: button.click())
    sign_in(page, deployment, "murals-lead")
    page.get_by_role("link", name="Open workspace").click()
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    page.goto(f"{page.url.partition('?')[0]}?reset")  # what other tests left open
    page.locator(".jp-LauncherCard", has_text="Reading a painting").click()
    expect(page.locator(".jp-NotebookPanel .jp-Cell").first).to_be_visible()
    expect(page.get_by_text("| Idle")).to_be_visible()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    expect(last).to_have_text(re.compile(r"\[\d+\]"), timeout=RUN_MS)
    return page


def shown(part: Locator) -> Locator:
    """Scroll a part of the notebook to the middle, as a person does before looking at it."""
    part.scroll_into_view_if_needed()
    part.evaluate("each => each.scrollIntoView({block: 'center'})")
    return part


def test_nothing_failed(page: Page) -> None:
    errors = page.locator(".jp-OutputArea-output[data-mime-type*='error']")
    assert errors.all_inner_texts() == []


@pytest.mark.parametrize("name", VIEWERS)
def test_viewers_show(page: Page, artifacts: Path, name: str) -> None:
    viewer = page.locator("[data-state]:has(.museion-cube)").nth(VIEWERS[name])
    expect(shown(viewer)).to_have_attribute("data-state", re.compile("ready|sharp"))
    page.screenshot(path=artifacts / f"reading-{name}.png")


def test_stack_has_the_map_and_the_elements_as_layers(page: Page) -> None:
    stack = page.locator(".museion-cube").last
    for layer in ("main paint", "mercury", "titanium"):
        expect(stack.get_by_text(layer).first).to_be_attached()


def test_text_and_figures_are_there_to_be_looked_at(page: Page, artifacts: Path) -> None:
    figures = page.locator(".jp-RenderedImage img")
    expect(figures).to_have_count(len(PICTURES))
    for number, name in enumerate(PICTURES):
        shown(figures.nth(number))
        page.screenshot(path=artifacts / f"reading-{name}.png")
    for said in ("seen: ", "main paint right", "derived from murals/panel"):
        output = page.locator(".jp-OutputArea-output", has_text=said).first
        expect(output).to_be_attached()
        shown(output)
        page.screenshot(path=artifacts / f"reading-said-{said.split()[0].strip(':')}.png")
