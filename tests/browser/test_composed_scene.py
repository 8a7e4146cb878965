"""A composed scene in JupyterLab: the day pythreejs breaks there, and what notebooks keep of it."""

import io
import json
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from museion.samples.vessel import make_vessel
from museion_datasets import connect
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from tests.support.browser import PATIENCE_MS, chromium
from tests.support.live_server import LiveServer, lab_server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
SCENE = """
import ipywidgets, museion, numpy as np, pythreejs
from museion.scans import Scan, scene
from museion.scans.measure import Plane

scan = Scan.of(museion.open("murals/amphora")["scan"])
top = scan.bounds[1]
view = scene(scan, max_triangles=60_000, width=720, height=480)
view.add_arrow(top + [0.1, 0, 0.05], top * [0.4, 0, 1]).add_label(top + [0.12, 0, 0.07], "Rim")
view.add_section(Plane.through((0, 0, top[2] / 2), (0, 0, 1)))
view
"""
OTHERS = """
plain = pythreejs.BufferAttribute(np.full((2, 3), 0.625, np.float32))
ipywidgets.IntSlider(37, description="kept")
"""
METADATA = "application/vnd.jupyter.widget-state+json"
MARK = "_museion_never_save"
BACKGROUND = (236, 235, 232)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    folder = tmp_path_factory.mktemp("library")
    terms = {"title": "Amphora", "kind": "scan", "rights": "CC0-1.0", "synthetic": True}
    with connect(folder.as_uri()).draft("murals/amphora", **terms) as draft:
        put_scan(draft, "scan", make_vessel(detail=0.35).mesh, ScanInfo("Amphora"))
    root = tmp_path_factory.mktemp("live")
    settings = root / "settings/@jupyter-widgets/jupyterlab-manager/plugin.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"saveState": true}')
    settings_option = f"--LabApp.user_settings_dir={root / 'settings'}"
    server = lab_server(root, settings_option, MUSEION_REGISTRY_URL=folder.as_uri())
    server.write_notebook("a.ipynb", SCENE.strip(), OTHERS.strip())
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def page(server: LiveServer) -> Generator[Page]:
    """Give anna's page, after both cells have run."""
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1300, "height": 1100})
        context.add_cookies([{"name": "visitor", "value": "anna", "url": server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        waiting = page.get_by_role("button", name="Continue waiting")
        page.add_locator_handler(waiting, lambda button: button.click())
        page.goto(f"{server.url}museion/open?path=a.ipynb")
        dialog = page.locator("dialog", has_text="Select Kernel")
        dialog.locator("button.jp-mod-accept").click()
        expect(page.get_by_text("| Idle")).to_be_visible()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        expect(page.locator(".jp-OutputArea .widget-slider")).to_be_attached()
        page.locator(".jp-OutputArea canvas").scroll_into_view_if_needed()
        yield page


def drawn_share(page: Page) -> float:
    """Give the share of the picture that is not background."""
    shot = page.locator(".jp-OutputArea canvas").screenshot()
    picture = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int64)
    return float((np.abs(picture - BACKGROUND).max(axis=-1) > 24).mean())


def test_pythreejs_draws_and_a_double_click_is_measured(page: Page, artifacts: Path) -> None:
    errors = page.locator(".jp-OutputArea-output[data-mime-type*='error']")
    assert errors.all_inner_texts() == []
    wait_until(lambda: drawn_share(page) > 0.1, "the scene's picture")
    canvas = page.locator(".jp-OutputArea canvas")
    canvas.dblclick(position={"x": 350, "y": 220})
    expect(page.get_by_text("vertex")).to_be_visible()
    canvas.dblclick(position={"x": 380, "y": 330})
    expect(page.get_by_text("How it was measured")).to_be_visible()
    expect(page.get_by_text("straight distance of two points")).to_be_attached()
    page.screenshot(path=artifacts / "composed-scene.png")


def saved_states(server: LiveServer) -> dict[str, dict[str, object]] | None:
    """Give the states of widgets in the notebook file, once they are there."""
    try:
        notebook = json.loads((server.work / "a.ipynb").read_text())
        found: dict[str, dict[str, object]] = notebook["metadata"]["widgets"][METADATA]["state"]
    except (KeyError, ValueError):
        return None
    return found


def test_notebook_saved_with_widget_state_keeps_no_geometry(page: Page, server: LiveServer) -> None:
    page.locator(".jp-NotebookPanel").press("Control+s")
    states = wait_until(lambda: saved_states(server), "the saved state of widgets")
    assert states is not None
    names = [str(state["model_name"]) for state in states.values()]
    assert "IntSliderModel" in names
    assert names.count("BufferAttributeModel") == 1  # the plain one: arrays are saved as ever
    assert not {"MeshModel", "SceneModel", "RendererModel", "LineSegmentsGeometryModel"} & {*names}
    text = (server.work / "a.ipynb").read_text()
    assert MARK not in text
    assert len(text) < 60_000
    kept = [path.read_bytes() for path in server.state.rglob("*") if path.is_file()]
    assert all(MARK.encode() not in content for content in kept)
