"""A headless Chromium, driven by its own protocol without anything in between.

Playwright copies every frame of a websocket to its driver, as text. A widget that sends a mesh of
some hundred megabytes pays for that, one that streams over HTTP does not; so what compares the two
speaks the protocol itself, and never enables its `Network` domain.
"""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from websocket import WebSocket, WebSocketTimeoutException, create_connection

from tests.support.browser import CHROMIUM_FLAGS
from tests.support.waiting import wait_until

DEADLINE_S = 120.0
BINDING = "tellTheTest"
ONE_PROCESS = (
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process,PaintHolding",
)


@dataclass
class DevTools:
    """One page of a running Chromium.

    Attributes
    ----------
    pid : int
        Of the browser's first process.
    told : list of dict
        What scripts of the page, or of frames in it, said by `tellTheTest(text)`, as JSON.
    """

    pid: int
    socket: WebSocket
    told: list[dict[str, Any]] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=count)

    def send(self, method: str, *, timeout_s: float = DEADLINE_S, **params: object) -> Any:  # noqa: ANN401
        """Call a method of the protocol and give its result.

        Raises
        ------
        RuntimeError
            If it failed.
        TimeoutError
            If it was not answered in time.
        """
        request = next(self._ids)
        self.socket.send(json.dumps({"id": request, "method": method, "params": params}))
        deadline = time.monotonic() + timeout_s
        while True:
            message = self._receive(deadline)
            if message is None:
                raise TimeoutError(f"not answered within {timeout_s:.0f} s: {method}")
            if message.get("id") == request:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def evaluate(self, code: str, *, timeout_s: float = DEADLINE_S) -> Any:  # noqa: ANN401
        """Run a JavaScript expression in the page; give its value, awaited.

        Raises
        ------
        RuntimeError
            If it threw.
        """
        answer = self.send(
            "Runtime.evaluate",
            expression=code,
            awaitPromise=True,
            returnByValue=True,
            timeout_s=timeout_s,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def hear(self, kind: str, timeout_s: float) -> dict[str, Any]:
        """Give the first thing of a kind that a script says.

        Raises
        ------
        TimeoutError
            If it said nothing in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = [each for each in self.told if each["kind"] == kind]
            if found:
                return found[0]
            if self._receive(deadline) is None:
                raise TimeoutError(f"the page said nothing within {timeout_s:.0f} s: {kind}")

    def open(self, address: str, *, cookie: tuple[str, str], script: str) -> None:
        """Open a page with a cookie, and a script that runs before all others in each frame."""
        name, value = cookie
        self.send("Network.setCookie", name=name, value=value, url=address)
        self.send("Runtime.enable")
        self.send("Runtime.addBinding", name=BINDING)
        self.send("Page.enable")
        self.send("Page.addScriptToEvaluateOnNewDocument", source=script)
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        self.send("Page.navigate", url=address)

    def screenshot(self) -> str:
        """Give what is on screen, a PNG in base64."""
        picture: str = self.send("Page.captureScreenshot", format="png")["data"]
        return picture

    def _receive(self, deadline: float) -> dict[str, Any] | None:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return None
        self.socket.settimeout(left_s)
        try:
            message: dict[str, Any] = json.loads(self.socket.recv())
        except WebSocketTimeoutException:
            return None
        if message.get("method") == "Runtime.bindingCalled":
            self.told.append(json.loads(message["params"]["payload"]))
        return message


@contextmanager
def devtools(width: int, height: int) -> Generator[DevTools]:
    """Start a Chromium that has never been anywhere, with one empty page."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("no Chromium for the browser tests\nhint: apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            program,
            "--headless=new",
            "--remote-debugging-port=0",
            "--remote-allow-origins=*",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            *CHROMIUM_FLAGS,
            *ONE_PROCESS,
            "about:blank",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = wait_until(lambda: _find_port(Path(profile)), "Chromium's port")
            socket = create_connection(_find_page(port), timeout=DEADLINE_S, suppress_origin=True)
            try:
                yield DevTools(process.pid, socket)
            finally:
                socket.close()
        finally:
            process.kill()
            process.wait(DEADLINE_S)


def _find_port(profile: Path) -> int | None:
    file = profile / "DevToolsActivePort"
    words = file.read_text().split() if file.exists() else []
    return int(words[0]) if words else None


def _find_page(port: int) -> str:
    targets = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
    return next(each["webSocketDebuggerUrl"] for each in targets if each["type"] == "page")
