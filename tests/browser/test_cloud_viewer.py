"""Clouds of points in a real browser: shape without colours, picking, what needs a surface."""

import io
import re
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from museion_datasets.ingest.scans.mesh import MeshArrays
from tests.support.point_clouds import NO_FACES, with_normals
from tests.support.scan_site import ScanSite, scan_site
from tests.support.scan_views import KernelSide, open_view, stored_objects

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
DEADLINE_MS = 60_000


def ball(count: int = 60_000) -> MeshArrays:
    """Give points of a rough ball of 20 cm, evenly spread, without colours."""
    turn = np.arange(count) * np.pi * (3.0 - np.sqrt(5.0))
    z = 1.0 - 2.0 * (np.arange(count) + 0.5) / count
    flat = np.stack([np.cos(turn), np.sin(turn), np.ones(count)], axis=1)
    points = flat * np.stack([np.sqrt(1 - z * z), np.sqrt(1 - z * z), z], axis=1)
    relief = 1.0 + 0.02 * np.sin(9 * points[:, :1]) * np.sin(9 * points[:, 2:])
    return MeshArrays(points * relief * 0.1, NO_FACES)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> KernelSide:
    return KernelSide(open_view(tmp_path_factory.mktemp("library"), ball(), noise_m=1e-4))


@pytest.fixture(scope="module")
def site(kernel: KernelSide, tmp_path_factory: pytest.TempPathFactory) -> Generator[ScanSite]:
    lit = open_view(tmp_path_factory.mktemp("lit"), with_normals(ball()))
    with scan_site({"ball": stored_objects(kernel.view), "lit": stored_objects(lit)}) as running:
        running.kernels["ball"] = kernel.receive
        yield running


@pytest.fixture
def page(browser: Browser) -> Generator[Page]:
    page = browser.new_page(viewport={"width": 980, "height": 900})
    page.set_default_timeout(DEADLINE_MS)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    page.close()


def show(page: Page, address: str) -> None:
    page.goto(address)
    wait_until_sharp(page)


def wait_until_sharp(page: Page) -> None:
    page.locator("#viewer[data-state='sharp']").wait_for(timeout=DEADLINE_MS)


def picture(page: Page) -> NDArray[np.float64]:
    shot = page.locator(".ms-surface").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.float64)


def test_cloud_looks_closed_and_has_shape_without_colours(
    page: Page, site: ScanSite, artifacts: Path
) -> None:
    show(page, site.page("ball", title="Ball"))
    page.screenshot(path=artifacts / "cloud-ball.png")
    expect(page.locator(".ms-status")).to_contain_text(re.compile(r"[\d,]+ of 60,000 points"))
    seen = picture(page).mean(axis=2)
    height, width = seen.shape
    middle = seen[height // 2 - 30 : height // 2 + 30, width // 2 - 30 : width // 2 + 30]
    assert middle.std() < 12  # no holes through which the dark inside shows
    edge = seen[height // 2 - 30 : height // 2 + 30, :]
    assert edge.min() < middle.mean() - 60  # it falls off towards its rim


def test_keys_zoom_in_on_points_that_stay_closed(
    page: Page, site: ScanSite, artifacts: Path
) -> None:
    show(page, site.page("ball"))
    page.locator(".ms-surface").focus()
    for _ in range(12):
        page.keyboard.press("+")
    wait_until_sharp(page)
    page.screenshot(path=artifacts / "cloud-near.png")
    height, width, _ = picture(page).shape
    inner = picture(page)[height // 4 : height // 2, width // 4 : width // 2].mean(axis=2)
    assert (inner < inner.mean() / 2).mean() < 0.002
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_label("Parallel projection").check()
    page.get_by_role("button", name="Top", exact=True).click()
    wait_until_sharp(page)
    page.screenshot(path=artifacts / "cloud-parallel.png")
    assert picture(page)[height // 2, width // 2].mean() > 60


def test_light_needs_normals_and_says_so(page: Page, site: ScanSite, artifacts: Path) -> None:
    show(page, site.page("ball"))
    before = picture(page)
    raking = page.get_by_role("button", name="Raking light")
    expect(raking).to_have_attribute("aria-disabled", "true")
    expect(raking).to_have_attribute("title", re.compile("no normals"))
    raking.click(force=True)
    expect(page.get_by_label("Light from")).to_be_hidden()
    assert np.abs(picture(page) - before).mean() < 0.5
    show(page, site.page("lit"))
    studio = picture(page)
    page.get_by_role("button", name="Raking light").click()
    expect(page.get_by_label("Light from")).to_be_visible()
    page.screenshot(path=artifacts / "cloud-raking.png")
    assert np.abs(picture(page) - studio).mean() > 2


def test_a_distance_between_points_is_answered_by_the_kernel(
    page: Page, site: ScanSite, kernel: KernelSide, artifacts: Path
) -> None:
    kernel.view.measurement_marks = []
    show(page, site.page("ball"))
    page.get_by_role("button", name="Measure", exact=True).click()
    box = page.locator(".ms-surface").bounding_box()
    assert box is not None
    for across, down in ((0.45, 0.4), (0.55, 0.6)):
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
    expect(page.locator(".mm-row")).to_contain_text("full resolution")
    page.screenshot(path=artifacts / "cloud-distance.png")
    found = kernel.view.measurements["Distance 1"]
    for anchor in (found.start, found.end):  # type: ignore[attr-defined]
        measured = kernel.view.scan.points[anchor.vertex]
        assert np.abs(anchor.point - measured).max() <= kernel.view.scan.head.grid.step
        assert anchor.away_m <= 1e-9


def test_what_needs_a_surface_is_disabled_with_a_reason(page: Page, site: ScanSite) -> None:
    show(page, site.page("ball"))
    page.get_by_role("button", name="Measure", exact=True).click()
    for name in ("Over the surface", "Section along the view", "Section by 3 points"):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_attribute("title", re.compile("cloud of points"))
        button.click(force=True)
        expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="Triangles", exact=True)).to_have_count(0)
    for name in ("Distance", "Polyline", "Angle"):
        expect(page.get_by_role("button", name=name, exact=True)).not_to_have_attribute(
            "aria-disabled", "true"
        )


def test_cloud_viewer_passes_the_accessibility_check(page: Page, site: ScanSite) -> None:
    show(page, site.page("ball", synthetic=True))
    page.get_by_role("button", name="Measure", exact=True).click()
    page.add_script_tag(path=ROOT / "node_modules/axe-core/axe.min.js")
    violations = page.evaluate("async () => (await axe.run('#viewer')).violations")
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
