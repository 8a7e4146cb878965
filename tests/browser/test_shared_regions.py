"""Two members draw on one cube in JupyterLab: regions, their authors, displays, library, export."""

import json
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from playwright.sync_api import Browser, Page, expect

from museion_datasets.library import connect
from tests.support.cubes import save_cube
from tests.support.lab_page import open_as
from tests.support.live_server import LiveServer, lab_server

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
VIEW = {
    "version": 1,
    "kind": "cube",
    "dataset": "murals/panel",
    "dataset_version": 1,
    "item": "vnir",
    "title": "Robe on gold ground",
    "synthetic": True,
    "model_id": "a-kernel-long-gone",
    "height": 640,
}


def two_paints() -> xr.DataArray:
    """Return a red ellipse on ochre, a little uneven, in 28 bands from 400 to 940 nm."""
    nm = np.arange(400.0, 950.0, 20.0)
    red = 0.04 + 0.7 / (1 + np.exp((600 - nm) / 15))
    ochre = 0.1 + 0.7 / (1 + np.exp((540 - nm) / 15))
    y, x = np.mgrid[:200, :260]
    is_robe = ((x - 120) / 60) ** 2 + ((y - 110) / 80) ** 2 < 1
    light = 0.8 + 0.2 * np.sin(x / 9) * np.cos(y / 13)
    values = np.where(is_robe[..., None], red, ochre) * light[..., None]
    return xr.DataArray(
        values.astype(np.float32),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": nm},
        attrs={"quantity": "reflectance", "pixel_size_mm": 0.5},
    )


def put_pigments(folder: Path) -> None:
    """Put a small library of made-up spectra beside the panel."""
    nm = np.linspace(400.0, 950.0, 56)
    edge = 0.05 + 0.8 / (1 + np.exp(-(nm - 600) / 12))
    array = xr.DataArray(
        np.stack([edge, 0.9 - 0.8 * edge]).astype(np.float32),
        dims=("spectrum", "wavelength"),
        coords={
            "wavelength": ("wavelength", nm, {"units": "nm"}),
            "name": ("spectrum", ["Cinnabar", "Azurite"]),
            "elements": ("spectrum", ["Hg S", "Cu"]),
        },
        name="reflectance",
        attrs={"quantity": "reflectance"},
    )
    with connect(folder.as_uri()).draft(
        "murals/pigments", title="Pigments", kind="library", rights="CC0-1.0", synthetic=True
    ) as draft:
        draft.put_array("pigments", array)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    folder = tmp_path_factory.mktemp("library")
    save_cube(folder, "panel", two_paints(), "Robe on gold ground")
    put_pigments(folder)
    root = tmp_path_factory.mktemp("live")
    server = lab_server(root, MUSEION_REGISTRY_URL=folder.as_uri())
    server.write_view("a.ipynb", VIEW)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def anna(browser: Browser, server: LiveServer) -> Page:
    page = open_as(browser, server, "anna", "a.ipynb", "light")
    page.locator(".mus-View-stage[data-state=ready]").wait_for()
    return page


@pytest.fixture(scope="module")
def ben(anna: Page, browser: Browser, server: LiveServer) -> Page:
    anna.locator("figure").wait_for()  # her notebook is open first
    page = open_as(browser, server, "ben", "a.ipynb", "dark")
    page.locator(".mus-View-stage[data-state=ready]").wait_for()
    return page


def drag(page: Page, tool: str, *places: tuple[float, float]) -> None:
    """Choose a tool and draw from place to place, in shares of the stage; then put it away."""
    button = page.get_by_role("button", name=tool, exact=True)
    button.click()
    box = page.locator(".mus-View-stage canvas").bounding_box()
    assert box is not None
    for number, (across, down) in enumerate(places):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=5)
        if number == 0:
            page.mouse.down()
    page.mouse.up()
    button.click()


def test_a_region_of_one_member_appears_under_her_name(
    anna: Page, ben: Page, artifacts: Path
) -> None:
    drag(anna, "Rectangle", (0.38, 0.55), (0.46, 0.7))
    drag(anna, "Brush", (0.28, 0.72), (0.3, 0.8), (0.27, 0.84))
    for page in (anna, ben):
        expect(page.get_by_role("textbox", name="Name of region A")).to_have_value("Rectangle 1")
        expect(page.locator(".mc-author")).to_have_text(["by Anna", "by Anna"])
        expect(page.locator("path.mc-curve")).to_have_count(2)
    ben.screenshot(path=artifacts / "regions-ben.png")


def test_who_changes_a_region_is_said_beside_its_author(anna: Page, ben: Page) -> None:
    name = ben.get_by_role("textbox", name="Name of region A")
    name.fill("Robe")
    name.press("Tab")
    expect(anna.get_by_role("textbox", name="Name of region A")).to_have_value("Robe")
    expect(anna.locator(".mc-author").first).to_have_text("by Anna, changed by Ben")


def test_axis_always_says_what_is_shown(anna: Page) -> None:
    show = anna.get_by_label("Show as")
    for value, label in {
        "absorbance": "\N{MINUS SIGN}log₁₀ R",
        "k_over_s": "K/S = (1 \N{MINUS SIGN} R)² / 2R",
        "derivative": "dR/dλ in 1/nm",
        "continuum": "R / continuum",
        "reflectance": "reflectance R",
    }.items():
        show.select_option(value)
        expect(anna.locator("figure .mc-title").last).to_have_text(label)


def test_library_and_profile_lie_beside_what_was_drawn(
    anna: Page, ben: Page, artifacts: Path
) -> None:
    drag(anna, "Line", (0.3, 0.35), (0.62, 0.42))
    expect(ben.locator(".mc-profile-line")).to_have_count(3)
    anna.get_by_text("Library spectra").press("Enter")  # a notice of Lab may lie over it
    anna.get_by_role("searchbox").fill("hg")
    anna.get_by_role("searchbox").press("Enter")
    anna.get_by_role("button", name="Cinnabar (Hg S)").press("Enter")
    expect(anna.locator("path.mc-reference")).to_have_count(1)
    anna.get_by_role("button", name="Show the mean of all regions").press("Enter")
    expect(anna.locator("path.mc-curve")).to_have_count(5)
    anna.screenshot(path=artifacts / "regions-anna.png")


def test_regions_are_exported_with_place_and_author(anna: Page, tmp_path: Path) -> None:
    with anna.expect_download() as download:
        anna.get_by_role("button", name="Export the regions as GeoJSON").press("Enter")
    download.value.save_as(tmp_path / "regions.geojson")
    exported = json.loads((tmp_path / "regions.geojson").read_text())
    assert exported["museion"]["dataset"] == "murals/panel"
    robe = exported["features"][0]
    assert robe["geometry"]["type"] == "Polygon"
    assert robe["properties"]["author"] == "Anna"
    assert robe["properties"]["pixels"] > 100


def test_axe_finds_nothing_in_the_viewer(anna: Page) -> None:
    anna.add_script_tag(path=AXE)
    found = anna.evaluate("axe.run('.mus-View-stage').then((result) => result.violations)")
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in found] == []
