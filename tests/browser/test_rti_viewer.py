"""The relighting viewer in a real Chromium, against a real workspace server."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from museion.imaging import rti
from tests.support.browser import PATIENCE_MS
from tests.support.rti import as_capture, display, dome, matt, relief, save_model
from tests.support.viewer_page import show_viewer, signed_in_page, violations
from tests.support.waiting import wait_until
from tests.support.workspace_server import WorkspaceServer, workspace_server

pytestmark = [pytest.mark.browser, pytest.mark.integration]
SPEC = {
    "version": 1,
    "kind": "rti",
    "dataset": "murals/relief",
    "dataset_version": 1,
    "item": "relief",
    "title": "Relief with three bosses",
    "synthetic": True,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[WorkspaceServer]:
    folder = tmp_path_factory.mktemp("library")
    lights = dome(24)
    capture = as_capture(display(matt(relief((240, 320)), lights)), lights)
    save_model(folder, "relief", rti.fit_hsh(capture, encoding=2.2), "Relief with three bosses")
    root = tmp_path_factory.mktemp("server")
    with workspace_server(root, MUSEION_REGISTRY_URL=folder.as_uri()) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: WorkspaceServer) -> Generator[Page]:
    with signed_in_page(browser, server, width=1000, height=760) as opened:
        yield opened


def show_sharp(
    page: Page, server: WorkspaceServer, scheme: str = "light", **change: object
) -> None:
    show_viewer(page, server, {**SPEC, **change}, viewer="rti", scheme=scheme)
    page.locator("#viewer[data-state=sharp]").wait_for(timeout=PATIENCE_MS)


def brightness(page: Page, across: float, down: float) -> float:
    """Return how bright the picture is at a place of the canvas, 0 to 255."""
    value: float = page.evaluate(
        """([across, down]) => {
          const source = document.querySelector(".mr-stage > canvas");
          const copy = document.createElement("canvas");
          [copy.width, copy.height] = [source.width, source.height];
          const context = copy.getContext("2d");
          context.drawImage(source, 0, 0);
          const at = [across * copy.width, down * copy.height].map(Math.round);
          const [r, g, b] = context.getImageData(...at, 1, 1).data;
          return (r + g + b) / 3;
        }""",
        [across, down],
    )
    return value


def sides(page: Page) -> tuple[float, float]:
    """Return the brightness of the middle boss on its left and on its right flank."""
    return brightness(page, 0.462, 0.5), brightness(page, 0.538, 0.5)


def shot(page: Page, artifacts: Path, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=artifacts / f"rti-{name}.png")


def test_dragged_light_moves_the_shadow(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    show_sharp(page, server)
    box = page.locator(".mr-stage > canvas").bounding_box()
    assert box is not None
    middle, half = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle, half)
    page.mouse.down()
    page.mouse.move(middle - 0.40 * box["height"], half, steps=4)
    wait_until(lambda: sides(page)[0] > sides(page)[1] + 40)
    shot(page, artifacts, "from-the-left")
    page.mouse.move(middle + 0.40 * box["height"], half, steps=4)
    page.mouse.up()
    wait_until(lambda: sides(page)[1] > sides(page)[0] + 40)
    expect(page.locator(".mr-readout")).to_have_text("Light from 0°, 37° high")
    azimuth = page.evaluate("model.get('light')[0].azimuth")
    assert (azimuth + 180) % 360 == pytest.approx(180, abs=1)


def test_whole_viewer_works_from_the_keyboard(page: Page, server: WorkspaceServer) -> None:
    show_sharp(page, server, options={"light": {"azimuth": 90, "elevation": 90}})
    canvas = page.locator(".mr-stage > canvas")
    canvas.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".mr-live")).to_have_text("Light from 0°, 61° high")
    bar = page.locator(".mr-scale")
    expect(bar).to_contain_text("cm")
    before = bar.inner_text()
    for key in ("+", "+", "+", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(bar).not_to_have_text(before)
    page.get_by_role("slider", name="Light height").press("End")
    expect(page.locator(".mr-readout")).to_contain_text("90° high")


def test_light_is_saved_named_shown_again_and_removed(page: Page, server: WorkspaceServer) -> None:
    show_sharp(page, server, options={"light": {"azimuth": 200, "elevation": 10}})
    page.get_by_role("button", name="Save light").click()
    page.get_by_role("textbox", name="Name of Light 1").fill("Tool marks")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Raking light from 90°").click()
    expect(page.locator(".mr-readout")).to_have_text("Light from 90°, 12° high")
    assert page.evaluate("model.get('lights')") == [
        {"label": "Tool marks", "azimuth": 200, "elevation": 10}
    ]
    page.get_by_role("button", name="Tool marks: light from 200°").click()
    expect(page.locator(".mr-readout")).to_have_text("Light from 200°, 10° high")
    page.get_by_role("button", name="Remove Tool marks").click()
    expect(page.get_by_role("list", name="Saved lights")).to_be_hidden()


def test_light_of_the_kernel_appears(page: Page, server: WorkspaceServer) -> None:
    show_sharp(page, server)
    page.evaluate("model.set('light', [{label: 'now', azimuth: 270, elevation: 25}])")
    page.evaluate("model.receive([])")  # tells the listeners
    expect(page.locator(".mr-readout")).to_have_text("Light from 270°, 25° high")


def test_gloss_and_normals_show_other_pictures(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    show_sharp(page, server, options={"light": {"azimuth": 180, "elevation": 50}})
    plain = sides(page)
    page.get_by_role("button", name="Gloss").click()
    expect(page.get_by_role("slider", name="Highlight")).to_be_visible()
    wait_until(lambda: sides(page) != plain)
    shot(page, artifacts, "gloss")
    page.get_by_role("button", name="Normals").click()
    expect(page.get_by_role("slider", name="Highlight")).to_be_hidden()
    wait_until(lambda: abs(brightness(page, 0.05 + 0.2, 0.1) - 170) < 4)  # level: (½, ½, 1)
    shot(page, artifacts, "normals")


def test_raking_strip_shows_each_side(page: Page, server: WorkspaceServer) -> None:
    show_sharp(page, server)
    means = page.evaluate(
        """() => [...document.querySelectorAll(".mr-strip canvas")].map((canvas) => {
          const {width, height} = canvas;
          const context = canvas.getContext("2d");
          const mean = (x) => {
            const data = context.getImageData(x, Math.round(height / 2), 1, 1).data;
            return data[0];
          };
          return [mean(Math.round(width * 0.43)), mean(Math.round(width * 0.57))];
        })"""
    )
    assert len(means) == 8
    right, left = np.subtract(*means[0]), np.subtract(*means[4])
    assert left - right > 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(
    page: Page, server: WorkspaceServer, artifacts: Path, scheme: str
) -> None:
    show_sharp(page, server, scheme=scheme)
    page.get_by_role("button", name="Save light").click()
    assert violations(page) == []
    shot(page, artifacts, scheme)
    with Image.open(artifacts / f"rti-{scheme}.png") as picture:
        assert len(picture.convert("L").getcolors() or range(256)) > 50


def test_narrow_page_still_fits(page: Page, server: WorkspaceServer, artifacts: Path) -> None:
    page.set_viewport_size({"width": 420, "height": 900})
    show_sharp(page, server)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, artifacts, "narrow")


def test_missing_dataset_is_said_in_a_sentence(page: Page, server: WorkspaceServer) -> None:
    show_viewer(page, server, {**SPEC, "dataset": "murals/nothing"}, viewer="rti")
    expect(page.get_by_role("alert")).to_contain_text("No such dataset or item")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert page.locator("#viewer").get_attribute("data-state") == "error"


def test_viewer_that_is_closed_leaves_nothing(page: Page, server: WorkspaceServer) -> None:
    show_sharp(page, server)
    page.evaluate("window.leave()")
    assert page.locator("#viewer").inner_html() == ""
