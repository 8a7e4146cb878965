"""A real workspace server with the Lab extension, and a registry that only listens.

Warnings about endpoints without authentication are errors, so that a server with such an
endpoint does not serve it.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.support.waiting import DEADLINE_S, wait_until

TOKEN = "for-this-test-only"
STOP_S = 30.0
START = """
import warnings
from jupyter_server.utils import JupyterServerAuthWarning
warnings.simplefilter("error", JupyterServerAuthWarning)
from jupyter_server.serverapp import main
main()
"""


@dataclass
class WorkspaceServer:
    """A running server and its address."""

    url: str
    log: Path
    pid: int

    @contextmanager
    def browser(self, *, signed_in: bool = True) -> Generator[httpx.Client]:
        """Give somebody's browser: its own cookies, hence its own identity."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=DEADLINE_S) as client:
            if signed_in:
                client.get("museion/open", params={"token": TOKEN})
                client.cookies.set("_xsrf", "from-a-page-of-this-server")
                client.headers["X-XSRFToken"] = "from-a-page-of-this-server"
            yield client


@contextmanager
def workspace_server(root: Path, *extensions: str, **variables: str) -> Generator[WorkspaceServer]:
    """Start a server in `root` with `extensions` enabled, and stop it at the end."""
    work, data, runtime, log = (
        root / name for name in ("work", ".local/share/jupyter", "run", "server.log")
    )
    for folder in (work, data):
        folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "HOME": str(root),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_RUNTIME_DIR": str(runtime),
        **variables,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", START, *_options(work, extensions)],
            cwd=root,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = wait_until(lambda: _find_url(process, runtime, log))
        assert url is not None
        yield WorkspaceServer(url, log, process.pid)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:  # jupyter_server_ydoc can hang over rooms that are open
        process.kill()
        process.wait(DEADLINE_S)


def _options(work: Path, extensions: tuple[str, ...]) -> list[str]:
    enabled = dict.fromkeys(("museion_lab", *extensions), True)
    return [
        f"--ServerApp.jpserver_extensions={enabled}",
        f"--ServerApp.root_dir={work}",
        f"--IdentityProvider.token={TOKEN}",
        "--ServerApp.allow_unauthenticated_access=False",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        "--ServerApp.base_url=/user/wg-murals/",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
    ]


def _find_url(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str | None:
    assert process.poll() is None, log.read_text()
    for file in runtime.glob("jpserver-*.json"):
        if text := file.read_text():
            url: str = json.loads(text)["url"]
            return url
    return None


@dataclass
class ListeningRegistry:
    """Hears who is present, and tells the workgroup's card."""

    url: str = ""
    reports: list[list[str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    is_answering: bool = True
    cards: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def listening_registry() -> Generator[ListeningRegistry]:
    """Serve a registry's presence and cards on a free port."""
    registry = ListeningRegistry()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            registry.tokens.add(self.headers["Authorization"])
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self._answer({}) and self.path.endswith("/api/v1/presence"):
                registry.reports.append(body["people"])

        def do_GET(self) -> None:
            self._answer(registry.cards)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing on standard error."""

        def _answer(self, body: object) -> bool:
            self.send_response(200 if registry.is_answering else 503)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())
            return registry.is_answering

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_port}/services/registry"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
