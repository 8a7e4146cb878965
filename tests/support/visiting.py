"""A visitor of a workspace as a program: HTTP and every kind of websocket, with one token."""

import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
from websocket import ABNF, WebSocket, WebSocketException, create_connection

from tests.support.hub import TempHub

TIMEOUT_S = 120.0
NOTEBOOK = "01-first-look.ipynb"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a token at a workspace's address."""

    hub: TempHub
    account: str
    token: str
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"{self.hub.url}/user/{self.account}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}

    def ask(self, method: str, path: str, json: object = None) -> httpx.Response:
        return httpx.request(
            method, f"{self.url}/{path}", headers=self.headers, json=json, timeout=TIMEOUT_S
        )

    def open(self, path: str) -> WebSocket:
        """Open a websocket; closed at the end of the visit."""
        address = f"{self.url.replace('http', 'ws', 1)}/{path}"
        socket = create_connection(address, header=self.headers, timeout=TIMEOUT_S)
        self.stack.callback(socket.shutdown)
        return socket

    def kernel(self) -> WebSocket:
        kernel = self.ask("POST", "api/kernels", {"name": "python3"}).raise_for_status().json()
        self.stack.callback(self.ask, "DELETE", f"api/kernels/{kernel['id']}")
        return self.open(f"api/kernels/{kernel['id']}/channels")

    def terminal(self) -> WebSocket:
        terminal = self.ask("POST", "api/terminals").raise_for_status().json()
        return self.open(f"terminals/websocket/{terminal['name']}")

    def document(self, path: str = NOTEBOOK) -> WebSocket:
        wish = {"format": "json", "type": "notebook"}
        session = self.ask("PUT", f"api/collaboration/session/{path}", wish)
        found = session.raise_for_status().json()
        room = f"json:notebook:{found['fileId']}"
        return self.open(f"api/collaboration/room/{room}?sessionId={found['sessionId']}")

    def sockets(self) -> dict[str, WebSocket]:
        """Open one websocket of each kind."""
        return {
            "document": self.document(),
            "kernel": self.kernel(),
            "terminal": self.terminal(),
            "events": self.open("api/events/subscribe"),
            "visit": self.open("museion/visit"),
        }


@contextmanager
def visiting(hub: TempHub, account: str, username: str) -> Generator[Visitor]:
    """Give a visitor who comes with a token of their own."""
    visitor = Visitor(hub, account, hub.token_of(username))
    with visitor.stack:
        yield visitor


def close_code(socket: WebSocket, timeout_s: float) -> int | None:
    """Read until the other side closes; give its code, None if it does not in time."""
    deadline = time.monotonic() + timeout_s
    try:
        while (left_s := deadline - time.monotonic()) > 0:
            socket.settimeout(left_s)
            opcode, data = socket.recv_data(control_frame=True)
            if opcode == ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")
    except (WebSocketException, OSError):
        return None
    return None


def is_open(socket: WebSocket) -> bool:
    """Tell whether the other side still answers a ping."""
    socket.settimeout(TIMEOUT_S)
    try:
        socket.ping("still there")
        while True:
            opcode, data = socket.recv_data(control_frame=True)
            if opcode == ABNF.OPCODE_CLOSE:
                return False
            if opcode == ABNF.OPCODE_PONG and data == b"still there":
                return True
    except (WebSocketException, OSError):
        return False
