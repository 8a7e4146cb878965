"""The registry's pages in a real browser: workgroups, accounts, administration and joining."""

import re
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from museion_hub.registry.database import Database
from museion_hub.registry.tables import Membership, Role, Workgroup
from tests.support.browser import fill_sign_in
from tests.support.hub import TempHub
from tests.support.registry_pages import HOSTILE, PASSWORD, PEOPLE, pages_site

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "tests/browser/artifacts"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 200_000
REGISTRY = "/services/registry"
CRYPT = f"{REGISTRY}/workgroups/crypt"
PAGES = {
    "workgroup": ("astrid", CRYPT),
    "workgroup-guest": ("dimitra", CRYPT),
    "workgroup-administrator": ("ruth", CRYPT),
    "workgroup-hostile": ("bao", f"{REGISTRY}/workgroups/tiles"),
    "workgroup-crowd": ("astrid", f"{REGISTRY}/workgroups/school"),
    "workgroup-pending": ("carla", f"{REGISTRY}/workgroups/lectures"),
    "workgroup-archived": ("astrid", f"{REGISTRY}/workgroups/old-dig"),
    "workgroup-missing": ("noor", f"{REGISTRY}/workgroups/nothing"),
    "find": ("noor", f"{REGISTRY}/workgroups"),
    "new-workgroup": ("noor", f"{REGISTRY}/workgroups/new"),
    "account": ("astrid", f"{REGISTRY}/account"),
    "administration": ("ruth", f"{REGISTRY}/admin"),
}
FOCUSED = """() => { const e = document.activeElement;
  return [(e.ariaLabel || e.labels?.[0]?.textContent || e.textContent || '').trim(), e.tagName] }"""

type Sessions = dict[str, StorageState | None]
type Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def site() -> Generator[tuple[TempHub, Database]]:
    ARTIFACTS.mkdir(exist_ok=True)
    with pages_site() as running:
        yield running


@pytest.fixture(scope="module")
def hub(site: tuple[TempHub, Database]) -> TempHub:
    return site[0]


@pytest.fixture(scope="module")
def database(site: tuple[TempHub, Database]) -> Database:
    return site[1]


@pytest.fixture(scope="module")
def sessions(hub: TempHub, browser: Browser) -> Sessions:
    """Sign each person in once, by the form."""
    states: Sessions = {"": None}
    for username in PEOPLE:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{hub.url}/hub/login")
        fill_sign_in(page, username, PASSWORD)
        page.wait_for_url("**/hub/home")
        states[username] = context.storage_state()
        context.close()
    return states


@pytest.fixture
def visit(
    hub: TempHub, browser: Browser, sessions: Sessions, contexts: list[BrowserContext]
) -> Visit:
    """Open a page as somebody; options are those of a browser context."""

    def open_page(username: str, path: str, **options: object) -> Page:
        context = browser.new_context(storage_state=sessions[username], **options)  # type: ignore[arg-type]  # passed on
        contexts.append(context)
        page = context.new_page()
        page.goto(hub.url + path, wait_until="load")
        return page

    return open_page


def barriers(page: Page) -> list[tuple[str, str]]:
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    return [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_barrier_that_axe_can_find(visit: Visit, name: str) -> None:
    username, path = PAGES[name]
    page = visit(username, path, bypass_csp=True, reduced_motion="reduce")
    page.add_script_tag(path=str(AXE))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page) == [], scheme
        page.screenshot(path=ARTIFACTS / f"registry-{name}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("name", ["workgroup", "workgroup-archived", "find", "administration"])
def test_every_question_can_be_read_and_answered_by_everybody(visit: Visit, name: str) -> None:
    """Each dialog, as one of its buttons opens it."""
    username, path = PAGES[name]
    page = visit(username, path, bypass_csp=True, reduced_motion="reduce")
    page.add_script_tag(path=str(AXE))
    asked = page.evaluate(
        "[...new Set([...document.querySelectorAll('[data-open]')].map(e => e.dataset.open))]"
    )
    assert asked
    for dialog in asked:
        page.locator(f"[data-open={dialog}]").first.click()
        expect(page.locator(f"#{dialog}")).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert barriers(page) == [], (dialog, scheme)
            page.screenshot(path=ARTIFACTS / f"registry-{name}-asks-{dialog}-{scheme}.png")
        page.keyboard.press("Escape")
        expect(page.locator(f"[data-open={dialog}]").first).to_be_focused()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_light_fits_a_phone_and_obeys_its_policy(
    hub: TempHub, visit: Visit, name: str
) -> None:
    username, path = PAGES[name]
    complaints: list[str] = []
    fetched: list[str] = []
    sizes: list[int] = []
    page = visit(username, f"{REGISTRY}/account", viewport={"width": 360, "height": 740})
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: fetched.append(request.url))
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(hub.url + path, wait_until="networkidle")
    assert {url for url in fetched if not url.startswith((hub.url, "data:"))} == set()
    assert [text for text in complaints if "status of" not in text] == []
    assert sum(sizes) < MOST_BYTES
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.screenshot(path=ARTIFACTS / f"registry-{name}-phone.png", full_page=True)


def test_an_invitation_is_made_passed_on_and_accepted_by_keyboard_alone(visit: Visit) -> None:
    lead = visit("astrid", CRYPT)
    tab_to(lead, "Invite people…")
    lead.keyboard.press("Enter")
    expect(lead.get_by_role("radio", name="Member")).to_be_focused()
    lead.keyboard.press("ArrowDown")
    expect(lead.get_by_role("radio", name="Guest")).to_be_checked()
    lead.keyboard.press("ArrowUp")
    tab_to(lead, "A note for you")
    lead.keyboard.type("For Noor")
    lead.keyboard.press("Enter")
    expect(lead.get_by_role("heading", name="The invitation is ready")).to_be_visible()
    expect(lead.get_by_role("button", name="Copy the link")).to_be_focused()
    link = lead.get_by_label("Link", exact=True).input_value()
    lead.screenshot(path=ARTIFACTS / "registry-invited.png")
    lead.keyboard.press("Enter")
    expect(lead.locator("#invitation-copied")).to_contain_text("The link is")
    lead.keyboard.press("Escape")
    expect(lead.get_by_text("For Noor")).to_be_visible()
    joiner = visit("noor", urlsplit(link).path)
    joiner.screenshot(path=ARTIFACTS / "registry-join.png", full_page=True)
    tab_to(joiner, "Join the workgroup")
    joiner.keyboard.press("Enter")
    joiner.wait_for_url(f"**{CRYPT}")
    expect(joiner.get_by_role("status").first).to_contain_text("You have joined Wall Paintings")
    expect(joiner.get_by_role("link", name="Open workspace")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)[0] == name:
            return
    pytest.fail(f"not reached by Tab: {name}")


def test_a_newcomer_makes_an_account_by_invitation_and_signs_in(visit: Visit) -> None:
    link = invite(visit("astrid", CRYPT), "For a newcomer")
    page = visit("", urlsplit(link).path, bypass_csp=True)
    page.add_script_tag(path=str(AXE))
    assert barriers(page) == []
    page.screenshot(path=ARTIFACTS / "registry-join-new.png", full_page=True)
    page.get_by_label("Your name").fill("Zoë Ångström")
    expect(page.get_by_label("Username")).to_have_value("zoe.angstrom")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Make the account and join").click()
    expect(page.get_by_role("alert").first).to_contain_text("10 to 1024 characters")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account and join").click()
    page.wait_for_url("**/hub/login**")
    expect(page.get_by_label("Username")).to_have_value("zoe.angstrom")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/hub/home")
    expect(page.get_by_role("article", name="Wall Paintings of the Crypt")).to_be_visible()


def invite(page: Page, note: str) -> str:
    page.get_by_role("button", name="Invite people…").click()
    page.get_by_label("A note for you").fill(note)
    page.get_by_role("button", name="Make the invitation").click()
    expect(page.get_by_role("heading", name="The invitation is ready")).to_be_visible()
    return page.get_by_label("Link", exact=True).input_value()


def test_an_invitation_that_opens_nothing_says_so(visit: Visit) -> None:
    page = visit("", f"{REGISTRY}/join/{'A' * 43}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here for you")


def test_a_revoked_invitation_stops_working(visit: Visit) -> None:
    lead = visit("astrid", CRYPT)
    link = invite(lead, "By mistake")
    lead.get_by_role("button", name="Done").click()
    lead.get_by_role("button", name="Revoke the invitation By mistake…").click()
    lead.get_by_role("button", name="Revoke it").click()
    expect(lead.locator("#news")).to_contain_text("The invitation was revoked.")
    page = visit("", urlsplit(link).path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here for you")


def test_somebody_asks_to_join_and_is_taken_in(visit: Visit) -> None:
    lead = visit("astrid", CRYPT)
    lead.get_by_role("button", name="Accept Emeka Obi…").click()
    lead.get_by_role("dialog").get_by_role("radio", name="Guest").check()
    lead.get_by_role("dialog").get_by_role("button", name="Accept").click()
    expect(lead.locator("#news")).to_contain_text("Emeka Obi has joined.")
    expect(lead.locator("#news")).to_be_focused()
    expect(lead.locator("#member-emeka")).to_contain_text("guest")


def test_a_role_is_changed_and_a_late_change_is_told(visit: Visit) -> None:
    first, second = visit("astrid", CRYPT), visit("ruth", CRYPT)
    for page in (first, second):
        page.get_by_role("button", name="Change the role of Carla de la Fuente-Møller…").click()
        page.get_by_role("dialog").get_by_role("radio", name="Lead").check()
    first.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(first.locator("#member-carla")).to_contain_text("lead")
    second.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(second.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    second.screenshot(path=ARTIFACTS / "registry-conflict.png")


def test_removal_says_what_will_happen_and_the_safe_answer_has_the_focus(
    visit: Visit, database: Database
) -> None:
    with database.writing() as session:
        session.merge(Membership(person="emeka", workgroup="school", role=Role.MEMBER))
    page = visit("astrid", f"{REGISTRY}/workgroups/school?who=emeka")
    page.get_by_role("button", name="Remove Emeka Obi…").click()
    dialog = page.get_by_role("dialog", name="Remove Emeka Obi?")
    expect(dialog).to_contain_text("The keys turn")
    expect(dialog).to_contain_text("open tabs of this workspace stop")
    expect(dialog.get_by_role("button", name="Keep them")).to_be_focused()
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator("#news")).to_contain_text("Emeka Obi was removed")
    with database.reading() as session:
        assert session.get(Membership, ("emeka", "school")) is None


def test_the_last_lead_cannot_leave_and_learns_what_to_do(visit: Visit) -> None:
    page = visit("astrid", f"{REGISTRY}/workgroups/school")
    page.get_by_role("button", name="Leave…").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("lead")
    page.screenshot(path=ARTIFACTS / "registry-last-lead.png")


def test_five_hundred_members_are_found_by_name(visit: Visit) -> None:
    page = visit("astrid", f"{REGISTRY}/workgroups/school")
    expect(page.get_by_role("heading", name=re.compile("Members 500"))).to_be_visible()
    page.get_by_label("Find a member").fill("participant 321")
    page.keyboard.press("Enter")
    expect(page.locator(".row .person")).to_have_count(1)
    expect(page.locator("#member-seat-321")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 17")).to_be_visible()


def test_ten_thousand_characters_are_refused_in_words_and_nothing_is_cut(visit: Visit) -> None:
    page = visit("noor", f"{REGISTRY}/workgroups/new")
    page.get_by_label("Name", exact=True).fill("x" * 10_000)
    page.get_by_label("Short name").fill("long")
    page.get_by_role("button", name="Make the workgroup").click()
    expect(page.get_by_role("alert")).to_contain_text("10000 characters")
    expect(page.get_by_role("alert")).to_contain_text("Use at most 120.")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.screenshot(path=ARTIFACTS / "registry-too-long.png", full_page=True)


def test_a_workgroup_is_made_and_its_name_is_only_text(visit: Visit, hub: TempHub) -> None:
    page = visit("noor", f"{REGISTRY}/workgroups/new")
    page.get_by_label("Name", exact=True).fill("<b>Émaux & Verre</b>")
    expect(page.get_by_label("Short name")).to_have_value("b-emaux-verre-b")
    page.get_by_label("Short name").fill("crypt")
    page.get_by_role("button", name="Make the workgroup").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Short name").fill("enamel")
    page.get_by_role("button", name="Make the workgroup").click()
    page.wait_for_url(f"**{REGISTRY}/workgroups/enamel")
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>Émaux & Verre</b>")
    expect(page.get_by_role("link", name="Open workspace")).to_be_visible()
    page.goto(f"{hub.url}/hub/home")
    page.get_by_role("link", name="<b>Émaux & Verre</b>").click()
    page.wait_for_url(f"**{REGISTRY}/workgroups/enamel")


def test_settings_are_changed_and_archiving_can_be_undone(visit: Visit, database: Database) -> None:
    page = visit("bao", f"{REGISTRY}/workgroups/tiles")
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    page.get_by_role("button", name="Settings…").click()
    page.get_by_label("Description", exact=True).fill("Glazed tiles")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#news")).to_contain_text("The settings are saved.")
    expect(page.get_by_text("Glazed tiles").first).to_be_visible()
    page.get_by_role("button", name="Archive…").click()
    page.get_by_role("button", name="Archive it").click()
    expect(page.get_by_text("This workgroup is archived")).to_be_visible()
    page.get_by_role("button", name="Restore…").click()
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_role("link", name="Open workspace")).to_be_visible()
    with database.reading() as session:
        assert session.get_one(Workgroup, "tiles").description == "Glazed tiles"


def test_who_did_what_goes_on_below(visit: Visit) -> None:
    page = visit("astrid", f"{REGISTRY}/workgroups/school")
    for number in range(21):
        answer = page.evaluate(
            """async number => (await fetch('/services/registry/api/v1/workgroups/school', {
              method: 'PATCH', body: JSON.stringify({description: `Seats ${number}`}), headers: {
              'Content-Type': 'application/json', 'X-Museion-Request': document.body.dataset.xsrf}
            })).status""",
            number,
        )
        assert answer == 200
    page.reload()
    expect(page.locator("#events li")).to_have_count(20)
    page.get_by_role("link", name="Load more").click()
    expect(page.locator("#events li").nth(20)).to_be_focused()
    assert page.locator("#events li").count() > 20


def test_a_person_changes_their_name_and_password(visit: Visit) -> None:
    page = visit("noor", f"{REGISTRY}/account")
    page.get_by_label("Name", exact=True).fill("Noor N. Newcomer")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#news")).to_contain_text("are saved")
    expect(page.get_by_role("link", name="My account: Noor N. Newcomer")).to_be_visible()
    page.get_by_label("Present password").fill("not it at all")
    page.get_by_label("New password").fill("another-lantern-quartz")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert").filter(has_text="assword")).to_be_visible()
    page.screenshot(path=ARTIFACTS / "registry-wrong-password.png", full_page=True)


def test_an_administrator_approves_and_makes_an_account(visit: Visit) -> None:
    page = visit("ruth", f"{REGISTRY}/admin")
    page.get_by_role("button", name="Approve Lectures…").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve it").click()
    expect(page.locator("#news")).to_contain_text("Lectures is approved.")
    page.get_by_role("button", name="New account…").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Yuki Tanaka")
    page.get_by_role("dialog").get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.locator("#news")).to_contain_text("The account is made.")
    page.get_by_label("Find a person").fill("yuki")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove the account of Yuki Tanaka…").click()
    page.get_by_role("button", name="Remove the account", exact=True).click()
    expect(page.locator("#news")).to_contain_text("was removed")


def test_an_administrator_adds_a_person_without_an_invitation(visit: Visit) -> None:
    page = visit("ruth", f"{REGISTRY}/workgroups/school?who=dimitra")
    page.get_by_role("button", name="Add a person…").click()
    dialog = page.get_by_role("dialog", name="Add a person")
    dialog.get_by_label("Username").fill("nobody-here")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Username").fill("dimitra")
    dialog.get_by_role("button", name="Add").click()
    expect(page.locator("#member-dimitra")).to_contain_text("member")


def test_others_do_not_learn_that_there_is_an_administration(visit: Visit) -> None:
    page = visit("astrid", f"{REGISTRY}/admin")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here for you")
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)


def test_a_visitor_signs_in_and_comes_back_without_being_asked_for_consent(
    hub: TempHub, visit: Visit
) -> None:
    page = visit("", CRYPT)
    page.wait_for_url("**/hub/login**")
    fill_sign_in(page, "bao", PASSWORD)
    page.wait_for_url(f"**{CRYPT}")
    page.get_by_role("link", name="Sign out").click()
    page.wait_for_url("**/hub/**")
    page.goto(hub.url + CRYPT)
    page.wait_for_url("**/hub/login**")


def test_what_runs_beside_the_pages_cannot_use_them(visit: Visit) -> None:
    """A script of the same origin, as any workspace's page is, tries each way in."""
    page = visit("astrid", CRYPT)
    page.goto(page.url.replace(CRYPT, "/hub/home"))
    fetched = page.evaluate("async path => (await fetch(path)).status", CRYPT)
    read = page.evaluate(
        "async () => (await fetch('/services/registry/api/v1/workgroups/crypt')).status"
    )
    changed = page.evaluate(
        """async () => (await fetch('/services/registry/api/v1/workgroups/crypt/archive',
           {method: 'POST'})).status"""
    )
    assert (fetched, read, changed) == (403, 403, 403)
    with page.expect_popup() as opened:
        page.evaluate("path => { window.taken = window.open(path) }", CRYPT)
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Wall Paintings of the Crypt")
    assert page.evaluate("window.taken.closed")
