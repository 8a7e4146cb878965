"""Viewers of meshes in JupyterLab, measured one after the other: time, bytes and memory.

Each trial has a server, a kernel and a browser that have never seen the mesh. The libraries are
imported and the arrays are in the kernel before the clock starts, on the first line of the cell
that shows them. It stops when the graphics card has drawn nine tenths of the triangles, or for a
viewer that streams, its first image: the script forces that by reading a pixel.
"""

import base64
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.devtools import DevTools, devtools
from tests.support.live_server import LiveServer, lab_server
from tests.support.memory import command_of, peak_mb, pss_mb, tree_of
from tests.support.waiting import wait_until

PATIENCE_S = float(os.environ.get("MUSEION_BENCH_PATIENCE_S", "300"))
WINDOW = (1400, 1100)
SCRIPT = (Path(__file__).parent / "first_image.js").read_text()
FIRST = """
import os, time
from pathlib import Path
Path("kernel").write_text(str(os.getpid()))
{code}
Path("prepared").touch()
"""
SECOND = """
Path("started").write_text(repr(time.time()))
{code}
"""
NARROW = ".jp-OutputArea-output { width: 642px; flex: none !important; }"
RUN = """(async () => {
  const app = window.jupyterapp;
  const panel = app && [...app.shell.widgets("main")].find((each) => each.sessionContext);
  if (panel?.sessionContext.session?.kernel?.connectionStatus !== "connected") return false;
  app.shell.activateById(panel.id);
  await panel.sessionContext.ready;
  panel.content.activeCellIndex = %d;
  window.startCounting();
  void app.commands.execute("notebook:run-cell");
  return true;
})()"""
IS_IDLE = """[...window.jupyterapp.shell.widgets("main")].find((each) => each.sessionContext)
  .sessionContext.session.kernel.status === "idle"
"""
SIZE = """(() => {
  const canvas = document.querySelector(".jp-OutputArea canvas, .ms-surface canvas");
  return canvas ? [canvas.clientWidth, canvas.clientHeight] : null;
})()"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A viewer to be measured.

    Attributes
    ----------
    prepare, show : str
        The two cells.
    streams : bool
        It says itself when nothing better is to come; its first image may be coarse.
    most : int
        Triangles that it is tried with, at most.
    """

    prepare: str
    show: str
    streams: bool = False
    most: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What one trial found; bytes are those that carry data, megabytes are peaks.

    Attributes
    ----------
    first_s, sharp_s : float
        From the cell's first line to the first image, and until nothing better is to come.
    first_bytes, sharp_bytes : int
        Over HTTP and websockets until then, without scripts that are loaded by their own names.
    http_bytes : int
        Of `first_bytes`, what came over HTTP.
    renderer_mb, page_mb, gpu_mb : float
        Of the page's process, before the cell ran too, and of the graphics process.
    kernel_mb : float
        By which the kernel has grown once the cell has ended, for itself.
    size : tuple of int
        Of the canvas, in pixels.
    """

    first_s: float
    sharp_s: float
    first_bytes: int
    http_bytes: int
    sharp_bytes: int
    renderer_mb: float
    page_mb: float
    gpu_mb: float
    kernel_mb: float
    size: tuple[int, int]


def run_trial(subject: Subject, root: Path, wanted: int, **variables: str) -> Trial:
    """Show a mesh once.

    Parameters
    ----------
    subject : Subject
    root : Path
        Empty folder.
    wanted : int
        Triangles of the first image.
    **variables : str
        Of the server's and so the kernel's environment.
    """
    with _lab(root, subject, variables) as server, devtools(*WINDOW) as browser:
        address = f"{server.url}museion/open?path=a.ipynb"
        script = SCRIPT.replace("__TRIANGLES__", str(wanted))
        browser.open(address, cookie=("visitor", "anna"), script=script)
        work = server.work
        _run_cell(browser, 0)
        wait_until((work / "prepared").exists, "the arrays are there", PATIENCE_S)
        browser.evaluate(
            f"document.head.append(Object.assign(document.createElement('style'),"
            f" {{ textContent: {json.dumps(NARROW)} }}))"
        )
        kernel = int((work / "kernel").read_text())
        before_mb, page_mb = pss_mb({kernel}), _peak(browser, "renderer")
        _run_cell(browser, 1)
        return _observe(subject, browser, work, (kernel, before_mb), page_mb)


def _observe(
    subject: Subject, browser: DevTools, work: Path, kernel: tuple[int, float], page_mb: float
) -> Trial:
    image = browser.hear("image", PATIENCE_S)
    started = float((work / "started").read_text())
    sharp_s = image["at"] - started
    if subject.streams:
        sharp = "document.querySelector('[data-state=sharp]') !== null"
        wait_until(lambda: browser.evaluate(sharp), "the sharp view", PATIENCE_S)
        sharp_s = time.time() - started
    if folder := os.environ.get("MUSEION_BENCH_PICTURES"):
        picture = base64.b64decode(browser.screenshot())
        (Path(folder) / f"{work.parent.name}.png").write_bytes(picture)
    wait_until(lambda: browser.evaluate(IS_IDLE), "the cell's end", PATIENCE_S)
    finally_ = browser.evaluate("window.bytesSince(window.startedAt)")
    http = int(image["bytes"]["data"])
    return Trial(
        image["at"] - started,
        sharp_s,
        http + int(image["bytes"]["sockets"]),
        http,
        max(int(finally_["data"] + finally_["sockets"]), http + int(image["bytes"]["sockets"])),
        _peak(browser, "renderer"),
        page_mb,
        _peak(browser, "gpu-process"),
        pss_mb({kernel[0]}) - kernel[1],
        tuple(browser.evaluate(SIZE) or (0, 0)),
    )


def _run_cell(browser: DevTools, index: int) -> None:
    wait_until(lambda: browser.evaluate(RUN % index), "the notebook and its kernel")


def _peak(browser: DevTools, kind: str) -> float:
    named = f"--type={kind}"  # Chromium rewrites its command line into one word
    found = [pid for pid in tree_of(browser.pid) if named in " ".join(command_of(pid)).split()]
    return max(map(peak_mb, found))


@contextmanager
def _lab(root: Path, subject: Subject, variables: dict[str, str]) -> Generator[LiveServer]:
    exposed = "--LabApp.expose_app_in_browser=True"
    large = "--ServerApp.websocket_max_message_size=4000000000"
    server = lab_server(root, exposed, large, **variables)
    cells = FIRST.format(code=subject.prepare), SECOND.format(code=subject.show)
    server.write_notebook("a.ipynb", *(cell.strip() for cell in cells))
    _choose_kernel(server.work / "a.ipynb")
    server.start()
    try:
        yield server
    finally:
        kernel = server.work / "kernel"
        server.kill()
        if kernel.exists():
            _end(int(kernel.read_text()))


def _choose_kernel(path: Path) -> None:
    notebook = json.loads(path.read_text())
    notebook["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    path.write_text(json.dumps(notebook))


def _end(pid: int) -> None:
    """End a kernel that its killed server left behind."""
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the kernel's end")
