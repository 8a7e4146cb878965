"""The one wire between the gateway and a cluster's pod: messages, and streams with them.

Both ends hold one end of a pair of unix sockets that keeps message bounds. A message is a
JSON object; it may carry one end of a fresh unix stream along. Streams are made by the
gateway and go inward only: the pod asks for a stream and never sends one, and it never
gets an inet socket, which could be disconnected and pointed at any port of the host.

This module needs the standard library only: it runs inside the sandbox as well.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

BLOCK_BYTES = 256 * 1024
LONGEST_MESSAGE_BYTES = 128 * 1024
SEND_TIMEOUT_S = 10.0
SOCKET_KIND = socket.SOCK_SEQPACKET
"""Keeps the bounds of messages."""

type Message = Mapping[str, Any]
type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def channel_pair() -> tuple[socket.socket, socket.socket]:
    """Return the gateway's and the pod's end of a new wire."""
    ends = socket.socketpair(socket.AF_UNIX, SOCKET_KIND)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LONGEST_MESSAGE_BYTES)
    return ends


class Channel:
    """One end of the wire.

    Parameters
    ----------
    end : socket.socket
        What `channel_pair` returned.
    receive : callable
        Called with each message and the stream that came with it, if any.
    lose : callable
        Called once, when the other end is gone or talks nonsense.
    """

    def __init__(
        self,
        end: socket.socket,
        receive: Callable[[Message, socket.socket | None], None],
        lose: Callable[[], None],
    ) -> None:
        self._end = end
        self._receive = receive
        self._lose = lose
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        end.setblocking(False)  # noqa: FBT003  the standard library's own signature
        self._loop.add_reader(end, self._read)

    def close(self) -> None:
        """Hang up; the other end notices."""
        if self._end.fileno() >= 0:
            self._loop.remove_reader(self._end)
            self._end.close()

    async def send(self, message: Message, stream: socket.socket | None = None) -> None:
        """Send a message, and a copy of `stream` with it; in order, whole or not at all.

        Raises
        ------
        OSError
            The other end is gone, or has not listened for ten seconds.
        """
        content = json.dumps(message).encode()
        descriptors = [] if stream is None else [stream.fileno()]
        async with self._turn, asyncio.timeout(SEND_TIMEOUT_S):
            while True:
                try:
                    socket.send_fds(self._end, [content], descriptors)
                except BlockingIOError:
                    await self._writable()
                else:
                    return

    async def _writable(self) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(self._end, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(self._end)

    def _read(self) -> None:
        try:
            content, descriptors, _, _ = socket.recv_fds(self._end, LONGEST_MESSAGE_BYTES, 1)
        except BlockingIOError:
            return
        except OSError:
            content, descriptors = b"", []
        stream = socket.socket(fileno=descriptors[0]) if descriptors else None
        try:
            message = json.loads(content)
            self._receive(message, stream)
        except (AttributeError, KeyError, TypeError, ValueError):
            if stream is not None:
                stream.close()
            self.close()
            self._lose()


async def carry(near: Streams, far: Streams) -> None:
    """Join two streams until both directions have ended, then close them."""
    try:
        await asyncio.gather(_copy(near[0], far[1]), _copy(far[0], near[1]))
    finally:
        near[1].close()
        far[1].close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end, then say so to the other side, which may still be sending."""
    with contextlib.suppress(OSError):
        while block := await reader.read(BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
        writer.write_eof()
