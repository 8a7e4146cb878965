"""Museion in JupyterLab, in a real browser: two members, one notebook, no kernel, no internet."""

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from playwright.sync_api import Browser, Page, expect

from museion_datasets.library import connect
from tests.support.browser import PATIENCE_MS
from tests.support.workspace_server import TOKEN, WorkspaceServer, workspace_server

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
AS_SHIPPED = {
    "JUPYTER_NO_CONFIG": "",
    "JUPYTER_PATH": str(ROOT / "extensions/share/jupyter"),
    "JUPYTER_CONFIG_PATH": str(ROOT / "extensions/lab/jupyter-config"),
}
VIEW = {
    "version": 1,
    "kind": "cube",
    "dataset": "murals/panel",
    "dataset_version": 1,
    "item": "vnir",
    "title": "Panel",
    "synthetic": True,
    "model_id": "a-kernel-long-gone",
    "height": 460,
}


@dataclass
class Member:
    """One person's browser."""

    page: Page
    foreign: list[str] = field(default_factory=list)

    def note(self, url: str, home: str) -> None:
        """Remember a request to anything but our server."""
        if not url.startswith((home, home.replace("http", "ws", 1), "data:", "blob:")):
            self.foreign.append(url)


def notebook(*outputs: dict[str, object]) -> str:
    """Return a notebook without kernel that shows `outputs`."""
    shown = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/vnd.museion.view+json": output, "text/plain": "a view"},
        }
        for output in outputs
    ]
    cell = {"id": "c1", "cell_type": "code", "metadata": {}, "source": "view", "outputs": shown}
    cells = [cell | {"execution_count": 1}]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[WorkspaceServer]:
    url = tmp_path_factory.mktemp("catalogue").as_uri()
    cube = xr.DataArray(
        np.linspace(0, 1, 96 * 128 * 8, dtype="float32").reshape(96, 128, 8),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": ("wavelength", np.linspace(450, 850, 8), {"units": "nm"})},
        name="reflectance",
    )
    wish = {"title": "Panel", "kind": "cube", "rights": "CC0-1.0", "description": ""}
    with connect(url).draft("murals/panel", synthetic=True, **wish) as draft:
        draft.put_array("vnir", cube)
    root = tmp_path_factory.mktemp("workspace")
    (root / "work").mkdir()
    missing = VIEW | {"dataset": "murals/no-such"}
    (root / "work" / "01-first-look.ipynb").write_text(notebook(VIEW))
    (root / "work" / "02-missing.ipynb").write_text(notebook(missing))
    with workspace_server(root, MUSEION_REGISTRY_URL=url, **AS_SHIPPED) as running:
        yield running


def arrive(browser: Browser, server: WorkspaceServer, path: str, scheme: str = "light") -> Member:
    """Open a notebook in a browser of one's own, without a kernel."""
    context = browser.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1400, "height": 900}
    )
    member = Member(context.new_page())
    member.page.set_default_timeout(PATIENCE_MS)
    member.page.on("request", lambda request: member.note(request.url, server.url))
    waiting = member.page.get_by_role("button", name="Continue waiting")
    member.page.add_locator_handler(waiting, lambda button: button.click())  # a slow machine
    member.page.goto(f"{server.url}museion/open?path={path}&token={TOKEN}")
    dialog = member.page.locator("dialog", has_text="Select Kernel")
    dialog.locator("select").select_option(label="No Kernel")
    dialog.locator("button.jp-mod-accept").click()
    return member


@pytest.fixture(scope="module")
def anna(browser: Browser, server: WorkspaceServer) -> Member:
    return arrive(browser, server, "01-first-look.ipynb")


@pytest.fixture(scope="module")
def ben(anna: Member, browser: Browser, server: WorkspaceServer) -> Member:
    anna.page.locator(".mus-View-stage canvas").first.wait_for()
    return arrive(browser, server, "01-first-look.ipynb", "dark")


def test_who_arrives_later_sees_the_view_without_a_kernel(ben: Member) -> None:
    expect(ben.page.locator(".mus-View-stage canvas").first).to_be_visible()
    expect(ben.page.locator(".mus-View-notice")).to_have_count(0)


def test_a_pick_appears_in_the_other_browser(anna: Member, ben: Member) -> None:
    anna.page.locator(".mus-View-stage canvas").first.click()
    spot = ben.page.get_by_role("textbox", name="Name of spot 1")
    expect(spot).to_have_value("Spot 1")


def test_the_panel_is_open_on_the_first_visit_and_shows_both_members(
    anna: Member, ben: Member
) -> None:
    people = ben.page.get_by_role("list", name="Members").get_by_role("listitem")
    ben.page.get_by_role("button", name="Refresh people").click()
    expect(people).to_have_count(2)
    expect(
        anna.page.get_by_role("list", name="Datasets").get_by_text("murals/panel")
    ).to_be_visible()


def test_the_panels_button_writes_the_line_that_opens_the_dataset(
    anna: Member, ben: Member
) -> None:
    button = anna.page.get_by_role("button", name="Insert the line that opens Panel")
    button.focus()
    anna.page.keyboard.press("Enter")
    for member in (anna, ben):
        cell = member.page.locator(".jp-Notebook .jp-Cell", has_text='museion.open("murals/panel")')
        expect(cell).to_have_count(1)


@pytest.mark.parametrize("who", ["anna", "ben"], ids=["light", "dark"])
def test_axe_finds_nothing_in_the_panel(who: str, request: pytest.FixtureRequest) -> None:
    member: Member = request.getfixturevalue(who)
    member.page.locator("#museion-panel .mus-Dataset").first.wait_for()
    member.page.add_script_tag(path=AXE)
    found = member.page.evaluate("axe.run('#museion-panel').then(r => r.violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_the_window_and_the_corner_say_museion(anna: Member) -> None:
    expect(anna.page).to_have_title("01-first-look.ipynb · Museion")
    expect(anna.page.locator("#jp-MainLogo")).to_have_count(1)
    expect(anna.page.get_by_text("official Jupyter news")).to_have_count(0)


def test_the_launcher_begins_with_the_notebooks_of_the_workspace(anna: Member) -> None:
    anna.page.get_by_role("button", name="New Launcher").click()
    sections = anna.page.locator(".jp-Launcher-section")
    expect(sections.first).to_contain_text("Museion")
    expect(sections.first.locator(".jp-LauncherCard").first).to_contain_text("First look")


def test_a_dataset_that_is_gone_leaves_a_sentence_and_a_hint(
    browser: Browser, server: WorkspaceServer
) -> None:
    cara = arrive(browser, server, "02-missing.ipynb")
    notice = cara.page.locator(".mus-View-notice")
    expect(notice).to_contain_text("No such dataset or item")
    expect(notice).to_contain_text("Check the spelling")


def test_nothing_was_asked_of_anybody_else(anna: Member, ben: Member) -> None:
    assert anna.foreign == []
    assert ben.foreign == []
