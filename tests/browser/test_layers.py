"""Registered layers in a real Chromium: opacity, curtain, lens, blink, legends, contrast."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from playwright.sync_api import Browser, Page, expect

from museion_datasets.ingest.maps import put_map
from museion_datasets.library import connect
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
STEP = 4  # pixels of the cube to a pixel of the element maps
MAPS: dict[str, Any] = {"kind": "map", "dataset": "murals/maps", "dataset_version": 1}
ELEMENTS = {
    **MAPS,
    "item": "xrf",
    "name": "Mercury",
    "plane": "Hg L",
    "colours": "magma",
    "transform": [STEP, 0, (STEP - 1) / 2, 0, STEP, (STEP - 1) / 2, 0, 0, 1],
}
PIGMENTS = {**MAPS, "item": "pigments", "name": "Pigments", "shown": False}
SPEC: dict[str, Any] = {
    "version": 1,
    "kind": "cube",
    "dataset": "murals/panel",
    "dataset_version": 1,
    "item": "vnir",
    "title": "Saint with a palm",
    "synthetic": True,
    "options": {"layers": [PIGMENTS, ELEMENTS]},
}
LEFT, RIGHT = (0.42, 0.75), (0.6, 0.765)  # the dress, and a sleeve
DARK = 60  # what holds no mercury is near black on the ramp


def save_maps(folder: Path) -> None:
    """Put element maps at a quarter of the panel's resolution, and its pigments, beside it."""
    abundance = painted_panel().truth["abundance"]
    names = [str(each) for each in abundance["pigment"].to_numpy()]
    coarse = abundance.transpose("pigment", "y", "x").coarsen(y=STEP, x=STEP, boundary="trim")
    vermilion = coarse.mean().sel(pigment=next(n for n in names if "vermilion" in n))
    counts = xr.concat([1000 * vermilion, vermilion * np.nan], "element").drop_vars("pigment")
    elements = (
        counts
        .astype(np.float32)
        .to_dataset(name="counts")
        .assign_coords(
            element=["Hg L", "Ca K"],
            status=("element", ["determined", "not determined"]),
            reason=("element", ["", "too few counts"]),
            interferes=("element", ["Pb L", ""]),
        )
    )
    elements["counts"].attrs["units"] = "counts"
    best = abundance.argmax("pigment").where(abundance.max("pigment") > 0.5, -1)
    pigments = best.astype(np.int32).drop_vars("pigment", errors="ignore").rename("pigment")
    with connect(folder.as_uri()).draft(
        "murals/maps", title="Maps", kind="files", rights="CC0-1.0", synthetic=True
    ) as draft:
        draft.put_array("xrf", elements)
        put_map(draft, "pigments", pigments.transpose("y", "x").assign_attrs(classes=names))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[WorkspaceServer]:
    folder = tmp_path_factory.mktemp("library")
    save_cube(folder, "panel", painted_panel().cube, "Saint with a palm")
    save_maps(folder)
    root = tmp_path_factory.mktemp("server")
    with workspace_server(root, MUSEION_REGISTRY_URL=folder.as_uri()) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: WorkspaceServer) -> Generator[Page]:
    with signed_in_page(browser, server, 1120, 860) as page:
        show_viewer(page, server, SPEC)
        wait_ready(page)
        yield page


def shot(page: Page, artifacts: Path, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=artifacts / f"layers-{name}.png")


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def is_magma(color: list[int]) -> bool:
    """Whether a colour is the bright end of the ramp: pale yellow, not the dress' red."""
    return color[1] > 140


def test_layers_lie_over_the_painting_with_their_legends(page: Page, artifacts: Path) -> None:
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    panel = page.get_by_role("region", name="Layers")
    expect(panel.get_by_role("checkbox")).to_have_count(3)
    expect(panel).to_contain_text("overlaps with Pb L")
    expect(panel.get_by_role("list", name="Classes")).to_contain_text("unknown")
    panel.get_by_role("slider", name="Opacity of Mercury").fill("0")
    wait_until(lambda: not is_magma(color_at(page, *LEFT)))
    panel.get_by_role("slider", name="Opacity of Mercury").fill("70")
    panel.get_by_role("checkbox", name="Pigments").check()
    shot(page, artifacts, "stack")


def test_curtain_parts_the_layer_from_what_lies_below(page: Page, artifacts: Path) -> None:
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    choose(page, "Curtain")
    wait_until(lambda: not is_magma(color_at(page, *LEFT)))
    assert is_magma(color_at(page, *RIGHT))
    shot(page, artifacts, "curtain")
    page.locator("canvas").focus()
    for _ in range(10):
        page.keyboard.press("[")
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    expect(page.get_by_role("slider", name="Curtain at")).to_have_value("30")


def test_curtain_is_dragged_without_moving_the_image_or_picking(page: Page) -> None:
    choose(page, "Curtain")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], middle, steps=4)
    page.mouse.up()
    expect(page.get_by_role("slider", name="Curtain at")).to_have_value("80")
    assert page.evaluate("model.get('picks')") == []
    click_image(page, *LEFT)
    expect(page.locator("path.mc-curve")).to_have_count(1)


def test_lens_follows_the_pointer(page: Page, artifacts: Path) -> None:
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    choose(page, "Lens")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + LEFT[0] * box["width"], box["y"] + LEFT[1] * box["height"])
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    shot(page, artifacts, "lens")
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    wait_until(lambda: not is_magma(color_at(page, *LEFT)))


def test_blinking_shows_and_hides_the_layer(page: Page) -> None:
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    choose(page, "Blink")
    wait_until(lambda: not is_magma(color_at(page, *LEFT)))
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    choose(page, "One over another")
    expect(page.get_by_role("button", name="One over another")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_element_that_is_not_determined_says_why_and_shows_nothing(page: Page) -> None:
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    page.get_by_role("combobox", name="Map").select_option("1")
    expect(page.get_by_role("region", name="Layers")).to_contain_text(
        "not determined: too few counts"
    )
    wait_until(lambda: not is_magma(color_at(page, *LEFT)))


def test_contrast_is_cut_at_percentiles_and_seen_in_a_histogram(
    page: Page, artifacts: Path
) -> None:
    page.get_by_role("checkbox", name="Mercury").uncheck()
    choose(page, "Near infrared")
    wait_until(lambda: len(set(color_at(page, *LEFT))) == 1)
    contrast = page.get_by_role("group", name="Contrast").first
    before = color_at(page, *LEFT)
    contrast.get_by_role("combobox").select_option("5")
    wait_until(lambda: color_at(page, *LEFT) != before)
    contrast.get_by_role("button", name="Histogram").click()
    expect(page.get_by_role("img", name="Histogram; shown from")).to_be_visible()
    shot(page, artifacts, "histogram")


def test_colours_change_with_the_light(page: Page) -> None:
    page.get_by_role("checkbox", name="Mercury").uncheck()
    wait_until(lambda: color_at(page, *LEFT)[0] > DARK)
    before = color_at(page, *LEFT)
    page.get_by_label("under").select_option("A")
    wait_until(lambda: color_at(page, *LEFT) != before)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_layers(
    page: Page, server: WorkspaceServer, artifacts: Path, scheme: str
) -> None:
    show_viewer(page, server, SPEC, scheme=scheme)
    wait_ready(page)
    choose(page, "Curtain")
    assert violations(page) == []
    shot(page, artifacts, scheme)


def test_map_is_shown_alone_and_on_a_narrow_page(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    alone = {**SPEC, **MAPS, "item": "pigments", "title": "Pigments", "options": {}}
    page.set_viewport_size({"width": 500, "height": 900})
    show_viewer(page, server, alone)
    wait_ready(page)
    expect(page.get_by_role("list", name="Classes")).to_be_visible()
    expect(page.locator("figure")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    shot(page, artifacts, "alone")


def test_layer_that_cannot_be_read_is_said_and_the_rest_is_shown(
    page: Page, server: WorkspaceServer
) -> None:
    layers = [{**PIGMENTS, "item": "nothing"}, ELEMENTS]
    show_viewer(page, server, {**SPEC, "options": {"layers": layers}})
    wait_ready(page)
    expect(page.get_by_role("alert")).to_contain_text("No such dataset or item")
    expect(page.get_by_role("region", name="Layers").get_by_role("checkbox")).to_have_count(2)


SPOTS = [(0.3, 0.3), (0.65, 0.35), (0.35, 0.7), (0.6, 0.75)]
SHIFT = 0.1  # of the stage's width


def test_points_set_by_hand_register_a_layer(page: Page, artifacts: Path) -> None:
    wait_until(lambda: is_magma(color_at(page, *LEFT)))
    page.get_by_text("Control points", exact=True).click()
    page.get_by_label("Layer", exact=True).select_option("Mercury")
    choose(page, "Set points")
    for across, down in SPOTS:
        click_image(page, across, down)
        expect(page.locator(".mc-step")).to_contain_text("Now click the same place in vnir")
        click_image(page, across + SHIFT, down)
    table = page.get_by_role("table", name="Control points").get_by_role("row")
    expect(table).to_have_count(1 + len(SPOTS))
    shot(page, artifacts, "points-set")
    page.locator(".mc-points").screenshot(path=artifacts / "layers-points-list.png")
    page.keyboard.press("Enter")  # by keyboard: the centre of both, which are not one place
    page.keyboard.press("Enter")
    expect(table).to_have_count(2 + len(SPOTS))
    expect(page.locator(".mc-pointlist p")).not_to_contain_text("missed by 0.")
    page.keyboard.press("Backspace")
    expect(table).to_have_count(1 + len(SPOTS))
    page.keyboard.press("Escape")
    page.get_by_label("lay the layer by the points").check()
    wait_until(lambda: is_magma(color_at(page, LEFT[0] + SHIFT, LEFT[1])))
    points = page.evaluate("window.model.get('control_points')")
    assert {each["layer"] for each in points} == {"murals/maps/xrf"}
    apart = [each["fixed"][0] - (STEP * each["moving"][0] + (STEP - 1) / 2) for each in points]
    assert max(apart) - min(apart) < 1
    assert min(apart) > STEP
    shot(page, artifacts, "points-laid")
    assert violations(page) == []
