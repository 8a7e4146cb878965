"""A workspace's server that somebody's code has taken over: it says whatever a worker needs."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import httpx

from tests.support.hub import TempHub

PATH: Final = "/user/wg-murals/taken-over/"
SAYS: Final = "taken over"
WORKER: Final = f"""
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(
  new Response("{SAYS}", {{ headers: {{ "Content-Type": "text/html" }} }})));
"""
REGISTER: Final = f"""async () => {{
  try {{
    const worker = await navigator.serviceWorker.register("{PATH}worker.js", {{ scope: "/" }});
    await navigator.serviceWorker.ready;
    return worker.scope;
  }} catch (error) {{ return `refused: ${{error.message}}`; }}
}}"""
"""What a page runs to install the worker; gives its scope."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_worker = self.path.endswith("worker.js")
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_worker else "text/html")
        self.send_header("Service-Worker-Allowed", "/")
        self.end_headers()
        self.wfile.write((WORKER if is_worker else "<!doctype html><title>x</title>").encode())

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def taken_over(hub: TempHub, host: str = "") -> Generator[str]:
    """Put such a server where the workspace of *murals* is; give its own address.

    Parameters
    ----------
    hub : TempHub
        Whose proxy leads to it.
    host : str
        Of the workspace with a slash before it, where each has its own.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        httpx.post(
            f"http://127.0.0.1:{hub.runtime.ports.proxy_api}/api/routes{host}{PATH}".rstrip("/"),
            headers={"Authorization": f"token {hub.runtime.tokens.proxy}"},
            json={"target": address},
        ).raise_for_status()
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
