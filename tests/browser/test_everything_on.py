"""The pages of a deployment with everything switched on: institution, approval and mail.

A person of the institution asks for a workgroup, an administrator approves it, and the lead
invites somebody by mail, who follows the letter's link; each page on the way is looked at by axe.
"""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import fill_sign_in
from tests.support.openid_provider import claims
from tests.support.postbox import Postbox, mail_server
from tests.support.sign_in_site import Site, running_site

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
REGISTRY = "/services/registry"


@pytest.fixture(scope="module")
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, postbox: Postbox) -> Generator[Site]:
    folder = tmp_path_factory.mktemp("everything")
    with mail_server(postbox, folder) as mail:
        more = {"mail": mail, "workgroups_need_approval": True}
        with running_site(folder, more, local_too=True) as site:
            people = {"lea": claims("Lea Roth", "stones"), "ivo": claims("Ivo Lang")}
            site.provider.know(**people)
            yield site


def look(page: Page) -> None:
    """Have axe look at a page, light and dark."""
    page.add_script_tag(path=str(AXE))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("() => axe.run(document)")
        faults = [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
        assert faults == [], (page.url, scheme)


def new_page(browser: Browser, contexts: list[BrowserContext]) -> Page:
    contexts.append(browser.new_context(bypass_csp=True, reduced_motion="reduce"))
    return contexts[-1].new_page()


def sign_in_at_provider(page: Page, person: str) -> None:
    page.get_by_role("link", name="Sign in with the Museum").click()
    page.get_by_label("Login").fill(person)
    page.get_by_role("button", name="Continue").click()


def test_workgroup_is_asked_for_approved_and_joined_by_mail(
    site: Site, postbox: Postbox, browser: Browser, contexts: list[BrowserContext]
) -> None:
    lead = new_page(browser, contexts)
    lead.goto(f"{site.hub.url}/hub/login")
    look(lead)
    sign_in_at_provider(lead, "lea")
    lead.wait_for_url("**/hub/home")
    look(lead)
    lead.goto(f"{site.hub.url}{REGISTRY}/account")
    expect(lead.get_by_role("heading", name="Password")).to_have_count(0)
    look(lead)
    lead.goto(f"{site.hub.url}{REGISTRY}/workgroups/new")
    look(lead)
    lead.get_by_label("Name", exact=True).fill("Frescoes")
    lead.get_by_role("button", name="Ask for the workgroup").click()
    lead.wait_for_url("**/workgroups/frescoes")
    expect(lead.get_by_text("waits for approval").first).to_be_visible()
    look(lead)

    administrator = new_page(browser, contexts)
    administrator.goto(f"{site.hub.url}/hub/login")
    fill_sign_in(administrator, "hub-admin", site.hub.password)
    administrator.wait_for_url("**/hub/home")
    administrator.goto(f"{site.hub.url}{REGISTRY}/admin")
    look(administrator)
    administrator.get_by_role("button", name=re.compile("^Approve")).first.click()
    administrator.get_by_role("button", name="Approve it").click()
    expect(administrator.get_by_text("Frescoes is approved").first).to_be_visible()

    lead.reload()
    lead.get_by_role("button", name=re.compile("^Invite")).first.click()
    look(lead)
    lead.get_by_label(re.compile("^E-mail address")).fill("ivo@example.org")
    lead.get_by_role("button", name="Make the invitation").click()
    expect(lead.get_by_label("Link", exact=True)).to_be_visible()
    look(lead)
    [letter] = postbox.letters
    assert letter["To"] == "ivo@example.org"
    link = re.search(r"http\S+/join/\S+", letter.get_content())
    assert link

    guest = new_page(browser, contexts)
    guest.goto(link[0])
    look(guest)
    guest.get_by_role("link", name="Sign in and join").click()
    sign_in_at_provider(guest, "ivo")
    guest.wait_for_url("**/join/**")
    look(guest)
    guest.get_by_role("button", name=re.compile("^Join")).click()
    guest.wait_for_url("**/workgroups/frescoes")
    expect(guest.get_by_role("heading", level=1)).to_contain_text("Frescoes")
