"""A mesh that lives in the kernel only, and scans of servers that know none, in a browser."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from museion.widgets.held_scan import HeldScanView
from tests.support.scan_site import ScanSite, scan_site
from tests.support.scan_views import KernelSide, open_view, stored_objects
from tests.support.scans import rough_ring

pytestmark = pytest.mark.browser
DEADLINE_MS = 60_000
KERNEL = {"source": "kernel"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[ScanSite]:
    stored = open_view(tmp_path_factory.mktemp("library"), rough_ring())
    with scan_site({"stored": stored_objects(stored)}) as running:
        running.kernels["held"] = KernelSide(HeldScanView(rough_ring(240, 160))).receive
        running.kernels["stored"] = KernelSide(stored).receive
        yield running


@pytest.fixture
def page(browser: Browser, site: ScanSite) -> Generator[Page]:
    site.heal()
    page = browser.new_page(viewport={"width": 980, "height": 720})
    page.set_default_timeout(DEADLINE_MS)
    yield page
    page.close()


def wait_sharp(page: Page) -> int:
    viewer = page.locator("#viewer[data-state='sharp']")
    viewer.wait_for(timeout=DEADLINE_MS)
    return int(viewer.get_attribute("data-triangles") or 0)


def test_mesh_of_the_kernel_comes_over_its_comm(
    page: Page, site: ScanSite, artifacts: Path
) -> None:
    page.goto(site.page("held", options=KERNEL, title="Ring in the kernel"))
    assert wait_sharp(page) > 20_000
    page.screenshot(path=artifacts / "scan-held.png")
    assert not [path for path in site.asked if "/museion/scans/" in path]
    expect(page.get_by_role("button", name="Annotations")).to_have_count(0)
    expect(page.get_by_role("button", name="Measure", exact=True)).to_have_count(1)


def test_two_browsers_look_at_one_mesh_of_a_kernel(
    browser: Browser, page: Page, site: ScanSite
) -> None:
    page.goto(site.page("held", options=KERNEL))
    with browser.new_page() as other:
        other.goto(site.page("held", options=KERNEL))
        assert wait_sharp(page) > 5_000
        assert wait_sharp(other) > 5_000


def test_mesh_whose_kernel_is_gone_gets_a_sentence(page: Page, site: ScanSite) -> None:
    page.clock.install()
    page.goto(site.page("gone", options=KERNEL))
    page.clock.run_for(61_000)
    expect(page.get_by_role("alert")).to_contain_text("does not answer")


def test_server_without_our_extension_leaves_scans_to_the_kernel(
    page: Page, site: ScanSite
) -> None:
    site.has_scans = False
    page.goto(site.page("stored"))
    assert wait_sharp(page) > 1000
    assert sum("/pages" in path for path in site.asked) == 0
