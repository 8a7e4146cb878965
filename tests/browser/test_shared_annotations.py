"""Two members annotate one scan in JupyterLab: places, notes written together, replies, views."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from museion.samples.vessel import make_vessel
from museion.scans.scan import Scan
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.library import connect
from tests.support.lab_page import open_as
from tests.support.live_server import LiveServer, lab_server

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
DEADLINE_MS = 60_000
type Theme = Literal["light", "dark"]
MARKUP = "<img src=x onerror=document.title='hacked'>"
VIEW = {
    "version": 1,
    "kind": "scan",
    "dataset": "murals/amphora",
    "dataset_version": 1,
    "item": "scan",
    "title": "Amphora with winged horses",
    "synthetic": True,
    "model_id": "a-kernel-long-gone",
    "height": 460,
    "options": {"azimuth": 20, "elevation": 12},
}

CELLS = """
import museion
view = museion.view(museion.open("murals/amphora")["scan"])
made = view.annotate([view.scan.vertices[1000]], "From Python", tags=["crack"])
view.save_annotations("Condition")
view
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    folder = tmp_path_factory.mktemp("library")
    with connect(folder.as_uri()).draft(
        str(VIEW["dataset"]), title="Amphora", kind="scan", rights="CC0-1.0", synthetic=True
    ) as draft:
        put_scan(draft, "scan", make_vessel(detail=0.35).mesh, ScanInfo("Amphora"))
    root = tmp_path_factory.mktemp("live")
    server = lab_server(root, MUSEION_REGISTRY_URL=folder.as_uri())
    server.write_notebook("kernel.ipynb", CELLS)
    server.write_view("a.ipynb", VIEW)
    server.start()
    yield server
    server.kill()


def opened(browser: Browser, server: LiveServer, person: str, theme: Theme) -> Page:
    page = open_as(browser, server, person, "a.ipynb", theme)
    page.set_default_timeout(DEADLINE_MS)
    page.set_viewport_size({"width": 1400, "height": 1600})
    page.add_style_tag(content=".Toastify { display: none; }")  # notices of Lab
    page.locator(".mus-View-stage[data-state=sharp]").wait_for(timeout=DEADLINE_MS)
    return page


@pytest.fixture(scope="module")
def anna(browser: Browser, server: LiveServer) -> Page:
    return opened(browser, server, "anna", "light")


@pytest.fixture(scope="module")
def ben(anna: Page, browser: Browser, server: LiveServer) -> Page:
    anna.locator(".ms-surface").wait_for()  # her notebook is open first
    return opened(browser, server, "ben", "dark")


def show_annotations(page: Page) -> None:
    toggle = page.get_by_role("button", name="Annotations", exact=True)
    if toggle.get_attribute("aria-pressed") != "true":
        toggle.press("Enter")


def draw(page: Page, tool: str, *places: tuple[float, float]) -> None:
    """Choose a tool and click the surface, in shares of the picture."""
    page.get_by_role("button", name=tool, exact=True).press("Enter")
    surface = page.locator(".ms-surface")
    box = surface.bounding_box()
    assert box is not None
    for across, down in places:
        surface.click(position={"x": across * box["width"], "y": down * box["height"]})


def note(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Note", exact=True)


def rows(page: Page) -> Locator:
    return page.locator(".ma-row")


def test_an_annotation_of_one_member_appears_under_her_name(
    anna: Page, ben: Page, artifacts: Path
) -> None:
    show_annotations(anna)
    draw(anna, "Point", (0.5, 0.42))
    expect(note(anna)).to_be_focused()
    anna.keyboard.type("Crack in the glaze")
    expect(rows(ben)).to_have_count(1)
    expect(rows(ben)).to_contain_text("Crack in the glaze")
    expect(rows(ben)).to_contain_text("by Anna")
    expect(ben.locator(".ma-badge")).to_have_count(1)
    ben.evaluate("""() => {
      const row = document.querySelector(".ma-rows");
      new MutationObserver(() => {
        if (row.textContent.includes("glaze!")) window.seen ??= Date.now();
      }).observe(row, { subtree: true, childList: true, characterData: true });
    }""")
    anna.evaluate("""() => document.activeElement.addEventListener("input", () => {
      window.typed ??= Date.now();
    }, { capture: true })""")
    anna.keyboard.type("!")
    expect(rows(ben)).to_contain_text("glaze!")
    took = ben.evaluate("window.seen") - anna.evaluate("window.typed")
    (artifacts / "annotation-seen-ms.txt").write_text(f"{took}\n")


def test_two_people_in_one_note_lose_no_letter(anna: Page, ben: Page) -> None:
    rows(ben).press("Enter")
    note(ben).press("Control+End")
    note(anna).press("Control+Home")
    for one, other in zip("Old: ", " ok?", strict=False):
        anna.keyboard.type(one)
        ben.keyboard.type(other)
    anna.keyboard.type(" ")
    for page in (anna, ben):
        expect(note(page)).to_have_value("Old: Crack in the glaze! ok?")
        expect(page.locator(".ma-editor > .ma-credit")).to_contain_text("by Anna")
        expect(page.locator(".ma-editor > .ma-credit")).to_contain_text("changed by Ben")


def test_replies_and_status_are_everybodys_and_text_is_only_text(anna: Page, ben: Page) -> None:
    for reply in ("It was there in 2019, and shorter", MARKUP):
        ben.get_by_role("textbox", name="Your reply").fill(reply)
        ben.get_by_role("button", name="Reply", exact=True).press("Enter")
    expect(anna.locator(".ma-said")).to_have_text(["It was there in 2019, and shorter", MARKUP])
    expect(anna.locator(".ma-replies li").first).to_contain_text("by Ben")
    anna.get_by_role("button", name="Delete reply").nth(1).press("Enter")
    anna.get_by_role("button", name="Delete for everybody").press("Enter")
    expect(ben.locator(".ma-said")).to_have_text("It was there in 2019, and shorter")
    ben.get_by_label("Tags, with commas between them").fill("crack, glaze")
    ben.get_by_label("Tags, with commas between them").press("Tab")
    expect(rows(anna).locator(".ma-tags span")).to_have_text(["crack", "glaze"])
    ben.get_by_role("button", name="Mark as resolved").press("Enter")
    expect(anna.locator(".ma-mark.is-resolved")).to_have_count(1)
    assert "hacked" not in anna.title()


def test_lines_and_polygons_are_drawn_with_pointer_and_keyboard(
    anna: Page, ben: Page, artifacts: Path
) -> None:
    draw(anna, "Polygon", (0.46, 0.55), (0.55, 0.55), (0.56, 0.68), (0.45, 0.68))
    anna.get_by_role("button", name="Finish").press("Enter")
    note(anna).fill("Retouched: the paint is younger here")
    ben.get_by_role("button", name="Line", exact=True).press("Enter")
    for keys in ("Enter", "ArrowLeft ArrowLeft Enter", "ArrowUp Enter f"):
        for key in keys.split():
            ben.keyboard.press(key)
    expect(note(ben)).to_be_focused()
    ben.keyboard.type("Joint of two sherds")
    for page in (anna, ben):
        expect(rows(page)).to_have_count(3)
        expect(page.locator(".ma-mark polygon.ma-polygon")).to_have_count(1)
        expect(page.locator(".ma-mark polyline.ma-line")).to_have_count(1)
    rows(anna).nth(1).click()
    rows(ben).nth(0).click()
    for page, name in ((anna, "anna"), (ben, "ben")):
        page.get_by_role("button", name="Go to view").press("Enter")
        page.locator(".museion-scan").evaluate("node => node.scrollIntoView()")
        page.locator(".mus-View-stage[data-state=sharp]").wait_for()
        page.locator(".museion-scan").screenshot(path=artifacts / f"annotations-{name}.png")


def test_list_is_filtered_by_status_and_tag(anna: Page) -> None:
    status = anna.get_by_role("combobox", name="Status", exact=True)
    tag = anna.get_by_role("combobox", name="Tag", exact=True)
    status.select_option("resolved")
    expect(rows(anna)).to_have_count(1)
    status.select_option("")
    tag.select_option("crack")
    expect(rows(anna)).to_contain_text(["Old: Crack"])
    tag.select_option("")
    expect(rows(anna)).to_have_count(3)


def test_axe_finds_nothing_in_the_viewer(anna: Page) -> None:
    anna.add_script_tag(path=AXE)
    found = anna.evaluate("axe.run('.mus-View-stage').then((result) => result.violations)")
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in found] == []


def test_deleting_asks_first_and_is_for_everybody(anna: Page, ben: Page) -> None:
    rows(anna).nth(1).click()
    anna.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(anna.get_by_role("button", name="Keep")).to_be_focused()
    anna.get_by_role("button", name="Keep").press("Enter")
    expect(rows(ben)).to_have_count(3)
    anna.get_by_role("button", name="Delete", exact=True).press("Enter")
    anna.get_by_role("button", name="Delete for everybody").press("Enter")
    expect(rows(ben)).to_have_count(2)
    expect(anna.locator(".ma-editor")).to_have_count(0)


def test_annotations_are_there_after_the_page_is_opened_again(ben: Page) -> None:
    ben.reload()
    expect(rows(ben)).to_have_count(2, timeout=DEADLINE_MS)
    expect(rows(ben).nth(0)).to_contain_text(re.compile("Old: Crack in the glaze! ok?.*by Anna"))


def test_what_python_adds_is_of_who_ran_the_cell_and_lies_in_the_dataset(
    browser: Browser, server: LiveServer
) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "visitor", "value": "cleo", "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(DEADLINE_MS)
    page.goto(f"{server.url}museion/open?path=kernel.ipynb")
    page.locator("dialog", has_text="Select Kernel").locator("button.jp-mod-accept").click()
    expect(page.get_by_text("| Idle")).to_be_visible()
    page.locator(".jp-Cell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    expect(rows(page)).to_contain_text("From Python", timeout=DEADLINE_MS)
    expect(rows(page)).to_contain_text("by Cleo")
    dataset = connect(server.variables["MUSEION_REGISTRY_URL"]).open(str(VIEW["dataset"]))
    (found,) = Scan.of(dataset["scan"]).annotations
    assert (dataset.version, found.body, found.tags) == (2, "From Python", ("crack",))
    assert found.anchors[0].away_m < 1e-6
    context.close()
