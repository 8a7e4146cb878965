"""Stays beside one pod, or beside the gateway's proxy, while gateways come and go.

Started by the gateway with its orders as JSON on standard input; says one line when it is
ready. A cluster's connections run through this process and not through the gateway, so a
gateway that is restarted, or killed, cuts none of them.
"""

import asyncio
import contextlib
import json
import logging
import os
import resource
import socket
import sys
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from museion_hub.gateway.link import PodLink
from museion_hub.gateway.tending import Tended, listen_at

READY = b"ready\n"
WIRE_FD = 63
"""Where a pod finds its end of the wire."""
PROXY_PAUSE_S = 0.5
DASHBOARD = "dashboard"


@dataclass
class PodKeeper:
    """Passes the gateway's orders on to a pod, and the pod's news to the gateway.

    Attributes
    ----------
    orders : mapping
        What the gateway wrote: see `pod_orders` in `kept`.
    """

    orders: Mapping[str, Any]
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Start the pod and keep it until it, or the need of it, ends."""
        destinations = {name: (host, port) for name, host, port in self.orders["destinations"]}
        folder, name = Path(self.orders["folder"]), self.orders["name"]
        self.link = PodLink(name, destinations, self._lose, on_ended=self._note_end)
        self.tended: Tended | None = None
        try:
            await self.link.open(self.orders["argv"], self.orders["env"], WIRE_FD)
            for destination in self.orders["serve"]:
                await self.link.serve(destination)
            pages = listen_at(folder, f"{name}.{DASHBOARD}", socket.SOCK_STREAM)
            await self.link.listen_for(DASHBOARD, pages)
            self.tended = Tended(folder, name, self._receive, self.orders["alone_s"])
            say_ready()
            await self.tended.stay()
        finally:
            await self.link.close()
            (folder / f"{name}.{DASHBOARD}").unlink(missing_ok=True)

    def _receive(self, message: Mapping[str, Any]) -> None:
        match message["op"]:
            case "hello":
                self._spawn(self._tell_state())
            case "write":
                self._spawn(self.link.write(message["name"], message["content"]))
            case "start":
                self._start(message["name"], message["argv"], message["env"])
            case "stop":
                self._spawn(self.link.stop(message["name"]))
            case unknown:
                raise ValueError(unknown)

    def _start(self, name: str, argv: list[str], env: Mapping[str, str]) -> None:
        """Start a process, unless a gateway that was killed had started it already."""
        if not self.link.is_running(name):
            self._spawn(self.link.start(name, argv, env))

    async def _tell_state(self) -> None:
        await self._tell({
            "event": "state",
            "folder": self.link.folder,
            "ports": dict(self.link.ports),
            "scheduler": self.link.addresses.scheduler,
            "control": self.link.addresses.control,
            "running": self.link.running,
        })

    def _note_end(self, name: str) -> None:
        self._spawn(self._tell({"event": "ended", "name": name}))

    def _lose(self) -> None:
        if self.tended is not None:
            self.tended.ended.set()

    async def _tell(self, message: Mapping[str, object]) -> None:
        if self.tended is not None:
            await self.tended.tell(message)

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def keep_proxy(orders: Mapping[str, Any]) -> None:
    """Run the gateway's proxy, again whenever it ends, until nobody needs it."""
    tended = Tended(Path(orders["folder"]), orders["name"], lambda _: None, orders["alone_s"])
    say_ready()
    running = asyncio.create_task(_run_again(orders["argv"], orders["env"]))
    await tended.stay()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _run_again(argv: list[str], env: Mapping[str, str]) -> None:
    while True:
        # The proxy ends when its standard input does: with this process, however that ends.
        proxy = await asyncio.create_subprocess_exec(*argv, env=env, stdin=asyncio.subprocess.PIPE)
        try:
            await proxy.wait()
        except asyncio.CancelledError:
            proxy.terminate()
            await proxy.wait()
            raise
        await asyncio.sleep(PROXY_PAUSE_S)


def say_ready() -> None:
    """Tell the gateway, if it is still there, and keep nothing open that it waits for."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), READY)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def main() -> None:
    """Keep what the orders name; this process dumps no memory."""
    logging.basicConfig(level=logging.WARNING)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    orders = json.loads(sys.stdin.buffer.read())
    asyncio.run(PodKeeper(orders).run() if orders["kind"] == "pod" else keep_proxy(orders))


if __name__ == "__main__":
    main()
