"""Two members look at one scan in JupyterLab: who is here, pointers, following, and no trace."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from museion.samples.vessel import make_vessel
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.library import connect
from tests.support.browser import PATIENCE_MS
from tests.support.lab_page import open_as
from tests.support.live_server import LiveServer, lab_server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

VIEW = {
    "version": 1,
    "kind": "scan",
    "dataset": "murals/amphora",
    "dataset_version": 1,
    "item": "scan",
    "title": "Amphora with winged horses",
    "synthetic": True,
    "height": 420,
    "options": {"azimuth": 20, "elevation": 12},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    folder = tmp_path_factory.mktemp("library")
    with connect(folder.as_uri()).draft(
        str(VIEW["dataset"]), title="Amphora", kind="scan", rights="CC0-1.0", synthetic=True
    ) as draft:
        put_scan(draft, "scan", make_vessel(detail=0.35).mesh, ScanInfo("Amphora"))
    server = lab_server(tmp_path_factory.mktemp("live"), MUSEION_REGISTRY_URL=folder.as_uri())
    server.write_view("a.ipynb", VIEW)
    server.start()
    yield server
    server.kill()


def opened(browser: Browser, server: LiveServer, person: str) -> Page:
    page = open_as(browser, server, person, "a.ipynb", "light")
    page.set_default_timeout(PATIENCE_MS)
    page.set_viewport_size({"width": 1200, "height": 900})
    page.locator(".mus-View-stage[data-state=sharp]").wait_for()
    return page


@pytest.fixture(scope="module")
def anna(browser: Browser, server: LiveServer) -> Page:
    return opened(browser, server, "anna")


@pytest.fixture(scope="module")
def ben(anna: Page, browser: Browser, server: LiveServer) -> Page:
    expect(anna.get_by_role("group", name="Looking at this with you")).to_be_hidden()
    return opened(browser, server, "ben")


def axes(page: Page) -> str:
    """Return how the axes in the corner lie: they turn with the camera."""
    return page.locator(".ms-axes").inner_html()


def test_each_sees_the_other_under_the_name_they_signed_in_with(anna: Page, ben: Page) -> None:
    expect(anna.get_by_role("button", name="Follow Ben", exact=True)).to_be_visible()
    expect(ben.get_by_role("button", name="Follow Anna", exact=True)).to_be_visible()


def test_who_follows_sees_what_the_other_sees_until_they_move(
    anna: Page, ben: Page, artifacts: Path
) -> None:
    follow = ben.get_by_role("button", name="Follow Anna", exact=True)
    follow.press("Enter")
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(follow).to_be_focused()
    expect(anna.get_by_role("group", name="Looking at this with you")).to_contain_text(
        "follows you"
    )
    before = axes(ben)
    anna.locator(".ms-surface").press("ArrowRight")
    anna.locator(".ms-surface").press("ArrowUp")
    wait_until(lambda: before != axes(anna) == axes(ben))
    anna.locator(".museion-scan").screenshot(path=artifacts / "together-anna.png")
    ben.locator(".museion-scan").screenshot(path=artifacts / "together-ben.png")
    ben.locator(".ms-surface").press("ArrowLeft")
    expect(follow).to_have_attribute("aria-pressed", "false")
    own = axes(ben)
    anna.locator(".ms-surface").press("ArrowRight")
    expect(anna.get_by_role("group", name="Looking at this with you")).not_to_contain_text(
        "follows you"
    )
    assert axes(ben) == own


def test_a_pointer_on_the_surface_is_seen_by_the_other(
    anna: Page, ben: Page, artifacts: Path
) -> None:
    box = anna.locator(".ms-surface").bounding_box()
    assert box is not None
    anna.mouse.move(box["x"] + box["width"] * 0.49, box["y"] + box["height"] * 0.45)
    anna.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.45)
    expect(ben.locator(".mt-pointer")).to_have_text("Anna")
    ben.locator(".museion-scan").screenshot(path=artifacts / "together-pointer.png")
    anna.get_by_role("checkbox", name="Show them my pointer").uncheck()
    expect(ben.locator(".mt-pointer")).to_have_count(0)


def test_nothing_of_it_is_stored_and_who_leaves_is_gone(
    anna: Page, ben: Page, server: LiveServer
) -> None:
    ben.context.close()
    expect(anna.get_by_role("group", name="Looking at this with you")).to_be_hidden()
    anna.keyboard.press("Control+s")
    notebook = (server.work / "a.ipynb").read_text()
    assert "museion_views" not in notebook
    assert json.loads(notebook)["cells"][0]["outputs"][0]["data"].keys() == {
        "application/vnd.museion.view+json",
        "text/plain",
    }
