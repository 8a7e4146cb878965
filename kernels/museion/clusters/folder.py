"""Where agents listen, and how to speak to one: HTTP over a unix socket of the user's own.

The folder belongs to its user alone, and so does each socket in it. A socket outlives an agent
that was killed; the lock beside it does not, so it tells who is there.

Standard library only: the process that launches an agent should be gone in no time.
"""

import fcntl
import json
import os
import socket
import stat
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from museion.errors import InputError, MuseionError, RefusedError, SessionError, UnreachableError
from museion_datasets.environment import find_clusters_folder

PRIVATE, PRIVATE_FILE = 0o700, 0o600
ASK_TIMEOUT_S = 60.0
LONGEST_ANSWER_BYTES = 16 * 2**20
BACKLOG = 64
OK = 200
_ERRORS: dict[str, type[MuseionError]] = {
    each.kind.value: each for each in (InputError, RefusedError, SessionError, UnreachableError)
}

type Answer = dict[str, Any]


def require_folder() -> Path:
    """Return the folder of the agents' sockets, made if it is not there.

    Raises
    ------
    SessionError
        Somebody else could look into it.
    """
    folder = find_clusters_folder()
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    found = folder.lstat()
    is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_own or stat.S_IMODE(found.st_mode) & 0o077:
        raise SessionError(
            f"The folder of the clusters' sockets is not this user's alone: {folder}",
            hint="remove it, or set TMPDIR to a folder of your own",
        )
    return folder


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, for its user alone; what was there is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(PRIVATE_FILE)
    listener.listen(BACKLOG)
    listener.setblocking(False)  # noqa: FBT003  the standard library's own signature
    return listener


def find_lock(path: Path) -> int | None:
    """Take the lock of an agent.

    Returns
    -------
    int or None
        The descriptor that holds it; None while another process has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def as_error(answer: Answer) -> MuseionError:
    """Return an agent's refusal as the error that it stands for.

    Examples
    --------
    >>> as_error({"kind": "input", "message": "Too many workers: 9", "hint": "use 4"}).kind.value
    'input'
    """
    error = _ERRORS.get(str(answer.get("kind")), UnreachableError)
    return error(str(answer.get("message")), hint=str(answer.get("hint")))


class _Connection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True)
class Agent:
    """A cluster's agent, as seen from another process.

    Attributes
    ----------
    id : str
        The cluster's id.
    """

    id: str

    @property
    def socket_path(self) -> Path:
        """Where it listens."""
        return find_clusters_folder() / f"{self.id}.sock"

    @property
    def lock_path(self) -> Path:
        """What it holds locked as long as it runs."""
        return find_clusters_folder() / f"{self.id}.lock"

    def find_state(self, timeout_s: float = ASK_TIMEOUT_S) -> Answer | None:
        """Return how the cluster is; None if it has no agent."""
        try:
            return self.ask("GET", "/", timeout_s=timeout_s)
        except UnreachableError:
            return None

    def ask(
        self, method: str, path: str, body: Answer | None = None, timeout_s: float = ASK_TIMEOUT_S
    ) -> Answer:
        """Send one request and return the answer.

        Parameters
        ----------
        method : str
            ``"GET"`` or ``"POST"``.
        path : str
            As in ``"/scale"``.
        body : dict, optional
            Sent as JSON.
        timeout_s : float
            How long to wait.

        Returns
        -------
        dict

        Raises
        ------
        UnreachableError
            The agent is not there.
        MuseionError
            It refuses.
        """
        connection = _Connection(self.socket_path, timeout_s)
        try:
            connection.request(method, path, json.dumps(body or {}) if method == "POST" else None)
            response = connection.getresponse()
            answer: Answer = json.loads(response.read(LONGEST_ANSWER_BYTES))
        except (OSError, HTTPException, ValueError) as error:
            raise UnreachableError(
                f"The cluster is not there any more: {self.id}",
                hint="start it again with museion.cluster()",
            ) from error
        finally:
            connection.close()
        if response.status != OK:
            refusal = as_error(answer)
            raise refusal
        return answer
