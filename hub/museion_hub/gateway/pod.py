"""Runs inside a cluster's sandbox: starts its processes and carries its few connections.

A pod is one cluster: a scheduler and its workers share a network, a process table and a
private directory with each other and with nobody else. The gateway tells the pod over one
wire (`channel`) what to start and stop. Connections cross the wire in two ways:

* inward: the gateway sends a stream for one of the scheduler's three ports;
* outward: a process connects to a port on the pod's loopback that stands for one of the
  gateway's fixed destinations; the pod asks for it by name and gets a stream.

When the wire breaks, or the sandbox's first process ends, the kernel ends all of them.
This module and `channel` need the standard library only: a sandbox sees these two of the
hub's files and no other.
"""

import asyncio
import contextlib
import itertools
import os
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from museion_hub.gateway.channel import BLOCK_BYTES, Channel, Message, carry

LOOPBACK = "127.0.0.1"
INWARD = ("scheduler", "control", "dashboard")
"""What the gateway may connect to: Dask's TLS port, dask-gateway's scheduler API, and pages."""
STOP_TIMEOUT_S = 5.0
CANNOT_RUN = 127
LONGEST_REPORT_BYTES = 4096
PRIVATE_FILE = 0o600


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on at this moment."""
    probes = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass
class Pod:
    """The processes of one cluster, and its side of the wire.

    Attributes
    ----------
    folder : Path
        Private working directory of all processes.
    """

    folder: Path
    _ports: Mapping[str, int] = field(init=False)
    _processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _wanted: dict[int, asyncio.Future[socket.socket]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, end: socket.socket) -> None:
        """Serve the gateway until it hangs up, then stop every process."""
        self._channel = Channel(end, self._receive, self._lost.set)
        self._ports = dict(zip(INWARD, free_ports(len(INWARD)), strict=True))
        await self._channel.send({
            "event": "ready",
            "ports": self._ports,
            "folder": str(self.folder),
        })
        await self._lost.wait()
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _receive(self, message: Message, stream: socket.socket | None) -> None:
        match message["op"]:
            case "write":
                self._write(message["name"], message["content"])
            case "serve":
                self._spawn(self._serve(message["name"], message["port"]))
            case "start":
                self._spawn(self._start(message["name"], message["argv"], message["env"]))
            case "stop":
                self._spawn(self._stop(message["name"]))
            case "inward" if stream is not None:
                self._spawn(self._inward(message["name"], stream))
            case "outward":
                self._hand_over(message["id"], stream)
            case unknown:
                raise ValueError(unknown)

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _write(self, name: str, content: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(self.folder / name, flags, PRIVATE_FILE), "w") as file:
            file.write(content)

    async def _start(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        log = self.folder / f"{name}.log"
        try:
            process = await self._run(argv, env, log)
        except OSError as error:
            status, report = CANNOT_RUN, str(error)
        else:
            self._processes[name] = process
            status = await process.wait()
            del self._processes[name]
            report = _end_of(log)
        log.unlink(missing_ok=True)
        await self._channel.send({
            "event": "ended",
            "name": name,
            "status": status,
            "report": report,
        })

    async def _run(
        self, argv: Sequence[str], env: Mapping[str, str], log: Path
    ) -> asyncio.subprocess.Process:
        with log.open("wb") as output:
            return await asyncio.create_subprocess_exec(
                *argv,
                cwd=self.folder,
                env={**os.environ, **env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    async def _stop(self, name: str) -> None:
        process = self._processes.get(name)
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
                return

    async def _inward(self, name: str, stream: socket.socket) -> None:
        try:
            far = await asyncio.open_connection(LOOPBACK, self._ports[name], limit=BLOCK_BYTES)
        except (OSError, KeyError):
            stream.close()
            return
        await carry(await asyncio.open_unix_connection(sock=stream, limit=BLOCK_BYTES), far)

    async def _serve(self, name: str, port: int) -> None:
        async def outward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            number = next(self._numbers)
            self._wanted[number] = asyncio.get_running_loop().create_future()
            await self._channel.send({"event": "outward", "name": name, "id": number})
            try:
                stream = await self._wanted[number]
            except ConnectionRefusedError:
                writer.close()
                return
            far = await asyncio.open_unix_connection(sock=stream, limit=BLOCK_BYTES)
            await carry((reader, writer), far)

        server = await asyncio.start_server(outward, LOOPBACK, port, limit=BLOCK_BYTES)
        await server.serve_forever()

    def _hand_over(self, number: int, stream: socket.socket | None) -> None:
        wanted = self._wanted.pop(number)
        if stream is None:
            wanted.set_exception(ConnectionRefusedError())
        else:
            wanted.set_result(stream)


def _end_of(log: Path) -> str:
    """Return the last lines of a log, for whoever reads why a process ended."""
    with contextlib.suppress(OSError), log.open("rb") as content:
        content.seek(max(0, content.seek(0, os.SEEK_END) - LONGEST_REPORT_BYTES))
        return content.read().decode(errors="replace")
    return ""


def require_identity(expected: Sequence[str]) -> None:
    """Check that each folder is the one that was meant; see `museion_hub.sandbox.shared`.

    Parameters
    ----------
    expected
        Paths with device and number, as in ``/datasets/murals=64:1234``.

    Raises
    ------
    PermissionError
        It is another one.
    """
    for each in expected:
        path, _, identity = each.rpartition("=")
        status = Path(path).stat()
        if f"{status.st_dev}:{status.st_ino}" != identity:
            raise PermissionError(f"somebody put another folder in the place of {path}")


def main() -> None:
    """Serve the wire that the first argument names; no process here dumps its memory."""
    require_identity(sys.argv[2:])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end = socket.socket(fileno=int(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="pod-", ignore_cleanup_errors=True) as folder:
        asyncio.run(Pod(Path(folder)).run(end))


if __name__ == "__main__":
    main()
