"""The door of a sandbox: carries named streams across, runs the server, ends with it.

A sandboxed server has a network of its own, so nothing reaches it and it reaches nothing.
One relay stands outside and one inside; between them are unix sockets:

* inward: the proxy connects to a port outside; the outer relay passes the connection to
  the inner one, which passes it to the server's port inside;
* outward: a process inside connects to a port on its own loopback, and the outer relay
  connects to the deployment's public address. Nowhere else.

Run as ``relay.py ROUTE… [OPTION…] -- COMMAND…`` where a route is ``LISTEN=TARGET`` and an
address is ``tcp:HOST:PORT``, ``unix:PATH`` or, to listen only, ``fd:NUMBER``. The relay
listens first, then starts the command, and exits as it does. Inside, it first looks whether
the folders that it was told are there (``--expect``, see `shared`), and takes on the limits
(``--limit``) that everything it starts inherits and nobody there can raise again.

What crosses the boundary is chosen so that nobody inside can widen the door. The inner
relay gets a *listening unix socket* (``--hand`` outside, ``fd:`` inside): its path is in a
directory that the sandbox never sees, so nobody inside can put a link in its place. It
never gets an inet socket, which could be disconnected and pointed at another host port.
The sandbox sees the outward sockets in a read-only directory.

SIGTERM and SIGINT are passed on. Bubblewrap forwards no signals, so across the boundary
they travel as bytes in a pipe (``--hold`` outside, ``--watch`` inside); its end means
SIGTERM. This module needs the standard library only and is the one file of the hub that
a sandbox can see. Outside it is part of `outer`, which watches the sandbox too.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

BLOCK_BYTES = 256 * 1024
BACKLOG = 128
PASSED_ON = (signal.SIGTERM, signal.SIGINT)
CANNOT_RUN = 127
PRIVATE_SOCKET = 0o177
"""Mask under which a unix socket is usable by its owner only."""


def listen(address: str) -> socket.socket:
    """Open the listening socket of a route.

    Parameters
    ----------
    address
        ``tcp:HOST:PORT``, ``unix:PATH`` or ``fd:NUMBER`` (inherited, already listening).

    Returns
    -------
    socket.socket
        Listening; connections made from now on wait to be accepted.

    Raises
    ------
    ValueError
        No such kind of address.
    """
    kind, _, rest = address.partition(":")
    if kind == "fd":
        return socket.socket(fileno=int(rest))
    if kind == "tcp":
        host, _, port = rest.rpartition(":")
        return socket.create_server((host, int(port)), backlog=BACKLOG)
    if kind == "unix":
        return _listen_at(Path(rest))
    raise ValueError(f"unknown kind of address: {address}")


def _listen_at(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(PRIVATE_SOCKET)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(BACKLOG)
    return listener


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream to a route's target.

    Raises
    ------
    ValueError
        No such kind of address.
    """
    kind, _, rest = address.partition(":")
    if kind == "tcp":
        host, _, port = rest.rpartition(":")
        return await asyncio.open_connection(host, int(port), limit=BLOCK_BYTES)
    if kind == "unix":
        return await asyncio.open_unix_connection(rest, limit=BLOCK_BYTES)
    raise ValueError(f"unknown kind of address: {address}")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end, then say so to the other side, which may still be sending."""
    with contextlib.suppress(ConnectionError, BrokenPipeError):
        while block := await reader.read(BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


class Route:
    """One stream through the door: whoever connects here is connected there."""

    def __init__(self, target: str) -> None:
        self._target = target

    async def serve(self, listener: socket.socket) -> asyncio.Server:
        """Accept connections on `listener` until the returned server is closed."""
        if listener.family == socket.AF_UNIX:
            return await asyncio.start_unix_server(self._carry, sock=listener, limit=BLOCK_BYTES)
        return await asyncio.start_server(self._carry, sock=listener, limit=BLOCK_BYTES)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await connect(self._target)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            for side in (far_writer, writer):
                side.close()


class Command:
    """The program behind the door, with the signals it is sent.

    Parameters
    ----------
    argv
        Program and arguments.
    held
        Where to write signals as bytes, if the program can't be signalled directly.
    passed
        Descriptors that the program inherits.
    """

    def __init__(self, argv: Sequence[str], held: int | None, passed: Sequence[int]) -> None:
        self._held = held
        self._process = subprocess.Popen(argv, pass_fds=passed)

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    async def wait(self) -> int:
        """Return the exit status as a shell would say it."""
        status = await asyncio.to_thread(self._process.wait)
        return 128 - status if status < 0 else status

    def send(self, number: int) -> None:
        """Pass a signal on, if the program still runs."""
        if self._held is None:
            self._process.send_signal(number)
            return
        with contextlib.suppress(BrokenPipeError):
            os.write(self._held, bytes([number]))


def _forward_from(descriptor: int, command: Command) -> None:
    """Pass on the signals that arrive as bytes; the pipe's end means SIGTERM."""
    loop = asyncio.get_running_loop()
    content = os.read(descriptor, 1)
    if not content:
        loop.remove_reader(descriptor)
    command.send(content[0] if content else signal.SIGTERM)


async def run(
    options: argparse.Namespace, started: Callable[[int], None] = lambda _pid: None
) -> int:
    """Listen, start the command, carry streams until it ends.

    Parameters
    ----------
    options
        As `parse` returns them.
    started
        Called with the command's process.

    Returns
    -------
    int
        Exit status of the command.
    """
    _require_identity(options.expect)
    _take_on(options.limit)
    routes = [route.rpartition("=") for route in options.routes]
    servers = [await Route(target).serve(listen(address)) for address, _, target in routes]
    passed, held = _inheritance(options)
    command = Command(options.command, held, passed)
    for descriptor in passed:
        os.close(descriptor)
    started(command.pid)
    loop = asyncio.get_running_loop()
    for number in PASSED_ON:
        loop.add_signal_handler(number, command.send, number)
    if options.watch is not None:
        loop.add_reader(options.watch, _forward_from, options.watch, command)
    status = await command.wait()
    for server in servers:
        server.close()
    return status


def _require_identity(expected: Sequence[str]) -> None:
    """Check that each folder is the one that was meant, not one that a link led to.

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


def _take_on(limits: Sequence[str]) -> None:
    """Limit this process and what it starts, for good."""
    for limit in limits:
        name, _, most = limit.partition("=")
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(most), int(most)))


def _inheritance(options: argparse.Namespace) -> tuple[list[int], int | None]:
    """Open what the command is to inherit, each under the number it was promised."""
    passed: list[int] = []
    held: int | None = None
    if options.hand:
        number, _, path = options.hand.partition("=")
        listener = _listen_at(Path(path))
        passed.append(_renumber(listener.detach(), int(number)))
    if options.open:
        number, _, path = options.open.partition("=")
        passed.append(_renumber(os.open(path, os.O_RDONLY), int(number)))
    if options.hold is not None:
        end, held = os.pipe()
        passed.append(_renumber(end, options.hold))
    return passed, held


def _renumber(descriptor: int, number: int) -> int:
    os.dup2(descriptor, number)
    os.close(descriptor)
    return number


def new_parser() -> argparse.ArgumentParser:
    """Describe the command line, without the command."""
    parser = argparse.ArgumentParser(prog="relay", description=__doc__)
    parser.add_argument("routes", nargs="*", metavar="LISTEN=TARGET")
    parser.add_argument("--hand", metavar="FD=PATH", help="listen at PATH, inherited as FD")
    parser.add_argument("--open", metavar="FD=PATH", help="open PATH, inherited as FD")
    parser.add_argument("--expect", metavar="PATH=IDENTITY", action="append", default=[])
    parser.add_argument("--limit", metavar="NAME=MOST", action="append", default=[])
    parser.add_argument("--hold", metavar="FD", type=int, help="send signals through FD")
    parser.add_argument("--watch", metavar="FD", type=int, help="receive signals from FD")
    return parser


def parse(arguments: Sequence[str], parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the command line, the command behind the first ``--``."""
    split = list(arguments).index("--")
    options = parser.parse_args(arguments[:split])
    options.command = list(arguments[split + 1 :])
    return options


def main() -> int:
    """Run from the command line."""
    try:
        return asyncio.run(run(parse(sys.argv[1:], new_parser())))
    except OSError as error:
        sys.stderr.write(f"The door can't be opened: {error}\n")
        return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main())
