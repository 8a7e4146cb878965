"""The cube viewer in a real Chromium, against a real workspace server.

The page is served at the server's own address, so that cookies and paths are what they
are in JupyterLab; the viewer is the built module that notebooks get.
"""

import csv
import json
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import museion
from tests.support.browser import chromium
from tests.support.cubes import painted_panel, save_cube
from tests.support.waiting import wait_until
from tests.support.workspace_server import TOKEN, WorkspaceServer, workspace_server

pytestmark = [pytest.mark.browser, pytest.mark.integration]
ROOT = Path(__file__).parents[2]
CODE = Path(museion.__file__).parent / "static" / "cube.js"
TOKENS = ROOT / "hub" / "museion_hub" / "pages" / "static" / "tokens.css"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SPEC = {
    "version": 1,
    "kind": "cube",
    "dataset": "murals/panel",
    "dataset_version": 1,
    "item": "vnir",
    "title": "Saint with a palm",
    "synthetic": True,
}
PAGE = """<!doctype html><html lang="en"><head><title>Viewer</title><style>{tokens}
body {{ margin: 24px; background: var(--museion-ground); color-scheme: {scheme} }}</style></head>
<body data-base-url="{base}"><main><h1 hidden>Viewer</h1><h2 hidden>Cube</h2>
<div id="viewer"></div></main><script type="module">
import widget from "{base}cube.js";
const state = {{ _spec: {spec}, picks: [] }};
const listeners = [];
window.model = {{
  get: (name) => state[name],
  set: (name, value) => {{ state[name] = value; }},
  save_changes: () => {{}},
  on: (_, listener) => listeners.push(listener),
  off: () => {{}},
  receive: (picks) => {{ state.picks = picks; for (const each of listeners) each(); }},
}};
window.leave = widget.render({{ model, el: document.getElementById("viewer") }});
</script></body></html>"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[WorkspaceServer]:
    folder = tmp_path_factory.mktemp("library")
    save_cube(folder, "panel", painted_panel().cube, "Saint with a palm")
    root = tmp_path_factory.mktemp("server")
    with workspace_server(root, MUSEION_REGISTRY_URL=folder.as_uri()) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: WorkspaceServer) -> Generator[Page]:
    context = browser.new_context(viewport={"width": 1120, "height": 660})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}api/status?token={TOKEN}")
    yield page
    context.close()
    assert errors == []


def show(page: Page, server: WorkspaceServer, scheme: str = "light", **change: object) -> None:
    base = "/" + server.url.split("/", 3)[3]
    spec = json.dumps({**SPEC, **change})
    html = PAGE.format(tokens=TOKENS.read_text(), scheme=scheme, base=base, spec=spec)
    code = CODE.read_text()
    page.route("**/viewer.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/cube.js", lambda route: route.fulfill(body=code, content_type="text/javascript"))
    page.goto(f"{server.url}viewer.html")


def show_ready(page: Page, server: WorkspaceServer, scheme: str = "light") -> None:
    show(page, server, scheme)
    page.locator("#viewer[data-state=ready]").wait_for(timeout=60_000)


def click_image(page: Page, across: float, down: float) -> None:
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def shot(page: Page, artifacts: Path, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=artifacts / f"cube-{name}.png")


def brightness(page: Page, across: float, down: float) -> list[int]:
    """Return the canvas' colour at a place."""
    values: list[int] = page.evaluate(
        """([across, down]) => {
          const canvas = document.querySelector("canvas");
          const at = [across * canvas.width, down * canvas.height].map(Math.round);
          return [...canvas.getContext("2d").getImageData(...at, 1, 1).data].slice(0, 3);
        }""",
        [across, down],
    )
    return values


def test_clicked_spots_show_their_spectra(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    show_ready(page, server)
    for across, down in ((0.28, 0.74), (0.42, 0.66), (0.66, 0.08), (0.10, 0.52)):
        click_image(page, across, down)
    expect(page.locator("path.mc-curve")).to_have_count(4)
    expect(page.get_by_role("textbox")).to_have_count(4)
    assert [pick["label"] for pick in page.evaluate("model.get('picks')")] == [
        "Spot 1",
        "Spot 2",
        "Spot 3",
        "Spot 4",
    ]
    shot(page, artifacts, "daylight")


def test_near_infrared_turns_the_dress_bright(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    show_ready(page, server)
    red = brightness(page, 0.42, 0.75)
    page.get_by_role("button", name="Near infrared").click()
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", "948 nm")
    wait_until(lambda: len(set(brightness(page, 0.42, 0.75))) == 1)
    grey = brightness(page, 0.42, 0.75)
    assert red[0] > 1.5 * red[1]
    assert grey[0] > 150
    shot(page, artifacts, "near-infrared")


def test_whole_viewer_works_from_the_keyboard(page: Page, server: WorkspaceServer) -> None:
    show_ready(page, server)
    page.locator("canvas").focus()
    for key in ("+", "+", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("path.mc-curve")).to_have_count(1)
    expect(page.locator(".mc-live")).to_contain_text("Spot 1 picked at x")
    page.keyboard.press("0")
    page.get_by_role("button", name="Remove Spot 1").press("Enter")
    expect(page.locator("path.mc-curve")).to_have_count(0)


def test_picks_of_the_kernel_appear_and_the_radius_changes_them(
    page: Page, server: WorkspaceServer
) -> None:
    show_ready(page, server)
    page.evaluate("model.receive([{x: 200, y: 300, radius: 2, label: 'from Python'}])")
    expect(page.get_by_role("textbox")).to_have_value("from Python")
    page.get_by_label("Spot radius in pixels").fill("9")
    page.get_by_label("Spot radius in pixels").press("Tab")
    assert page.evaluate("model.get('picks')[0].radius") == 9


def test_exported_table_holds_every_wavelength(
    page: Page, server: WorkspaceServer, tmp_path: Path
) -> None:
    show_ready(page, server)
    click_image(page, 0.42, 0.66)
    expect(page.locator("path.mc-curve")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the picked spectra").click()
    download.value.save_as(tmp_path / "spectra.csv")
    rows = list(csv.reader((tmp_path / "spectra.csv").read_text().splitlines()[1:]))
    assert len(rows) == 1 + 151
    assert float(rows[-1][1]) > 0.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(
    page: Page, server: WorkspaceServer, artifacts: Path, scheme: str
) -> None:
    show_ready(page, server, scheme)
    click_image(page, 0.42, 0.66)
    expect(page.locator("path.mc-curve")).to_have_count(1)
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run('#viewer').then((result) => result.violations)")
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in found] == []
    shot(page, artifacts, scheme)


def test_narrow_page_shows_image_above_plot(
    page: Page, server: WorkspaceServer, artifacts: Path
) -> None:
    page.set_viewport_size({"width": 500, "height": 980})
    show_ready(page, server)
    image, plot = page.locator("canvas").bounding_box(), page.locator("figure").bounding_box()
    assert image is not None
    assert plot is not None
    assert plot["y"] >= image["y"] + image["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, artifacts, "narrow")


def test_missing_dataset_is_said_in_a_sentence(page: Page, server: WorkspaceServer) -> None:
    show(page, server, dataset="murals/nothing")
    expect(page.get_by_role("alert")).to_contain_text("No such dataset or item")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert page.locator("#viewer").get_attribute("data-state") == "error"


def test_viewer_that_is_closed_leaves_nothing(page: Page, server: WorkspaceServer) -> None:
    show_ready(page, server)
    page.evaluate("window.leave()")
    assert page.locator("#viewer").inner_html() == ""
