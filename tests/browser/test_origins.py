"""What runs in a workspace does not reach the hub's pages: by service workers, or otherwise.

Without `separate_origins` the proxy refuses service workers to everybody. With it, each server is
at a host name of its own, and everything works as before; that is tried without the proxy's
guard, so that the origin alone holds.
"""

from collections.abc import Generator
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from museion_hub.run.commands import PROXY_GUARD, proxy_command
from museion_hub.runtime import Runtime
from museion_hub.settings import Settings
from tests.support import hub as hub_module
from tests.support.browser import PATIENCE_MS, fill_sign_in
from tests.support.hub import TempHub, free_port, temp_hub
from tests.support.taken_over import PATH, REGISTER, SAYS, taken_over

pytestmark = pytest.mark.browser
SIZE: ViewportSize = {"width": 1440, "height": 900}
EDIT = "# at a host of its own"


@pytest.fixture(scope="module")
def hub() -> Generator[TempHub]:
    with temp_hub() as hub:
        yield hub


def unguarded(settings: Settings, runtime: Runtime) -> list[str]:
    """Give the proxy's command line without its guard."""
    command = proxy_command(settings, runtime)
    guard = ("--require", str(PROXY_GUARD))
    place = list(pairwise(command)).index(guard)
    return command[:place] + command[place + 2 :]


@pytest.fixture(scope="module")
def apart() -> Generator[TempHub]:
    """Give a hub with a host name for each server, whose proxy has no guard."""
    port = free_port()
    address = f"http://museion.localhost:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub_module, "proxy_command", unguarded)
        with temp_hub(port=port, public_url=address, separate_origins=True) as hub:
            hub.start_servers("wg-murals")
            yield hub


def arrive(browser: Browser, hub: TempHub, username: str) -> Page:
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{hub.settings.address}/hub/login")
    fill_sign_in(page, username, hub.password)
    page.wait_for_url("**/hub/home")
    return page


def test_worker_for_every_page_would_be_installed_if_nothing_kept_it_away(
    browser: Browser, hub: TempHub
) -> None:
    page = browser.new_context().new_page()
    with taken_over(hub) as address:
        page.goto(address + PATH)
        assert page.evaluate(REGISTER) == f"{address}/"
        page.goto(f"{address}/hub/login")
        assert page.locator("body").inner_text() == SAYS
    page.context.close()


def test_proxy_lets_no_workspace_install_a_worker(browser: Browser, hub: TempHub) -> None:
    page = browser.new_context().new_page()
    with taken_over(hub):
        page.goto(hub.url + PATH)
        assert page.evaluate(REGISTER).startswith("refused")
        page.goto(f"{hub.url}/hub/login")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    page.context.close()


@pytest.fixture(scope="module")
def lead(browser: Browser, apart: TempHub) -> Page:
    """Give the lead's browser with the workspace open, at a host of its own."""
    page = arrive(browser, apart, "murals-lead")
    page.get_by_role("link", name="Open workspace").click()
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    page.locator(".jp-LauncherCard", has_text="First look").click()
    expect(page.locator(".jp-NotebookPanel .jp-Cell").first).to_be_visible()
    return page


def workspace_of(hub: TempHub) -> str:
    return hub.settings.address.replace("://", "://wg-murals.")


def test_workspace_is_at_a_host_of_its_own_and_leads_home(lead: Page, apart: TempHub) -> None:
    assert lead.url.startswith(f"{workspace_of(apart)}/user/wg-murals/lab")
    home = lead.get_by_role("link", name="Museion home page")
    expect(home).to_have_attribute("href", f"{apart.settings.address}/hub/home")


def test_two_members_type_into_one_notebook(browser: Browser, lead: Page, apart: TempHub) -> None:
    member = arrive(browser, apart, "murals-member")
    member.get_by_role("link", name="Open workspace").click()
    member.locator(".jp-LauncherCard", has_text="First look").click()
    member.locator(".jp-CodeCell .cm-content").first.click()
    member.keyboard.press("Control+End")
    member.keyboard.type(f"\n{EDIT}")
    expect(lead.locator(".jp-CodeCell .cm-content").first).to_contain_text(EDIT)
    member.context.close()


def test_registrys_pages_know_the_person(browser: Browser, apart: TempHub) -> None:
    page = arrive(browser, apart, "murals-lead")
    page.goto(f"{apart.settings.address}/services/registry/workgroups/murals")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Wall Paintings")
    page.goto(f"{apart.settings.address}/services/registry/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    page.context.close()


def test_script_of_a_workspace_reads_nothing_of_the_hub(lead: Page, apart: TempHub) -> None:
    ask = "(url) => fetch(url, {credentials: 'include'}).then((a) => a.text(), () => 'kept out')"
    for path in ("/hub/home", "/hub/api/user", "/services/registry/api/v1/people/me"):
        assert lead.evaluate(ask, apart.settings.address + path) == "kept out"
    assert "jupyterhub-hub-login" not in lead.evaluate("document.cookie")


def test_worker_of_a_workspace_does_not_answer_for_the_hubs_pages(
    browser: Browser, apart: TempHub
) -> None:
    page = arrive(browser, apart, "murals-lead")
    workspace = workspace_of(apart)
    with taken_over(apart, f"/{urlsplit(workspace).hostname}"):
        page.goto(workspace + PATH)
        assert page.evaluate(REGISTER) == f"{workspace}/"
        page.goto(f"{workspace}/user/wg-murals/lab")
        assert page.locator("body").inner_text() == SAYS  # its own origin it has
        page.goto(f"{apart.settings.address}/hub/home")
        expect(page.get_by_role("link", name="Open workspace")).to_be_visible()
    page.context.close()
