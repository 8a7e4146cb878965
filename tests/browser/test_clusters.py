"""Clusters in JupyterLab: one member's busy kernel, two browsers, light and dark."""

import json
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_lab import AS_SHIPPED, AXE, Member
from tests.support.browser import PATIENCE_MS
from tests.support.workspace_server import TOKEN, WorkspaceServer, workspace_server

pytestmark = pytest.mark.browser

ARTIFACTS = Path(__file__).parent / "artifacts"
START = """\
import museion
client = museion.cluster(workers=2, memory="400MB")
client"""
WORK = """\
import time
work = client.map(lambda n: time.sleep(0.5) or n, range(4000), key="unmix")
time.sleep(3600)"""
DRAWN = ".bk-Canvas canvas, .bk-Figure"


def notebook(*sources: str) -> str:
    cells = [
        {"id": f"c{number}", "cell_type": "code", "metadata": {}, "source": source}
        | {"outputs": [], "execution_count": None}
        for number, source in enumerate(sources)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": spec}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[WorkspaceServer]:
    root = tmp_path_factory.mktemp("workspace")
    (root / "work").mkdir()
    (root / "work" / "pca.ipynb").write_text(notebook(START, WORK))
    variables = {
        "MUSEION_REGISTRY_URL": tmp_path_factory.mktemp("catalogue").as_uri(),
        "MUSEION_WORKSPACE": str(root / "work"),
        **AS_SHIPPED,
    }
    with (
        TemporaryDirectory(prefix="m-") as short,  # sockets take only short paths
        workspace_server(root, **variables, TMPDIR=short) as running,
    ):
        yield running


def arrive(browser: Browser, server: WorkspaceServer, scheme: str) -> Member:
    """Open the notebook in a browser of one's own."""
    context = browser.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1400, "height": 1000}
    )
    member = Member(context.new_page())
    member.page.set_default_timeout(PATIENCE_MS)
    member.page.on("request", lambda request: member.note(request.url, server.url))
    waiting = member.page.get_by_role("button", name="Continue waiting")
    member.page.add_locator_handler(waiting, lambda button: button.click())  # a slow machine
    member.page.goto(f"{server.url}museion/open?path=pca.ipynb&token={TOKEN}")
    member.page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    return member


@pytest.fixture(scope="module")
def anna(browser: Browser, server: WorkspaceServer) -> Member:
    """Anna starts a cluster and keeps her kernel busy."""
    anna = arrive(browser, server, "light")
    expect(anna.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute(
        "data-status", "idle"
    )
    anna.page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    anna.page.keyboard.press("Shift+Enter")
    anna.page.keyboard.press("Shift+Enter")
    return anna


@pytest.fixture(scope="module")
def ben(anna: Member, browser: Browser, server: WorkspaceServer) -> Member:
    """Ben opens the notebook while Anna's kernel computes."""
    expect(state_of(card(anna.page))).to_contain_text("Computing", timeout=2 * PATIENCE_MS)
    return arrive(browser, server, "dark")


def card(page: Page) -> Locator:
    return page.locator(".jp-Notebook .museion-cluster")


def state_of(cluster: Locator) -> Locator:
    return cluster.locator(".mk-state")


@pytest.mark.parametrize("who", ["anna", "ben"], ids=["light", "dark"])
def test_every_member_sees_the_work_while_the_kernel_is_busy(
    who: str, request: pytest.FixtureRequest
) -> None:
    member: Member = request.getfixturevalue(who)
    request.getfixturevalue("ben")
    shown = card(member.page)
    expect(state_of(shown)).to_contain_text("Computing")
    expect(shown).to_contain_text("2 workers · in this workspace")
    expect(shown.get_by_role("progressbar", name="unmix")).to_be_visible()
    expect(shown.get_by_role("meter")).to_have_count(2)
    status = member.page.locator(".mus-Status-item")
    expect(status).to_contain_text("1 cluster")
    panel = member.page.get_by_role("list", name="Clusters").locator(".museion-cluster")
    expect(panel).to_have_count(1)
    panel.scroll_into_view_if_needed()
    member.page.screenshot(path=ARTIFACTS / f"clusters-{who}.png")


@pytest.mark.parametrize("who", ["anna", "ben"], ids=["light", "dark"])
def test_axe_finds_nothing_in_card_panel_and_status(
    who: str, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(who).page
    page.locator("#museion-panel .mus-Start summary").click()
    page.locator("#museion-panel form.mus-Start-form").scroll_into_view_if_needed()
    page.screenshot(path=ARTIFACTS / f"clusters-start-{who}.png")
    page.add_script_tag(path=AXE)
    for part in (".jp-Notebook .museion-cluster", "#museion-panel", ".mus-Status-item"):
        found = page.evaluate(f"axe.run('{part}').then(r => r.violations)")
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_one_member_changes_its_size_by_keyboard_and_the_other_sees_it(
    anna: Member, ben: Member
) -> None:
    number = card(ben.page).get_by_role("spinbutton", name="Workers", exact=True)
    number.focus()
    number.press("ArrowDown")
    number.press("Enter")
    for member in (ben, anna):
        expect(card(member.page)).to_contain_text("1 worker · in this workspace")


def test_the_dashboard_draws_through_the_workspaces_server(ben: Member) -> None:
    with ben.page.expect_popup() as opened:
        card(ben.page).get_by_role("link", name="Dashboard").click()
    dashboard = opened.value
    dashboard.locator(DRAWN).first.wait_for()
    assert "/museion/clusters/" in dashboard.url
    assert dashboard.evaluate("window.origin") == "null"
    dashboard.screenshot(path=ARTIFACTS / "clusters-dashboard.png")
    dashboard.close()


def test_stopping_asks_first_and_then_it_is_gone_for_both(anna: Member, ben: Member) -> None:
    stop = card(anna.page).get_by_role("button", name="Stop", exact=True)
    stop.focus()
    stop.press("Enter")
    keep = card(anna.page).get_by_role("button", name="Keep it")
    expect(keep).to_be_focused()
    anna.page.screenshot(path=ARTIFACTS / "clusters-stop.png")
    anna.page.keyboard.press("Escape")
    expect(stop).to_be_focused()
    stop.press("Enter")
    card(anna.page).get_by_role("button", name="Stop it").click()
    for member in (anna, ben):
        expect(card(member.page)).to_contain_text("This cluster has ended")
        expect(member.page.locator(".mus-Status-item")).to_have_count(0)


def test_nothing_was_asked_of_anybody_else(anna: Member, ben: Member) -> None:
    assert (anna.foreign, ben.foreign) == ([], [])
