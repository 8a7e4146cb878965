"""Layers on a scan in a real browser: a worn inscription becomes readable."""

import io
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from museion.scans.layers.relief import measure_relief
from museion.scans.measure.paradata import Origin
from museion_datasets.ingest.scans.layer_format import LayerAbout
from museion_datasets.ingest.scans.layers import LayerValues, LayerWriter
from museion_datasets.ingest.scans.scan import ScanInfo, build_scan
from tests.support.reliefs import inscription, solid
from tests.support.scan_site import ScanSite, scan_site

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
FRONT = {"azimuth": -90, "elevation": 0}
ORIGIN = Origin("demo/slab", 1, "ab" * 32, "scan", 1e-6, None, is_synthetic=True)


@pytest.fixture(scope="module")
def site() -> Generator[ScanSite]:
    mesh, letters = inscription(size=(260, 90), spacing=5e-4)
    relief = measure_relief(solid(mesh), ORIGIN, 4e-3, scales=1)
    lead = np.where(mesh.vertices[:, 0] < 0.09, np.rint(8 * letters), np.nan)
    layers = {
        "relief": relief.stored("Anna"),
        "lead": LayerValues(lead, LayerAbout("Lead", "counts", "counts")),
    }
    writer = LayerWriter(layers)
    objects: dict[str, bytes] = {}
    for suffix, data in build_scan(mesh, ScanInfo("Slab", is_synthetic=True)):
        objects[suffix] = bytes(data)
        objects |= dict(writer.follow(suffix, bytes(data)))
    with scan_site({"slab": objects}) as running:
        yield running


@pytest.fixture
def page(browser: Browser, site: ScanSite) -> Generator[Page]:
    site.heal()
    page = browser.new_page(viewport={"width": 980, "height": 800})
    page.set_default_timeout(60_000)
    yield page
    page.close()


def show(page: Page, site: ScanSite, **options: object) -> None:
    page.goto(site.page("slab", synthetic=True, options={**FRONT, **options}))
    page.locator("#viewer[data-state='sharp']").wait_for()


def wait_for_layer(page: Page) -> None:
    page.locator(".ml-legend[data-state='ready']").wait_for()
    page.locator("#viewer[data-state='sharp']").wait_for()


def picture(page: Page) -> NDArray[np.float64]:
    shot = page.locator(".ms-surface").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.float64)


def contrast(shown: NDArray[np.float64]) -> float:
    """Give the spread of brightness within the slab."""
    height, width = shown.shape[:2]
    rows, columns = slice(height * 2 // 5, height * 3 // 5), slice(width // 4, width * 3 // 4)
    return float(shown[rows, columns].mean(axis=2).std())


def test_relief_makes_the_letters_stand_out(page: Page, site: ScanSite, artifacts: Path) -> None:
    show(page, site)
    plain = contrast(picture(page))
    show(page, site, layer="relief")
    wait_for_layer(page)
    page.screenshot(path=artifacts / "scan-relief.png")
    expect(page.get_by_label("Shown as")).to_have_value("relief")
    assert contrast(picture(page)) > 3 * plain


def test_layers_are_chosen_by_keyboard_and_taken_away(page: Page, site: ScanSite) -> None:
    show(page, site)
    assert not any("/layers/" in path for path in site.asked)
    before = picture(page)
    page.get_by_role("button", name="Layers").press("Enter")
    page.get_by_label("Layer", exact=True).select_option("lead")
    wait_for_layer(page)
    expect(page.get_by_role("group", name="Lead: 0 counts to")).to_be_visible()
    expect(page.get_by_text("no value", exact=True)).to_be_visible()
    assert np.abs(picture(page) - before).mean() > 5
    page.get_by_role("button", name="Value in the middle").press("Enter")
    expect(page.locator(".ml-value")).to_contain_text("counts")
    page.get_by_label("Highest value shown").fill("0.5")
    page.get_by_label("Highest value shown").press("Enter")
    expect(page.get_by_role("combobox", name="Range")).to_have_value("typed")
    page.get_by_label("Layer", exact=True).select_option("")
    expect(page.locator(".ml-legend")).to_be_hidden()
    page.locator("#viewer[data-state='sharp']").wait_for()
    assert np.abs(picture(page)[150:] - before[-len(picture(page)[150:]) :]).mean() < 60


def test_value_under_the_pointer_is_told(page: Page, site: ScanSite) -> None:
    show(page, site, layer="lead")
    wait_for_layer(page)
    box = page.locator(".ms-surface").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    expect(page.locator(".ml-value")).to_contain_text("counts")
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5)
    expect(page.locator(".ml-value")).to_have_text("no value")


def test_server_without_the_values_leaves_the_scan_as_it_was(page: Page, site: ScanSite) -> None:
    page.route("**/layers/relief/pages*", lambda route: route.abort())
    show(page, site, layer="relief")
    expect(page.get_by_role("alert")).to_contain_text("The layer could not be loaded")
    assert picture(page).std() > 1


def test_controls_pass_the_accessibility_check(page: Page, site: ScanSite) -> None:
    show(page, site, layer="lead")
    wait_for_layer(page)
    page.get_by_text("How it was made").click()
    page.add_script_tag(path=ROOT / "node_modules/axe-core/axe.min.js")
    violations = page.evaluate("async () => (await axe.run('#viewer')).violations")
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
