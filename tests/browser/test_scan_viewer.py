"""The scan viewer in a real browser: pictures, hands, and bad luck."""

import io
import os
import re
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from museion.samples.vessel import make_vessel
from museion_datasets.ingest.scans.read import ColorUse, ReadOptions, UpAxis, read_mesh
from museion_datasets.ingest.scans.scan import ScanInfo, build_scan
from tests.support.scan_site import ScanSite, scan_site

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("MUSEION_TEST_DATA", ROOT.parent / "shared" / "data"))
VENUS = DATA / "3d/venus_de_milo_smk/venus.glb"
DEADLINE_MS = 60_000
NO_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
};
"""


@pytest.fixture(scope="module")
def site() -> Generator[ScanSite]:
    scans = {"amphora": dict(build_scan(make_vessel(detail=0.35).mesh, ScanInfo("Amphora")))}
    if VENUS.exists():
        options = ReadOptions("mm", UpAxis.Y, ColorUse.HIDE)
        venus = read_mesh(VENUS.read_bytes(), "glb", options)
        scans["venus"] = dict(build_scan(venus, ScanInfo("Venus de Milo, plaster cast")))
    with scan_site(scans) as running:
        yield running


@pytest.fixture
def page(browser: Browser, site: ScanSite) -> Generator[Page]:
    site.heal()
    page = browser.new_page(viewport={"width": 980, "height": 720})
    page.set_default_timeout(DEADLINE_MS)
    yield page
    page.close()


def wait_for_state(page: Page, *states: str) -> None:
    selector = ", ".join(f"#viewer[data-state='{state}']" for state in states)
    page.locator(selector).wait_for(timeout=DEADLINE_MS)


def show(page: Page, address: str) -> None:
    page.goto(address)
    wait_for_state(page, "sharp")


def picture(page: Page) -> NDArray[np.float64]:
    shot = page.locator(".ms-surface").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.float64)


def differs(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(np.abs(first - second).mean())


def press(page: Page, *keys: str) -> None:
    page.locator(".ms-surface").focus()
    for key in keys:
        page.keyboard.press(key)
    wait_for_state(page, "sharp")


def test_vessel_appears_with_title_badge_size_and_scale(
    page: Page, site: ScanSite, artifacts: Path
) -> None:
    show(page, site.page("amphora", title="Amphora with winged horses", synthetic=True))
    page.screenshot(path=artifacts / "scan-vessel.png")
    expect(page.get_by_role("heading", name="Amphora with winged horses")).to_be_visible()
    expect(page.get_by_text("synthetic", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"36\.\d cm"))).to_be_visible()
    expect(page.locator(".ms-bar-text")).to_have_text("10 cm")
    middle = picture(page)[250:350, 420:540].reshape(-1, 3).mean(axis=0)
    assert middle[0] > middle[2] + 30  # clay, not background


@pytest.mark.skipif(not VENUS.exists(), reason="the real scan lies outside the repository")
def test_real_statue_appears_in_plaster(page: Page, site: ScanSite, artifacts: Path) -> None:
    show(page, site.page("venus", title="Venus de Milo, plaster cast"))
    page.screenshot(path=artifacts / "scan-venus.png")
    expect(page.get_by_text("2.12 m")).to_be_visible()
    expect(page.get_by_text("24,058 of 24,058 triangles")).to_be_visible()
    expect(page.get_by_role("button", name="Measured colour")).to_have_count(0)


def test_dark_theme_has_a_dark_background(page: Page, site: ScanSite, artifacts: Path) -> None:
    show(page, site.page("amphora", scheme="dark"))
    page.screenshot(path=artifacts / "scan-vessel-dark.png")
    assert picture(page)[10, 10].max() < 80


def test_raking_light_can_be_switched_on_and_moved(
    page: Page, site: ScanSite, artifacts: Path
) -> None:
    show(page, site.page("amphora", options={"azimuth": 20, "elevation": 5}))
    studio = picture(page)
    page.get_by_role("button", name="Raking light").click()
    page.get_by_role("button", name="Measured colour").click()
    left = picture(page)
    page.screenshot(path=artifacts / "scan-vessel-raking.png")
    assert differs(studio, left) > 5
    page.locator(".ms-pad").click(position={"x": 78, "y": 42})
    assert page.get_by_label("Light from").input_value() in {"0", "1", "359", "360"}
    assert differs(left, picture(page)) > 5
    page.get_by_role("button", name="Measured colour").click()
    page.get_by_role("button", name="Colour without light").click()
    expect(page.get_by_label("Light from")).to_be_hidden()
    expect(page.get_by_role("button", name="Raking light")).to_have_attribute(
        "aria-pressed", "false"
    )
    assert differs(studio, picture(page)) > 2
    page.screenshot(path=artifacts / "scan-vessel-unlit.png")


def test_keys_turn_zoom_and_bring_back_the_first_view(page: Page, site: ScanSite) -> None:
    show(page, site.page("amphora"))
    page.locator(".ms-surface").focus()
    first = picture(page)
    press(page, "ArrowLeft", "ArrowUp")
    assert differs(first, picture(page)) > 2
    press(page, "Home", "+", "+")
    expect(page.locator(".ms-bar-text")).not_to_have_text("10 cm")
    press(page, "Home")
    assert differs(first, picture(page)) < 0.5


def test_mouse_turns_and_wheel_zooms_only_after_a_click(page: Page, site: ScanSite) -> None:
    show(page, site.page("amphora"))
    first = picture(page)
    page.mouse.move(480, 380)
    page.mouse.wheel(0, -300)
    assert differs(first, picture(page)) < 0.5
    page.mouse.down()
    page.mouse.move(560, 380, steps=4)
    page.mouse.up()
    wait_for_state(page, "sharp")
    turned = picture(page)
    assert differs(first, turned) > 2
    page.mouse.wheel(0, -300)
    wait_for_state(page, "sharp")
    assert differs(turned, picture(page)) > 2


def test_first_picture_needs_only_the_head_and_closer_looks_fetch_more(
    page: Page, site: ScanSite
) -> None:
    site.is_broken = True
    page.goto(site.page("amphora"))
    expect(page.locator(".ms-footnote")).to_contain_text("does not answer")
    assert int(page.locator("#viewer").get_attribute("data-triangles") or 0) > 1000
    site.is_broken = False
    wait_for_state(page, "sharp")
    expect(page.locator(".ms-footnote")).to_be_hidden()
    seen = len(site.asked)
    press(page, "+", "+", "+", "+", "+", "+")
    assert len(site.asked) > seen


def test_everything_comes_from_the_own_server(page: Page, site: ScanSite) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    show(page, site.page("amphora"))
    assert hosts - {""} == {f"127.0.0.1:{site.port}"}


def test_lost_graphics_card_is_survived(page: Page, site: ScanSite) -> None:
    show(page, site.page("amphora"))
    first = picture(page)
    page.evaluate("""() => {
      const context = document.querySelector("canvas").getContext("webgl2");
      window.card = context.getExtension("WEBGL_lose_context");
      window.card.loseContext();
    }""")
    expect(page.get_by_role("alert")).to_contain_text("graphics card")
    page.evaluate("window.card.restoreContext()")
    wait_for_state(page, "sharp")
    assert differs(first, picture(page)) < 0.5


def test_browser_without_webgl_gets_a_sentence(page: Page, site: ScanSite) -> None:
    page.add_init_script(NO_WEBGL)
    page.goto(site.page("amphora"))
    expect(page.get_by_role("alert")).to_contain_text("can't show 3D")
    wait_for_state(page, "error")


def test_missing_scan_gets_the_servers_sentence(page: Page, site: ScanSite) -> None:
    page.goto(site.page("nothing"))
    expect(page.get_by_role("alert")).to_contain_text("There is no such scan")
    wait_for_state(page, "error")


def test_viewer_taken_away_leaves_nothing_behind(page: Page, site: ScanSite) -> None:
    show(page, site.page("amphora"))
    page.evaluate("window.takeAway()")
    assert page.locator("#viewer").inner_html() == ""
    assert page.locator("#viewer").get_attribute("data-state") is None


def test_viewer_passes_the_accessibility_check(page: Page, site: ScanSite) -> None:
    show(page, site.page("amphora", synthetic=True))
    page.get_by_role("button", name="Raking light").click()
    page.get_by_role("button", name="Help").click()
    page.add_script_tag(path=ROOT / "node_modules/axe-core/axe.min.js")
    violations = page.evaluate("async () => (await axe.run('#viewer')).violations")
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
