"""How a process outlives the gateway that started it, and is found again by the next one.

Such a process listens on a unix socket in a private folder. Only a process of the same
account may connect; the latest that did is the gateway. The process ends when it is told to,
when its socket is gone from the folder, and by itself when it has been without a gateway for
too long. Whoever ends a deployment ends all of them by `end_all`.

Sockets are bound and found below the folder's descriptor, as their paths have no room for a
deep state directory. This module and `channel` need the standard library only.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from museion_hub.gateway.channel import SOCKET_KIND, Channel

ALONE_S = 600.0
"""How long a process goes on without a gateway."""
LOOK_EVERY_S = 1.0
END_TIMEOUT_S = 10.0
SUFFIX = ".sock"
_CREDENTIALS = struct.Struct("3i")


@contextmanager
def short_path(folder: Path, name: str) -> Generator[str]:
    """Give a path for a socket that is short however deep the folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)


def peer_of(end: socket.socket) -> int:
    """Return the process at the other end, which must belong to this account.

    Raises
    ------
    PermissionError
        It is somebody else's.
    """
    credentials = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(credentials)
    if uid != os.getuid():
        raise PermissionError(f"a process of another account connects: {uid}")
    return int(pid)


def listen_at(folder: Path, name: str, kind: socket.SocketKind) -> socket.socket:
    """Return a socket that only this account can connect to.

    Raises
    ------
    OSError
        The name is taken.
    """
    end = socket.socket(socket.AF_UNIX, kind)
    before = os.umask(0o177)
    try:
        with short_path(folder, name) as path:
            end.bind(path)
    except OSError:
        end.close()
        raise
    finally:
        os.umask(before)
    end.listen()
    end.setblocking(False)  # noqa: FBT003  the standard library's own signature
    return end


def connect_to(folder: Path, name: str) -> tuple[socket.socket, int]:
    """Connect to a process that was left by an earlier gateway.

    Returns
    -------
    tuple of socket.socket and int
        The connection, and the process's id.

    Raises
    ------
    OSError
        Nobody listens there, or somebody else does.
    """
    end = socket.socket(socket.AF_UNIX, SOCKET_KIND)
    try:
        with short_path(folder, name + SUFFIX) as path:
            end.connect(path)
        return end, peer_of(end)
    except OSError:
        end.close()
        raise


class Tended:
    """The listening side: one process's connection to whichever gateway there is.

    Parameters
    ----------
    folder : Path
        Where sockets are.
    name : str
        The process's own.
    receive : callable
        Called with each message of the gateway.
    alone_s : float
        How long to go on without a gateway.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        receive: Callable[[Mapping[str, Any]], None],
        alone_s: float = ALONE_S,
    ) -> None:
        self._name = name + SUFFIX
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._socket = listen_at(folder, self._name, SOCKET_KIND)
        self._identity = os.stat(self._name, dir_fd=self._folder).st_ino
        self._receive = receive
        self._alone_s = alone_s
        self._gateway: Channel | None = None
        self._since = time.monotonic()
        self.ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket, self._accept)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ended.set)

    async def tell(self, message: Mapping[str, object]) -> None:
        """Tell the gateway, if there is one; the next one asks for the state itself."""
        if self._gateway is not None:
            with contextlib.suppress(OSError):
                await self._gateway.send(message)

    async def stay(self) -> None:
        """Return when it is time to end; the socket is gone then."""
        while not self.ended.is_set() and self._is_wanted():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), LOOK_EVERY_S)
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        if self._is_there():
            os.unlink(self._name, dir_fd=self._folder)

    def _is_wanted(self) -> bool:
        is_alone = self._gateway is None and time.monotonic() - self._since > self._alone_s
        return self._is_there() and not is_alone

    def _is_there(self) -> bool:
        with contextlib.suppress(OSError):
            return os.stat(self._name, dir_fd=self._folder).st_ino == self._identity
        return False

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            end, _ = self._socket.accept()
            try:
                peer_of(end)
            except OSError:
                end.close()
                return
            if self._gateway is not None:
                self._gateway.close()
            self._gateway = Channel(end, self._note, self._lose)
            self._receive({"op": "hello"})

    def _note(self, message: Mapping[str, Any], stream: socket.socket | None) -> None:
        if stream is not None:
            raise ValueError(message)
        if message["op"] == "end":
            self.ended.set()
        else:
            self._receive(message)

    def _lose(self) -> None:
        self._gateway = None
        self._since = time.monotonic()


def names_in(folder: Path) -> list[str]:
    """Return the names of the processes that an earlier gateway left in a folder."""
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))


def remove_sockets(folder: Path, name: str) -> None:
    """Remove what a process left that was killed."""
    for path in folder.glob(f"{name}.*"):
        if path.is_socket():
            path.unlink(missing_ok=True)


def end_all(folder: Path) -> None:
    """End every process that listens below a folder; returns when they are gone.

    Parameters
    ----------
    folder : Path
        May be missing.
    """
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        with contextlib.suppress(OSError):
            _end(path)
        remove_sockets(path.parent, path.name.removesuffix(SUFFIX))


def _end(path: Path) -> None:
    end, pid = connect_to(path.parent, path.name.removesuffix(SUFFIX))
    with end, contextlib.suppress(OSError, TimeoutError):
        end.settimeout(END_TIMEOUT_S)
        end.send(json.dumps({"op": "end"}).encode())
        while end.recv(2**20):
            pass
    # Its last act is to hang up; one that does not, or not in time, is killed.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
