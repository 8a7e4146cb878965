"""Runs code in a kernel of a running server, over the same routes as a browser."""

import json
import time
import uuid
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websocket import WebSocket, WebSocketTimeoutException, create_connection

from tests.support.hub import TempHub

RUN_TIMEOUT_S = 60.0
LATE_OUTPUT_S = 5.0
SILENCE_S = 5.0  # shorter than the time between two pings
ENDED = frozenset({"restarting", "autorestarting", "dead"})


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel of a server.

    Each run has a socket of its own: a server closes one that answers no ping, and between
    two tests nobody would answer.
    """

    id: str
    address: str
    headers: dict[str, str]

    def run(self, code: str, timeout_s: float = RUN_TIMEOUT_S) -> str:
        """Return what the code printed.

        Raises
        ------
        RuntimeError
            With the traceback, if the code failed; or the kernel ended.
        TimeoutError
            Nothing of it came from the kernel for `timeout_s`.
        """
        with closing(
            create_connection(self.address, header=self.headers, timeout=timeout_s)
        ) as socket:
            return self._run(socket, code, timeout_s)

    def _run(self, socket: WebSocket, code: str, timeout_s: float) -> str:
        request_id = self._send(socket, code)
        printed: list[str] = []
        awaited = {"idle", "execute_reply"}
        deadline = time.monotonic() + timeout_s
        while awaited or ("print(" in code and not printed):
            message = _receive(socket, deadline)
            if message is None and awaited:
                raise TimeoutError(f"nothing from the kernel for {timeout_s:.0f} s")
            if message is None:
                break
            content = message["content"]
            if content.get("execution_state") in ENDED:
                raise RuntimeError("the kernel ended")
            if message["parent_header"].get("msg_id") != request_id:
                continue
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            if content.get("status") in {"error", "aborted"} or "traceback" in content:
                raise RuntimeError("\n".join(content.get("traceback", ["dropped unrun"])))
            awaited -= {message["msg_type"], content.get("execution_state")}
            # On a busy machine the output may come after the word that all is done.
            deadline = time.monotonic() + (timeout_s if awaited else LATE_OUTPUT_S)
        return "".join(printed).strip()

    def _send(self, socket: WebSocket, code: str) -> str:
        request_id = uuid.uuid4().hex
        header = {
            "msg_id": request_id,
            "msg_type": "execute_request",
            "username": "",
            "session": self.id,
            "date": "",
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": False,
            "allow_stdin": False,
            "stop_on_error": False,  # or a run that comes at once after a failed one is dropped
        }
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
            "buffers": [],
        }
        socket.send(json.dumps(message))
        return request_id


def _receive(socket: WebSocket, deadline: float) -> dict[str, Any] | None:
    """Give the next message, or none by the deadline, which a server's pings don't move."""
    while (left_s := deadline - time.monotonic()) > 0:
        socket.settimeout(min(left_s, SILENCE_S))
        try:
            message: dict[str, Any] = json.loads(socket.recv())
        except WebSocketTimeoutException:
            continue
        return message
    return None


@contextmanager
def kernel_of(hub: TempHub, account: str, username: str) -> Generator[Kernel]:
    """Start a kernel on an account's running server, as one of its people."""
    headers = {"Authorization": f"token {hub.token_of(username)}"}
    base = f"{hub.url}/user/{account}/api/kernels"
    started = httpx.post(base, headers=headers, json={"name": "python3"}, timeout=RUN_TIMEOUT_S)
    started.raise_for_status()
    kernel_id = started.json()["id"]
    address = f"{base.replace('http', 'ws', 1)}/{kernel_id}/channels"
    try:
        yield Kernel(kernel_id, address, headers)
    finally:
        httpx.delete(f"{base}/{kernel_id}", headers=headers, timeout=RUN_TIMEOUT_S)
