"""A cube over energy in a real Chromium: keV on its axis, element lines, counts in a window."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from museion.widgets.cube import WINDOW_KEV
from tests.support.browser import chromium
from tests.support.cubes import save_cube, scanned
from tests.support.viewer_page import (
    click_image,
    color_at,
    show_viewer,
    signed_in_page,
    violations,
    wait_ready,
)
from tests.support.waiting import wait_until
from tests.support.workspace_server import workspace_server

pytestmark = [pytest.mark.browser, pytest.mark.integration]
LINES = [
    {"name": "Fe K", "energy_kev": 6.4, "share": 0.88},
    {"name": "Pb L", "energy_kev": 10.56, "share": 0.45},
    {"name": "Pb L", "energy_kev": 12.61, "share": 0.3},
]
SPEC: dict[str, Any] = {
    "version": 1,
    "kind": "cube",
    "dataset": "murals/scan",
    "dataset_version": 1,
    "item": "vnir",
    "title": "Scan",
    "synthetic": True,
    "options": {"window": WINDOW_KEV, "lines": LINES},
}
LEFT, RIGHT = (0.25, 0.5), (0.75, 0.5)


@pytest.fixture
def page(tmp_path: Path) -> Generator[Page]:
    save_cube(tmp_path / "library", "scan", scanned(), "Scan")
    registry = (tmp_path / "library").as_uri()
    with (
        workspace_server(tmp_path, MUSEION_REGISTRY_URL=registry) as server,
        chromium() as browser,
        signed_in_page(browser, server, 1120, 760) as page,
    ):
        show_viewer(page, server, SPEC)
        wait_ready(page)
        yield page


def test_energies_are_in_kev_and_an_element_shows_where_it_is(page: Page, artifacts: Path) -> None:
    wait_until(lambda: color_at(page, *RIGHT)[0] > 150 > color_at(page, *LEFT)[0])
    click_image(page, *RIGHT)
    plot = page.get_by_role("img", name="Spectra")
    expect(plot).to_contain_text("energy / keV")
    expect(plot).to_contain_text("Pb L")
    expect(page.locator(".mc-line")).to_have_count(len(LINES))
    expect(page.locator("path.mc-curve")).to_have_count(1)
    expect(page.locator(".mc-facts").first).to_contain_text("15.96 keV, 400 channels")
    page.screenshot(path=artifacts / "energy-lead.png")
    page.get_by_role("button", name="Fe K").click()
    wait_until(lambda: color_at(page, *LEFT)[0] > 60)
    expect(page.get_by_role("slider", name="Energy")).to_have_attribute("aria-valuetext", "6.4 keV")
    page.get_by_label("Window").fill("0.4")
    page.get_by_label("Window").press("Tab")
    expect(page.get_by_label("Value shown as white")).not_to_have_value("")
    expect(page.get_by_text("Library spectra")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=artifacts / "energy-iron.png")
    assert violations(page) == []
