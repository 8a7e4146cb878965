"""The gateway's side of a process that outlives it: starts one, or finds one again.

See `keeper` for the other side, and `tending` for how the two find each other.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from museion_hub.gateway.channel import Channel, Message
from museion_hub.gateway.keeper import DASHBOARD
from museion_hub.gateway.link import Addresses, Destination
from museion_hub.gateway.orders import PodOrders
from museion_hub.gateway.tending import ALONE_S, connect_to, remove_sockets

KEEPER_MODULE = "museion_hub.gateway.keeper"
READY_TIMEOUT_S = 40.0
CLOSE_TIMEOUT_S = 15.0


@dataclass
class KeptPod(PodOrders):
    """A pod as one gateway holds it.

    Attributes
    ----------
    folder_outside : Path
        Where its sockets are.
    name : str
        The cluster's name.
    on_lost : callable
        Called once, if the pod ends without having been told to.
    folder, ports, addresses
        Its own folder and ports inside; where the rest of the host finds it.
    """

    folder_outside: Path
    name: str
    on_lost: Callable[[], None]
    folder: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=lambda: Addresses("", ""))
    _is_closing: bool = False

    async def open(
        self,
        launch: tuple[Sequence[str], Mapping[str, str]],
        destinations: Mapping[str, Destination],
        *,
        has_private_network: bool,
        alone_s: float = ALONE_S,
    ) -> None:
        """Start the pod, and the process that keeps it; returns when it listens to orders.

        Raises
        ------
        OSError
            It could not be started.
        TimeoutError
            It did not report.
        """
        argv, env = launch
        orders = {
            "kind": "pod",
            "folder": str(self.folder_outside),
            "name": self.name,
            "argv": list(argv),
            "env": dict(env),
            "destinations": [(name, *each) for name, each in destinations.items()],
            "serve": list(destinations) if has_private_network else [],
            "alone_s": alone_s,
        }
        await start_keeper(orders)
        await self.find()

    async def find(self) -> None:
        """Connect to a pod that is there already.

        Raises
        ------
        OSError
            There is none.
        TimeoutError
            It does not report.
        """
        self._state: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        end, self._pid = connect_to(self.folder_outside, self.name)
        self._channel = Channel(end, self._receive, self._lose)
        async with asyncio.timeout(READY_TIMEOUT_S):
            await self._state

    def leave(self) -> None:
        """Let go of the pod, which goes on."""
        self._is_closing = True
        self._channel.close()

    async def close(self) -> None:
        """End the pod and everything in it; returns when it is gone."""
        self._is_closing = True
        self._gone = asyncio.Event()
        with contextlib.suppress(OSError, TimeoutError):
            await self._channel.send({"op": "end"})
            await asyncio.wait_for(self._gone.wait(), CLOSE_TIMEOUT_S)
        if not self._gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._channel.close()
        remove_sockets(self.folder_outside, self.name)

    @property
    def dashboard_socket(self) -> str:
        """Name of the socket at which the scheduler's pages are, below `folder_outside`."""
        return f"{self.name}.{DASHBOARD}"

    def _receive(self, message: Message, stream: socket.socket | None) -> None:
        if stream is not None:
            raise ValueError(message)
        match message["event"]:
            case "state":
                self._note_state(message)
            case "ended":
                self._running.discard(message["name"])
            case unknown:
                raise ValueError(unknown)

    def _note_state(self, message: Message) -> None:
        self.folder, self.ports = message["folder"], message["ports"]
        self.addresses = Addresses(message["scheduler"], message["control"])
        self._running.update(message["running"])
        if not self._state.done():
            self._state.set_result(None)

    def _lose(self) -> None:
        if not self._state.done():
            self._state.set_exception(ConnectionResetError("the pod ended before it was ready"))
        if self._is_closing:
            self._gone.set()
        else:
            self._is_closing = True
            self._gone = asyncio.Event()
            self._gone.set()
            self.on_lost()


async def start_keeper(orders: Mapping[str, object]) -> None:
    """Start a keeper in a session of its own and wait until it is ready.

    Raises
    ------
    ConnectionResetError
        It ended first, or did not report.
    """
    # Not a subprocess of the event loop: that kills what still runs when the loop ends.
    await asyncio.to_thread(_start_keeper, json.dumps(orders).encode())


def _start_keeper(orders: bytes) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", KEEPER_MODULE],
        env={name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process.stdin as writing, process.stdout as reading:  # type: ignore[union-attr]
        writing.write(orders)
        writing.close()
        is_heard, _, _ = select.select([reading], [], [], READY_TIMEOUT_S)
        if is_heard and reading.readline():
            threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie
            return
    process.kill()
    process.wait()
    raise ConnectionResetError("the process beside the gateway ended before it was ready")
