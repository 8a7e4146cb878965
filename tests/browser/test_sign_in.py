"""Signing in at an institution in a real browser: with the keyboard, in light and dark, and out."""

from collections.abc import Generator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import fill_sign_in
from tests.support.openid_provider import claims
from tests.support.sign_in_site import Site, running_site

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with running_site(tmp_path_factory.mktemp("sign-in"), local_too=True) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Generator[Page]:
    site.provider.set(down="", forge=None)
    context = browser.new_context()
    yield context.new_page()
    context.close()


def problems(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document)")
    return [f"{one['id']}: {one['help']}" for one in found["violations"]]


def sign_in(page: Page, site: Site, person: str) -> None:
    page.goto(f"{site.hub.url}/hub/login")
    page.get_by_role("link", name="Sign in with the Museum").click()
    page.get_by_label("Login").fill(person)
    page.get_by_role("button", name="Continue").click()


def test_person_signs_in_is_known_and_signs_out_everywhere(page: Page, site: Site) -> None:
    site.provider.know(b1=claims("Bea Quist", "paintings"))
    sign_in(page, site, "b1")
    page.wait_for_url("**/hub/home")
    expect(page.locator(".me-name")).to_have_text("Bea Quist")
    expect(page.get_by_role("heading", name="Wall Paintings").first).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    page.wait_for_url(f"{site.provider.issuer}/session/end**")
    page.locator("button").first.click()
    page.wait_for_url("**/hub/login**")
    page.get_by_role("link", name="Sign in with the Museum").click()
    expect(page.get_by_label("Login")).to_be_visible()  # the provider's session is over too


def test_button_is_the_first_thing_the_keyboard_reaches(page: Page, site: Site) -> None:
    page.goto(f"{site.hub.url}/hub/login")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "provider":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_label("Login")).to_be_visible()


def test_local_account_signs_in_on_the_same_page(page: Page, site: Site) -> None:
    page.goto(f"{site.hub.url}/hub/login")
    fill_sign_in(page, "murals-lead", site.hub.password)
    page.wait_for_url("**/hub/home")


def test_person_without_a_group_reads_why(page: Page, site: Site, artifacts: Path) -> None:
    site.provider.know(b2=claims("Ben Quist"))
    sign_in(page, site, "b2")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Your account at the Museum opens no workgroup here")
    expect(notice).to_contain_text("invitation")
    assert problems(page) == []
    page.screenshot(path=artifacts / "sign-in-refused.png")


def test_person_whom_the_provider_gives_up_reads_why(page: Page, site: Site) -> None:
    site.provider.know(b3=claims("Bo Quist", "paintings"))
    sign_in(page, site, "b3")
    page.wait_for_url("**/hub/home")
    site.provider.know(b3=claims("Bo Quist", "paintings"), disabled=("b3",))
    while page.goto(f"{site.hub.url}/hub/home") and not page.url.startswith(
        f"{site.hub.url}/hub/login"
    ):
        page.wait_for_timeout(200)  # the hub asks again after a second
    expect(page.get_by_role("alert")).to_contain_text("The Museum has ended your session")
    page.reload()
    expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_sign_in_page_has_no_accessibility_problem(
    browser: Browser, site: Site, artifacts: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 860}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{site.hub.url}/hub/login")
    expect(page.get_by_role("link", name="Sign in with the Museum")).to_be_visible()
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=artifacts / f"sign-in-{scheme}-{width}.png", full_page=True)
    context.close()
