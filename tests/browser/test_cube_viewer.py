"""The cube viewer in a real Chromium, against a real workspace server.

The panel is painted by the library itself, so that every colour is known.
"""

import csv
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.cubes import painted_panel, save_cube
from tests.support.viewer_page import (
    click_image,
    color_at,
    show_viewer,
    signed_in_page,
    violations,
    wait_ready,
)
from tests.support.waiting import wait_until
from tests.support.workspace_server import WorkspaceServer, workspace_server

pytestmark = [pytest.mark.browser, pytest.mark.integration]
SPEC = {
    "version": 1,
    "kind": "cube",
    "dataset": "murals/panel",
    "dataset_version": 1,
    "item": "vnir",
    "title": "Saint with a palm",
    "synthetic": True,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[WorkspaceServer]:
    folder = tmp_path_factory.mktemp("library")
    save_cube(folder, "panel", painted_panel().cube, "Saint with a palm")
    root = tmp_path_factory.mktemp("server")
    with workspace_server(root, MUSEION_REGISTRY_URL=folder.as_uri()) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: WorkspaceServer) -> Generator[Page]:
    with signed_in_page(browser, server) as page:
        yield page


def show_ready(page: Page, server: WorkspaceServer, scheme: str = "light") -> None:
    show_viewer(page, server, SPEC, scheme=scheme)
    wait_ready(page)


def shot(page: Page, artifacts: Path, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=artifacts / f"cube-{name}.png")


def test_clicked_spots_show_their_spectra(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    show_ready(page, server)
    for across, down in ((0.28, 0.74), (0.42, 0.66), (0.66, 0.08), (0.10, 0.52)):
        click_image(page, across, down)
    expect(page.locator("path.mc-curve")).to_have_count(4)
    expect(page.get_by_role("textbox")).to_have_count(4)
    assert [pick["label"] for pick in page.evaluate("model.get('picks')")] == [
        "Spot 1",
        "Spot 2",
        "Spot 3",
        "Spot 4",
    ]
    shot(page, artifacts, "daylight")


def test_near_infrared_turns_the_dress_bright(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    show_ready(page, server)
    red = color_at(page, 0.42, 0.75)
    page.get_by_role("button", name="Near infrared").click()
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", "948 nm")
    wait_until(lambda: len(set(color_at(page, 0.42, 0.75))) == 1)
    grey = color_at(page, 0.42, 0.75)
    assert red[0] > 1.5 * red[1]
    assert grey[0] > 150
    shot(page, artifacts, "near-infrared")


def test_whole_viewer_works_from_the_keyboard(page: Page, server: WorkspaceServer) -> None:
    show_ready(page, server)
    page.locator("canvas").focus()
    for key in ("+", "+", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("path.mc-curve")).to_have_count(1)
    expect(page.locator(".mc-live")).to_contain_text("Spot 1 picked at x")
    page.keyboard.press("0")
    page.get_by_role("button", name="Remove Spot 1").press("Enter")
    expect(page.locator("path.mc-curve")).to_have_count(0)


def test_picks_of_the_kernel_appear_and_the_radius_changes_them(
    page: Page, server: WorkspaceServer
) -> None:
    show_ready(page, server)
    page.evaluate("model.receive([{x: 200, y: 300, radius: 2, label: 'from Python'}])")
    expect(page.get_by_role("textbox")).to_have_value("from Python")
    page.get_by_label("Spot radius in pixels").fill("9")
    page.get_by_label("Spot radius in pixels").press("Tab")
    assert page.evaluate("model.get('picks')[0].radius") == 9


def test_exported_table_holds_every_wavelength(
    page: Page, server: WorkspaceServer, tmp_path: Path
) -> None:
    show_ready(page, server)
    click_image(page, 0.42, 0.66)
    expect(page.locator("path.mc-curve")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the picked spectra").click()
    download.value.save_as(tmp_path / "spectra.csv")
    rows = list(csv.reader((tmp_path / "spectra.csv").read_text().splitlines()[1:]))
    assert len(rows) == 1 + 151
    assert float(rows[-1][1]) > 0.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(
    page: Page, server: WorkspaceServer, artifacts: Path, scheme: str
) -> None:
    show_ready(page, server, scheme)
    click_image(page, 0.42, 0.66)
    expect(page.locator("path.mc-curve")).to_have_count(1)
    assert violations(page) == []
    shot(page, artifacts, scheme)


def test_narrow_page_shows_image_above_plot(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    page.set_viewport_size({"width": 500, "height": 980})
    show_ready(page, server)
    image, plot = page.locator("canvas").bounding_box(), page.locator("figure").bounding_box()
    assert image is not None
    assert plot is not None
    assert plot["y"] >= image["y"] + image["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, artifacts, "narrow")


def test_missing_dataset_is_said_in_a_sentence(page: Page, server: WorkspaceServer) -> None:
    show_viewer(page, server, {**SPEC, "dataset": "murals/nothing"})
    expect(page.get_by_role("alert")).to_contain_text("No such dataset or item")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert page.locator("#viewer").get_attribute("data-state") == "error"


def test_viewer_that_is_closed_leaves_nothing(page: Page, server: WorkspaceServer) -> None:
    show_ready(page, server)
    page.evaluate("window.leave()")
    assert page.locator("#viewer").inner_html() == ""
