"""The keeper's side of one pod: starts it, gives it orders, carries its connections.

Inward, the link listens on two loopback ports of the host, one for the scheduler's TLS
port and one for dask-gateway's control of the scheduler, and on a unix socket for the
scheduler's pages, which know no sign-in; each connection is handed to the pod as a fresh
unix stream. Outward, the pod names one of the fixed destinations and gets a
stream to it. A pod that breaks the rules, or that ends, is stopped whole.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field

from museion_hub.gateway.channel import (
    BLOCK_BYTES,
    Channel,
    Message,
    Streams,
    carry,
    channel_pair,
)
from museion_hub.gateway.orders import PodOrders

LOOPBACK = "127.0.0.1"
READY_TIMEOUT_S = 30.0
CLOSE_TIMEOUT_S = 5.0
ON_LOOPBACK = ("scheduler", "control")
MOST_OUTWARD = 64
"""Open outward connections of one pod; a cluster needs one per worker and a few more."""
MOST_REQUESTS = 4 * MOST_OUTWARD
"""A pod that asks for more at once than it can ever be given is stopped."""

log = logging.getLogger(__name__)

type Destination = tuple[str, int]
type Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the rest of the host finds a pod's scheduler."""

    scheduler: str
    control: str


@dataclass
class PodLink(PodOrders):
    """One running pod, as its keeper holds it.

    Attributes
    ----------
    name : str
        The cluster's name.
    destinations : mapping of str to (str, int)
        Hosts and ports that the pod may reach, by name.
    on_lost : callable
        Called once, if the pod ends without having been told to.
    on_ended : callable
        Called with the name of each process in it that ends.
    """

    name: str
    destinations: Mapping[str, Destination]
    on_lost: Callable[[], None]
    on_ended: Callable[[str], None]
    folder: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    _listeners: dict[str, asyncio.Server] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _outward: int = 0
    _process: asyncio.subprocess.Process | None = None
    _is_closing: bool = False

    async def open(self, argv: Sequence[str], env: Mapping[str, str], wire: int) -> None:
        """Start the pod and wait until it listens to orders.

        Parameters
        ----------
        argv : sequence of str
            How to run a pod.
        env : mapping of str to str
            Its environment.
        wire : int
            Where it finds its end of the wire.

        Raises
        ------
        OSError
            The program can't be run.
        TimeoutError
            The pod did not report.
        """
        self._ready = asyncio.get_running_loop().create_future()
        ours, theirs = channel_pair()
        with theirs:
            self._channel = Channel(ours, self._receive, self._lose)
            os.dup2(theirs.fileno(), wire)
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *argv, env=env, stdin=asyncio.subprocess.DEVNULL, pass_fds=[wire]
                )
            finally:
                os.close(wire)
        async with asyncio.timeout(READY_TIMEOUT_S):
            await self._ready
        for service in ON_LOOPBACK:
            self._listeners[service] = await asyncio.start_server(
                self._accept(service), LOOPBACK, 0, limit=BLOCK_BYTES
            )

    async def listen_for(self, service: str, end: socket.socket) -> None:
        """Carry what connects to a socket to a service of the pod."""
        self._listeners[service] = await asyncio.start_unix_server(
            self._accept(service), sock=end, limit=BLOCK_BYTES, cleanup_socket=False
        )

    async def close(self) -> None:
        """Stop the pod and everything in it; returns when it is gone."""
        self._is_closing = True
        self._channel.close()
        for listener in self._listeners.values():
            listener.close()
            listener.close_clients()
        for task in self._tasks:
            task.cancel()
        if self._process is not None:
            await _end(self._process)

    @property
    def running(self) -> list[str]:
        """Names of the processes that were started and have not been reported to have ended."""
        return sorted(self._running)

    @property
    def addresses(self) -> Addresses:
        """Where the host finds the scheduler."""
        return Addresses(
            f"tls://{self._address('scheduler')}", f"http://{self._address('control')}"
        )

    async def serve(self, destination: str) -> None:
        """Let processes in the pod reach a destination, at its own port on their loopback."""
        port = self.destinations[destination][1]
        await self._channel.send({"op": "serve", "name": destination, "port": port})

    def _address(self, service: str) -> str:
        host, port = self._listeners[service].sockets[0].getsockname()
        return f"{host}:{port}"

    def _accept(self, service: str) -> Accept:
        async def inward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._join((reader, writer), {"op": "inward", "name": service})

        return inward

    async def _join(self, streams: Streams, message: Message) -> None:
        """Hand the pod a fresh stream with `message` and carry it."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                await self._channel.send(message, theirs)
            pod = await asyncio.open_unix_connection(sock=ours, limit=BLOCK_BYTES)
        except OSError:
            ours.close()
            streams[1].close()
            return
        await carry(streams, pod)

    def _receive(self, message: Message, stream: socket.socket | None) -> None:
        if stream is not None or len(self._tasks) > MOST_REQUESTS:
            raise ValueError(message)
        match message["event"]:
            case "ready":
                self._note_ready(message)
            case "ended":
                self._note_end(str(message["name"]), message)
            case "outward":
                self._spawn(self._dial(str(message["name"]), int(message["id"])))
            case unknown:
                raise ValueError(unknown)

    def _note_ready(self, message: Message) -> None:
        if self._ready.done():
            raise ValueError(message)
        self.folder = str(message["folder"])
        self.ports = {str(name): int(port) for name, port in message["ports"].items()}
        self._ready.set_result(None)

    def _note_end(self, name: str, message: Message) -> None:
        self._running.remove(name)
        status = int(message["status"])
        if status:
            log.warning("%s of cluster %s ended with status %d", name, self.name, status)
            log.debug("last words of %s: %r", name, message["report"])
        self.on_ended(name)

    async def _dial(self, name: str, number: int) -> None:
        refusal = {"op": "outward", "id": number}
        destination = self.destinations.get(name)
        if destination is None or self._outward >= MOST_OUTWARD:
            await self._channel.send(refusal)
            return
        self._outward += 1
        try:
            near = await asyncio.open_connection(*destination, limit=BLOCK_BYTES)
            await self._join(near, refusal)
        except OSError:
            await self._channel.send(refusal)
        finally:
            self._outward -= 1

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _lose(self) -> None:
        if not self._ready.done():
            self._ready.set_exception(ConnectionResetError("the pod ended before it was ready"))
        if not self._is_closing:
            self._is_closing = True
            self.on_lost()


async def _end(pod: asyncio.subprocess.Process) -> None:
    """Wait until a pod that was hung up on has ended; one that does not is killed."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(pod.wait(), CLOSE_TIMEOUT_S)
        return
    with contextlib.suppress(ProcessLookupError):
        pod.kill()
    await pod.wait()
