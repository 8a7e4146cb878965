"""A browser's part in a shared document, without a browser: honest by default, free to lie."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from jupyter_ydoc import YNotebook
from pycrdt import (
    Awareness,
    TransactionEvent,
    create_awareness_message,
    create_sync_message,
    create_update_message,
    handle_sync_message,
    read_message,
)
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.support.live_server import LiveServer
from tests.support.waiting import POLL_S

PATIENCE_S = 90.0


class RawClient:
    """One socket in one room, and the copy of the document behind it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.notebook = YNotebook()
        self.awareness = Awareness(self.notebook.ydoc)
        self.replies: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._socket: WebSocketClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._applying = False
        self.notebook.ydoc.observe(self._on_change)

    @property
    def sources(self) -> list[str]:
        """The cells' sources, as this client sees them."""
        return [cell["source"] for cell in self.notebook.source["cells"]]

    async def connect(self, server: LiveServer, room: str, session: str = "") -> None:
        url = f"{server.url}api/collaboration/room/{room}?sessionId={session}"
        request = HTTPRequest(
            url.replace("http", "ws", 1), headers={"Authorization": f"token {self.name}"}
        )
        self._socket = await websocket_connect(request, max_message_size=2**30)
        self._reading = asyncio.create_task(self._read(self._socket))
        self.send(create_sync_message(self.notebook.ydoc))

    async def _read(self, socket: WebSocketClientConnection) -> None:
        while (message := await socket.read_message()) is not None:
            assert isinstance(message, bytes)
            self._take(message)
        self.close_code = socket.close_code

    def _take(self, message: bytes) -> None:
        if message[0] == 0:
            self._applying = True
            try:
                reply = handle_sync_message(message[1:], self.notebook.ydoc)
            finally:
                self._applying = False
            if reply is not None:
                self.send(reply)
        elif message[0] == 1:
            self.awareness.apply_awareness_update(read_message(message[1:]), "server")
        else:
            self.replies.append(json.loads(read_message(message[1:])))

    def _on_change(self, event: TransactionEvent) -> None:
        if not self._applying and self._socket is not None:
            self.send(create_update_message(event.update))

    def send(self, message: bytes) -> None:
        assert self._socket is not None
        self._socket.write_message(message, binary=True)

    def type_into(self, cell: int, text: str) -> None:
        """Add text to the end of a cell."""
        source = self.notebook.ycells[cell]["source"]
        source += text

    def claim(self, state: dict[str, Any], client_id: int | None = None, clock: int = 1) -> None:
        """Say something about a client, by default about oneself."""
        other = Awareness(YNotebook().ydoc)
        whose = self.notebook.ydoc.client_id if client_id is None else client_id
        other._states[whose] = state
        other._meta[whose] = {"clock": clock, "lastUpdated": 0}
        self.send(create_awareness_message(other.encode_awareness_update([whose])))

    async def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._reading is not None:
            await asyncio.wait([self._reading], timeout=5)


async def eventually[T](claim: Callable[[], T], what: str = "", timeout_s: float = PATIENCE_S) -> T:
    """Return what `claim` returns as soon as it is true, while the event loop goes on.

    Raises
    ------
    TimeoutError
        With `what`, if it is not in time.
    """
    deadline = time.monotonic() + timeout_s
    while not (value := claim()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:.0f} s: {what}")
        await asyncio.sleep(POLL_S)
    return value


def ask_for_room(server: LiveServer, name: str, path: str) -> tuple[str, str]:
    """Return the room in which a notebook is edited, and the server's session."""
    with server.asks(name) as client:
        wish = {"format": "json", "type": "notebook"}
        answer = client.put(f"api/collaboration/session/{path}", json=wish)
        answer.raise_for_status()
        found = answer.json()
    return f"json:notebook:{found['fileId']}", found["sessionId"]


@asynccontextmanager
async def joined(server: LiveServer, name: str, path: str) -> AsyncGenerator[RawClient]:
    """Give a client that has the notebook."""
    client = RawClient(name)
    room, session = await asyncio.to_thread(ask_for_room, server, name, path)
    await client.connect(server, room, session)
    try:
        await eventually(lambda: client.notebook.cell_number, "the notebook")
        yield client
    finally:
        await client.close()
