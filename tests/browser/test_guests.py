"""A lead publishes a notebook from JupyterLab, and a guest reads it: in two browsers."""

import base64
import io
import json
from collections.abc import Generator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from museion_hub.registry.database import Database
from museion_hub.registry.memberships import set_member
from museion_hub.registry.people import create_person
from museion_hub.registry.tables import Role
from museion_hub.workplaces import registry_database_url
from tests.support.browser import PATIENCE_MS, fill_sign_in
from tests.support.hub import TempHub, temp_hub

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
SIZE = {"width": 1280, "height": 1000}
GUEST, PASSWORD = "greta", "lampblack-in-oil-5"
NOTEBOOK = "pigments.ipynb"
PROSE = """# Pigments of the *north wall*

What the cube of 2026 shows of the **azurite** layer, for the workgroup's guests.

| band | reflectance |
|---|--:|
| 450 nm | 0.12 |
| 650 nm | 0.48 |

<script>document.title = "taken over"</script>
<img src="x" onerror="document.title = 'taken over'">
<a href="javascript:document.title='taken over'">a link</a>
<style>main { display: none }</style>
<form action="https://evil.example"><input name="password"></form>
"""


def picture() -> str:
    """Return a PNG that can be told from a broken one."""
    image = Image.linear_gradient("L").resize((640, 240)).convert("RGB")
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def write_notebook(workspace: Path) -> None:
    view = {
        "output_type": "display_data",
        "metadata": {},
        "data": {
            "application/vnd.museion.view+json": {"version": 1, "kind": "cube"},
            "image/png": picture(),
            "text/plain": "The north wall at 650 nm",
        },
    }
    frame = {
        "output_type": "execute_result",
        "execution_count": 2,
        "metadata": {},
        "data": {
            "text/html": "<style scoped>td{}</style><table border=1 class=dataframe><thead><tr>"
            "<th></th><th>depth</th></tr></thead><tbody><tr><th>azurite</th><td>12.5</td></tr>"
            "</tbody></table>",
            "text/plain": "azurite 12.5",
        },
    }
    code = {"cell_type": "code", "metadata": {}, "execution_count": 1}
    cells = [
        {"cell_type": "markdown", "id": "p", "metadata": {}, "source": PROSE},
        code | {"id": "v", "source": 'wall = museion.open("murals/wall")\nwall', "outputs": [view]},
        code | {"id": "f", "source": "layers.head()  # depth in mm", "outputs": [frame]},
    ]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (workspace / NOTEBOOK).write_text(json.dumps(content))


@pytest.fixture(scope="module")
def hub() -> Generator[TempHub]:
    with temp_hub() as hub:
        database = Database(registry_database_url(hub.settings))
        with database.writing() as session:
            create_person(
                session, GUEST, display_name="Greta Guest", password=PASSWORD, actor="test"
            )
            set_member(session, "murals", GUEST, Role.GUEST, actor="test")
        database.close()
        hub.start_servers("wg-murals")
        write_notebook(hub.paths.workplace("wg-murals").workspace)
        yield hub


def arrive(browser: Browser, hub: TempHub, username: str, password: str) -> Page:
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{hub.url}/hub/login")
    fill_sign_in(page, username, password)
    page.wait_for_url("**/hub/home")
    return page


@pytest.fixture(scope="module")
def published(browser: Browser, hub: TempHub, artifacts: Path) -> str:
    """Give the page's address, as the lead's browser is told."""
    page = arrive(browser, hub, "murals-lead", hub.password)
    page.goto(f"{hub.url}/user/wg-murals/museion/open?path={NOTEBOOK}")
    dialog = page.locator("dialog", has_text="Select Kernel")
    dialog.locator("select").select_option(label="No Kernel")
    dialog.locator("button.jp-mod-accept").click()
    page.locator(".jp-Toolbar").get_by_role("button", name="Publish this notebook").first.click()
    question = page.locator("dialog", has_text="Publish to guests")
    expect(question).to_contain_text(NOTEBOOK)
    page.screenshot(path=artifacts / "guests-question.png")
    question.get_by_role("button", name="Publish", exact=True).click()
    toast = page.get_by_text("can read “Pigments of the north wall” now")
    expect(toast.first).to_be_visible()
    page.screenshot(path=artifacts / "guests-published.png")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Show the page").first.click()
    expect(popup.value.get_by_role("heading", level=1)).to_contain_text("Pigments")
    return popup.value.url


@pytest.fixture(scope="module")
def guest(browser: Browser, hub: TempHub, published: str, artifacts: Path) -> Page:
    """Give the published page in the guest's browser, found on the workgroup's page."""
    page = arrive(browser, hub, GUEST, PASSWORD)
    page.goto(f"{hub.url}/services/registry/workgroups/murals")
    page.screenshot(path=artifacts / "guests-workgroup.png", full_page=True)
    page.get_by_role("link", name="Pigments of the north wall").click()
    expect(page).to_have_url(published)
    return page


def test_the_guest_reads_text_code_pictures_and_tables(guest: Page, artifacts: Path) -> None:
    expect(guest.get_by_role("heading", level=1)).to_have_text("Pigments of the north wall")
    expect(guest.get_by_text("museion.open")).to_be_visible()
    expect(guest.get_by_role("cell", name="12.5")).to_be_visible()
    image = guest.get_by_alt_text("The north wall at 650 nm")
    expect(image).to_be_visible()
    size = image.bounding_box()
    assert size is not None
    assert size["width"] > 400
    expect(guest.get_by_text("Published by Chiara Alberti")).to_be_visible()
    guest.screenshot(path=artifacts / "guests-page.png", full_page=True)
    guest.emulate_media(color_scheme="dark")
    guest.screenshot(path=artifacts / "guests-page-dark.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_barrier_that_axe_can_find(
    browser: Browser, hub: TempHub, published: str, scheme: Literal["light", "dark"]
) -> None:
    """As it stands: where it is shown nothing runs, axe neither."""
    with hub.signed_in(GUEST, PASSWORD) as client:
        client.get("/services/registry/workgroups/murals")
        text = client.get(published).raise_for_status().text
    page = browser.new_context(color_scheme=scheme).new_page()
    page.set_content(text)
    page.add_script_tag(path=str(AXE))
    # A data frame's corner is an empty header: its author's table stays as it is.
    rules = "{rules: {'empty-table-header': {enabled: false}}}"
    found = page.evaluate(f"() => axe.run(document, {rules})")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    page.context.close()


def test_nothing_of_the_notebook_runs_or_takes_the_page_over(guest: Page) -> None:
    expect(guest).to_have_title("Pigments of the north wall · Wall Paintings")
    assert guest.locator("main script, main style, main form, main input, main iframe").count() == 0
    expect(guest.get_by_text("a link")).not_to_have_attribute("href", "javascript:")


def test_the_page_has_an_origin_of_its_own_and_may_load_nothing(
    hub: TempHub, published: str
) -> None:
    with hub.signed_in(GUEST, PASSWORD) as client:
        client.get("/services/registry/workgroups/murals")
        answer = client.get(published)
        framed = client.get(published, headers={"Sec-Fetch-Dest": "iframe"})
        fetched = client.get(published, headers={"Sec-Fetch-Dest": "empty"})
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:; style-src 'sha256-")
    assert "allow-" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.content) < 200_000
    assert framed.status_code == fetched.status_code == 403


@pytest.fixture(scope="module")
def client(hub: TempHub) -> Generator[httpx.Client]:
    """Give a program with the guest's own cookies."""
    with hub.signed_in(GUEST, PASSWORD) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "lab",
        "museion/open",
        "museion/snapshots",
        "museion/datasets",
        "api/contents",
        "api/contents/pigments.ipynb",
        "api/kernels",
        "api/sessions",
        "api/terminals",
        "files/pigments.ipynb",
        "nbconvert/html/pigments.ipynb",
        "api/collaboration/session/pigments.ipynb",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_guest_reaches_nothing_of_the_workspace(
    client: httpx.Client, path: str, method: str
) -> None:
    answer = client.request(method, f"/user/wg-murals/{path}", follow_redirects=True)
    assert answer.status_code in {403, 404, 405}
    assert "azurite" not in answer.text


def test_a_guest_can_not_start_the_workspace(hub: TempHub, client: httpx.Client) -> None:
    xsrf = next(each.value for each in client.cookies.jar if each.name == "_xsrf")
    headers = {"X-XSRFToken": str(xsrf), "Referer": f"{hub.url}/hub/home"}
    asked = client.post("/hub/api/users/wg-murals/server", headers=headers)
    assert asked.status_code in {403, 404}


def test_a_stranger_and_another_workgroup_see_no_page(hub: TempHub, published: str) -> None:
    with hub.signed_in("lapidary-lead") as client:
        client.get("/services/registry/workgroups/lapidary")
        assert client.get(published).status_code == 404
    anonymous = httpx.get(published, follow_redirects=False)
    assert anonymous.status_code == 303
    assert "azurite" not in anonymous.text


def test_withdrawn_by_the_lead_it_is_gone_for_the_guest(
    browser: Browser, hub: TempHub, guest: Page, published: str, artifacts: Path
) -> None:
    lead = arrive(browser, hub, "murals-lead", hub.password)
    lead.goto(f"{hub.url}/services/registry/workgroups/murals")
    lead.locator("#published").screenshot(path=artifacts / "guests-list.png")
    lead.get_by_role("button", name="Withdraw Pigments of the north wall…").click()
    lead.get_by_role("button", name="Withdraw", exact=True).click()
    expect(lead.get_by_text("was withdrawn")).to_be_visible()
    answer = guest.goto(published)
    assert answer is not None
    assert answer.status == 404
