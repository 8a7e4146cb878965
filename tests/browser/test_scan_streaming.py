"""What the scan viewer does with bad luck, with little room, and while nobody looks."""

import io
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from museion_datasets.ingest.scans.scan import ScanInfo, build_scan
from tests.support.scan_site import ScanSite, scan_site
from tests.support.scans import rough_ring
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
DEADLINE_MS = 60_000
MANY = {"max_triangles": 10_000_000}
ALL = {**MANY, "tolerance_px": 0}
TRIANGLES = 299_520
FRAMES = """
window.frames_drawn = [];
const original = WebGL2RenderingContext.prototype.drawElements;
WebGL2RenderingContext.prototype.drawElements = function (...words) {
  const now = performance.now();
  if (window.isInFrame !== true) {
    window.isInFrame = true;
    queueMicrotask(() => { window.isInFrame = false; });
    window.frames_drawn.push(now);
  }
  return original.apply(this, words);
};
"""
CONTEXT_IS_LOST = "document.querySelector('canvas').getContext('webgl2').isContextLost()"
NO_LABELS = ".ms-foot, .ms-scale, .ms-axes { display: none !important; }"
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def site() -> Generator[ScanSite]:
    scans = {"ring": dict(build_scan(rough_ring(480, 312), ScanInfo("A rough ring")))}
    with scan_site(scans) as running:
        yield running


@pytest.fixture
def page(browser: Browser, site: ScanSite) -> Generator[Page]:
    site.heal()
    page = browser.new_page(viewport={"width": 674, "height": 720})
    page.set_default_timeout(DEADLINE_MS)
    yield page
    page.close()


def wait_for_state(page: Page, state: str) -> None:
    page.locator(f"#viewer[data-state='{state}']").wait_for(timeout=DEADLINE_MS)


def picture(page: Page) -> NDArray[np.int16]:
    shot = page.locator(".ms-surface").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int16)


def triangles(page: Page) -> int:
    return int(page.locator("#viewer").get_attribute("data-triangles") or 0)


def scroll_away(page: Page) -> None:
    page.evaluate("""() => {
      const below = document.createElement("div");
      below.style.height = "4000px";
      document.body.append(below);
      window.scrollTo(0, 4000);
    }""")


def outline(image: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Give where the object is: darker or more colourful than the light ground."""
    return np.asarray((image.max(axis=2) < 180) | (np.ptp(image, axis=2) > 30))


def grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = np.pad(mask, 1)
    shifts = [(y, x) for y in (0, 1, 2) for x in (0, 1, 2)]
    height, width = mask.shape
    return np.any([wide[y : y + height, x : x + width] for y, x in shifts], axis=0)


def sharp_and_full(page: Page, site: ScanSite, **options: object) -> list[NDArray[np.int16]]:
    """Give the sharp view, and the one with all triangles, without what is written over them."""
    pictures, shown = [], []
    for exact in ({}, ALL):
        page.goto(site.page("ring", options={**MANY, **options, **exact}, height=400))
        wait_for_state(page, "sharp")
        page.add_style_tag(content=NO_LABELS)
        pictures.append(picture(page))
        shown.append(triangles(page))
    assert shown[0] < 0.5 * shown[1] == 0.5 * TRIANGLES
    return pictures


def test_sharp_view_is_what_the_full_mesh_looks_like(page: Page, site: ScanSite) -> None:
    sharp, full = sharp_and_full(page, site, colors=False)
    apart = np.abs(sharp - full).max(axis=2)
    assert (apart <= 2).mean() >= 0.98
    assert (apart <= 4).mean() >= 0.99


def test_outline_of_the_sharp_view_is_right_to_a_pixel(page: Page, site: ScanSite) -> None:
    ours, theirs = map(outline, sharp_and_full(page, site))
    assert theirs.mean() > 0.1
    assert not (ours & ~grown(theirs)).any()
    assert not (theirs & ~grown(ours)).any()


def test_lost_connection_is_said_quietly_and_mends_by_itself(
    page: Page, site: ScanSite, artifacts: Path
) -> None:
    page.goto(site.page("ring", options=MANY))
    wait_for_state(page, "sharp")
    site.is_broken = True
    page.locator(".ms-surface").focus()
    for _ in range(6):
        page.keyboard.press("+")
    expect(page.locator(".ms-footnote")).to_contain_text("does not answer")
    page.screenshot(path=artifacts / "scan-connection-lost.png")
    assert triangles(page) > 1000
    expect(page.get_by_role("alert")).to_have_count(0)
    site.is_broken = False
    wait_for_state(page, "sharp")
    expect(page.locator(".ms-footnote")).to_be_hidden()


def test_damaged_page_is_said_and_the_rest_is_shown(
    page: Page, site: ScanSite, artifacts: Path
) -> None:
    site.damaged.update({5, 9})
    page.goto(site.page("ring", options=ALL))
    expect(page.locator(".ms-footnote")).to_contain_text("can't be read")
    wait_for_state(page, "sharp")
    page.screenshot(path=artifacts / "scan-damaged.png")
    assert 50_000 < triangles(page) < TRIANGLES


def test_page_that_the_storage_cannot_give_does_not_take_its_neighbours_along(
    page: Page, site: ScanSite
) -> None:
    site.refused.add(20)
    page.goto(site.page("ring", options=ALL))
    expect(page.locator(".ms-footnote")).to_have_text(
        "One part of the scan can't be read; it is shown coarser"
    )
    wait_for_state(page, "sharp")
    assert 100_000 < triangles(page) < TRIANGLES


def test_pictures_are_drawn_when_something_changed_and_not_too_often(
    page: Page, site: ScanSite
) -> None:
    page.add_init_script(FRAMES)
    site.delay_s = 0.25
    page.goto(site.page("ring", options=ALL))
    wait_for_state(page, "sharp")
    drawn: list[float] = page.evaluate("window.frames_drawn")
    assert len(drawn) >= 3
    lasted_s = (drawn[-1] - drawn[0]) / 1000
    assert len(drawn) <= 4 + 10 * lasted_s
    page.wait_for_timeout(1500)
    assert page.evaluate("window.frames_drawn.length") == len(drawn)


def test_viewer_that_was_scrolled_away_gives_the_graphics_card_back(
    page: Page, site: ScanSite
) -> None:
    page.goto(site.page("ring", options=MANY))
    wait_for_state(page, "sharp")
    before = picture(page)
    scroll_away(page)
    wait_for_state(page, "resting")
    wait_until(lambda: page.evaluate(CONTEXT_IS_LOST), "the context is given back")
    asked = len(site.asked)
    page.evaluate("window.scrollTo(0, 0)")
    assert np.abs(picture(page) - before).mean() < 1  # the still picture, or the scan again
    wait_for_state(page, "sharp")
    expect(page.locator(".ms-still")).to_be_hidden()
    assert not page.evaluate(CONTEXT_IS_LOST)
    assert np.abs(picture(page) - before).mean() < 0.5
    assert len(site.asked) == asked  # the pages were kept in memory


def test_hidden_tab_gives_the_graphics_card_back(page: Page, site: ScanSite) -> None:
    page.goto(site.page("ring", options=MANY))
    wait_for_state(page, "sharp")
    page.evaluate(HIDE, arg=True)
    wait_for_state(page, "resting")
    page.evaluate(HIDE, arg=False)
    wait_for_state(page, "sharp")


def test_short_look_elsewhere_costs_nothing(page: Page, site: ScanSite) -> None:
    page.goto(site.page("ring", options=MANY))
    wait_for_state(page, "sharp")
    page.evaluate(HIDE, arg=True)
    page.wait_for_timeout(300)
    page.evaluate(HIDE, arg=False)
    page.wait_for_timeout(2500)
    wait_for_state(page, "sharp")
    assert not page.evaluate(CONTEXT_IS_LOST)


def test_tab_that_fell_asleep_while_pages_came_goes_on(page: Page, site: ScanSite) -> None:
    site.is_broken = True
    page.goto(site.page("ring", options=MANY))
    expect(page.locator(".ms-footnote")).to_contain_text("does not answer")
    page.evaluate(HIDE, arg=True)
    wait_for_state(page, "resting")
    site.is_broken = False
    page.evaluate(HIDE, arg=False)
    wait_for_state(page, "sharp")
    expect(page.locator(".ms-footnote")).to_be_hidden()
