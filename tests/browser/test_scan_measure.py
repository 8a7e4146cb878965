"""Measuring and looking in the scan viewer, with a real widget on the other side."""

import csv
import io
import json
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from museion.samples.vessel import make_vessel
from tests.support.scan_site import ScanSite, scan_site
from tests.support.scan_views import KernelSide, open_view, stored_objects

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
DEADLINE_MS = 60_000


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> KernelSide:
    mesh = make_vessel(detail=0.25).mesh
    return KernelSide(open_view(tmp_path_factory.mktemp("library"), mesh, noise_m=2e-5))


@pytest.fixture(scope="module")
def site(kernel: KernelSide) -> Generator[ScanSite]:
    with scan_site({name: stored_objects(kernel.view) for name in ("amphora", "alone")}) as running:
        running.kernels["amphora"] = kernel.receive
        yield running


def show(browser: Browser, address: str, width: int = 980) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.set_default_timeout(DEADLINE_MS)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(address)
    wait_until_sharp(page)
    return page


@pytest.fixture(scope="module")
def page(browser: Browser, site: ScanSite, kernel: KernelSide) -> Generator[Page]:
    """Give one viewer that the tests of this module use one after the other."""
    kernel.view.measurement_marks = []
    page = show(browser, site.page("amphora", title="Amphora", synthetic=True))
    page.get_by_role("button", name="Measure", exact=True).click()
    yield page
    page.close()


def wait_until_sharp(page: Page) -> None:
    page.locator("#viewer[data-state=sharp]").wait_for(timeout=DEADLINE_MS)


def choose(page: Page, tool: str) -> None:
    button = page.get_by_role("button", name=tool, exact=True)
    if button.get_attribute("aria-pressed") != "true":
        button.click()


def put(page: Page, *places: tuple[float, float]) -> None:
    """Click on the picture, in shares of it."""
    box = page.locator(".ms-surface").bounding_box()
    assert box is not None
    for across, down in places:
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def row(page: Page, label: str) -> Locator:
    return page.locator(".mm-row").filter(has=page.locator(f"input[value='{label}']"))


def upper_part(page: Page) -> NDArray[np.float64]:
    """Give the colours of the picture's upper half."""
    box = page.locator(".ms-surface").bounding_box()
    assert box is not None
    page.mouse.move(4, 4)
    shot = page.screenshot(clip={**box, "height": box["height"] / 2})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.float64)


def value_in(found: Locator, name: str) -> str:
    return found.locator("div").filter(has_text=name).first.locator("dd").inner_text()


def test_clicked_distance_is_answered_by_the_kernel_at_full_resolution(
    page: Page, kernel: KernelSide, artifacts: Path
) -> None:
    choose(page, "Distance")
    put(page, (0.45, 0.25), (0.52, 0.75))
    found = row(page, "Distance 1")
    expect(found).to_contain_text("full resolution")
    measured = kernel.view.measurements["Distance 1"].distance  # type: ignore[attr-defined]
    assert value_in(found, "distance") == str(measured)
    assert "±" in str(measured)
    expect(found).to_contain_text("dz")
    expect(page.locator(".mm-label")).to_contain_text(str(measured))
    page.screenshot(path=artifacts / "scan-measure-distance.png")


def test_keyboard_alone_measures_an_angle(page: Page, kernel: KernelSide) -> None:
    page.get_by_role("button", name="Angle", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ms-surface")).to_be_focused()
    expect(page.locator(".ms-cross")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    expect(page.locator(".mm-step")).to_have_text("Put the apex")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(row(page, "Angle 1")).to_contain_text("full resolution")
    assert 0 < kernel.view.measurements["Angle 1"].angle.value < 180  # type: ignore[attr-defined]
    page.keyboard.press("Escape")
    expect(page.locator(".mm-step")).to_have_text("Choose what to measure")
    page.keyboard.press("Home")


def test_section_along_the_view_is_drawn_and_saved(
    page: Page, kernel: KernelSide, artifacts: Path, tmp_path: Path
) -> None:
    choose(page, "Section along the view")
    put(page, (0.42, 0.4), (0.56, 0.4))
    choose(page, "Over the surface")
    put(page, (0.46, 0.3), (0.53, 0.55))
    found = row(page, "Section 1")
    expect(found).to_contain_text("full resolution")
    expect(row(page, "Over the surface 1")).to_contain_text("full resolution")
    page.get_by_label("Scale of the drawing of Section 1").select_option("1:2")
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG of Section 1").click()
    download.value.save_as(tmp_path / "section.svg")
    section = kernel.view.measurements["Section 1"]
    assert (tmp_path / "section.svg").read_text() == section.to_svg("1:2")  # type: ignore[attr-defined]
    wait_until_sharp(page)
    page.screenshot(path=artifacts / "scan-measure-section.png")


def test_scan_is_cut_open_at_a_section_and_whole_again(page: Page, artifacts: Path) -> None:
    whole = upper_part(page)
    cut = page.get_by_role("button", name="Cut open at Section 1")
    cut.click()
    expect(cut).to_have_attribute("aria-pressed", "true")
    wait_until_sharp(page)
    opened = upper_part(page)
    page.screenshot(path=artifacts / "scan-cut-open.png")
    assert np.abs(opened - whole).mean() > 5
    cut.click()
    expect(cut).to_have_attribute("aria-pressed", "false")
    wait_until_sharp(page)
    assert np.abs(upper_part(page) - whole).mean() < 0.5


def test_all_are_exported_as_a_table_with_their_origin(
    page: Page, kernel: KernelSide, tmp_path: Path
) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    download.value.save_as(tmp_path / "all.csv")
    origin, *lines = (tmp_path / "all.csv").read_text().splitlines()
    assert origin == "# demo/amphora version 1, scan, synthetic"
    rows = list(csv.DictReader(lines))
    distance = next(each for each in rows if each["quantity"] == "distance")
    measured = kernel.view.measurements["Distance 1"]
    assert float(distance["value"]) == float(measured.distance)  # type: ignore[attr-defined]
    assert distance["level"] == "full resolution"
    assert distance["digest"] == measured.paradata.origins[0].digest


def test_name_and_deletion_reach_the_kernel(page: Page, kernel: KernelSide) -> None:
    name = page.get_by_role("textbox", name="Name of measurement 1")
    name.fill("Height")
    name.press("Tab")
    page.get_by_role("button", name="Delete Angle 1").click()
    expect(page.locator(".mm-row")).to_have_count(3)
    expect(row(page, "Height")).to_have_count(1)
    assert list(kernel.view.measurements) == ["Height", "Section 1", "Over the surface 1"]


def test_standard_view_in_parallel_makes_a_picture_with_its_origin(
    page: Page, artifacts: Path
) -> None:
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Front").click()
    page.get_by_label("Parallel projection").check()
    wait_until_sharp(page)
    page.screenshot(path=artifacts / "scan-views.png")
    page.get_by_role("button", name="Save a picture").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="2 \N{MULTIPLICATION SIGN} screen").click()
    saved = artifacts / "scan-picture.png"
    download.value.save_as(saved)
    picture = Image.open(saved)
    box = page.locator(".ms-surface").bounding_box()
    assert box is not None
    assert picture.size == (round(box["width"]) * 2, round(box["height"]) * 2)
    assert picture.text["Source"] == "demo/amphora@1, scan (synthetic)"  # type: ignore[attr-defined]
    facts = json.loads(picture.text["Museion"])  # type: ignore[attr-defined]
    assert facts["camera"]["isOrthographic"] is True
    assert facts["camera"]["azimuth"] == pytest.approx(-90)
    assert facts["light"] == {"kind": "studio"}
    assert facts["scale"]["holds"] == "everywhere"
    page.keyboard.press("Escape")


def test_without_a_kernel_a_preview_is_marked_as_such(
    browser: Browser, site: ScanSite, kernel: KernelSide, artifacts: Path
) -> None:
    view = kernel.view
    view.measurement_marks = []
    lowest, highest = (int(find(view.scan.vertices[:, 2])) for find in (np.argmin, np.argmax))
    view.add_measurement("distance", view.scan.vertices[[lowest, highest]], label="Height")
    wishes = {"title": "Amphora", "scheme": "dark", "options": view.spec["options"]}
    page = show(browser, site.page("alone", **wishes), width=600)
    expect(row(page, "Height")).to_contain_text("full resolution")
    expect(page.get_by_role("button", name="Polyline")).to_be_hidden()
    page.get_by_role("button", name="Measure", exact=True).click()
    choose(page, "Polyline")
    put(page, (0.45, 0.3), (0.5, 0.5), (0.55, 0.7), (0.55, 0.7))
    choose(page, "Section along the view")
    put(page, (0.4, 0.4), (0.6, 0.4))
    expect(row(page, "Polyline 1").locator(".mm-level")).to_have_text("preview")
    expect(page.locator(".mm-label").nth(1)).to_contain_text("preview")
    expect(page.get_by_role("button", name="DXF of Section 1")).to_be_disabled()
    wait_until_sharp(page)
    page.screenshot(path=artifacts / "scan-measure-narrow-dark.png")
    page.add_script_tag(path=ROOT / "node_modules/axe-core/axe.min.js")
    violations = page.evaluate("async () => (await axe.run('#viewer')).violations")
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
    page.close()
