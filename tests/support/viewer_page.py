"""A page that shows a viewer as a notebook does, at a real workspace server's own address.

So cookies and paths are what they are in JupyterLab; the viewer is the built module that
notebooks get, and its model stands in for the kernel.
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

import museion
from tests.support.workspace_server import TOKEN, WorkspaceServer

ROOT = Path(__file__).parents[2]
STATIC = Path(museion.__file__).parent / "static"
TOKENS = ROOT / "hub" / "museion_hub" / "pages" / "static" / "tokens.css"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PAGE = """<!doctype html><html lang="en"><head><title>Viewer</title><style>{tokens}
body {{ margin: 24px; background: var(--museion-ground); color-scheme: {scheme} }}</style></head>
<body data-base-url="{base}"><main><h1 hidden>Viewer</h1><h2 hidden>Cube</h2>
<div id="viewer"></div></main><script type="module">
import widget from "{base}viewer.js";
const state = {{ _spec: {spec}, picks: [], regions: [], lights: [] }};
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


@contextmanager
def signed_in_page(
    browser: Browser, server: WorkspaceServer, width: int = 1120, height: int = 660
) -> Generator[Page]:
    """Open a page of a signed-in member; leaving checks that no script failed."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}api/status?token={TOKEN}")
    yield page
    context.close()
    assert errors == []


def show_viewer(
    page: Page,
    server: WorkspaceServer,
    spec: Mapping[str, Any],
    *,
    viewer: str = "cube",
    scheme: str = "light",
) -> None:
    """Show a viewer by its specification."""
    base = "/" + server.url.split("/", 3)[3]
    html = PAGE.format(
        tokens=TOKENS.read_text(), scheme=scheme, base=base, spec=json.dumps(dict(spec))
    )
    code = (STATIC / f"{viewer}.js").read_text()
    script = "text/javascript"
    page.route("**/viewer.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/viewer.js", lambda route: route.fulfill(body=code, content_type=script))
    page.goto(f"{server.url}viewer.html")


def wait_ready(page: Page) -> None:
    """Wait until the first image is drawn."""
    page.locator("#viewer[data-state=ready]").wait_for(timeout=60_000)


def click_image(page: Page, across: float, down: float) -> None:
    """Click at a share of the image's width and height."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def color_at(page: Page, across: float, down: float) -> list[int]:
    """Return the canvas' red, green and blue at a place."""
    values: list[int] = page.evaluate(
        """([across, down]) => {
          const canvas = document.querySelector("canvas");
          const at = [across * canvas.width, down * canvas.height].map(Math.round);
          return [...canvas.getContext("2d").getImageData(...at, 1, 1).data].slice(0, 3);
        }""",
        [across, down],
    )
    return values


def violations(page: Page) -> list[str]:
    """Return what a person with a disability could not use."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run('#viewer').then((result) => result.violations)")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]
