"""From a kernel of *lapidary*, nothing of *murals* and nothing of the hub is in reach.

Each attempt is made twice: from outside the sandbox, where it must succeed (so that what is
attacked is really there), and from the attacker's kernel, where it must fail.
"""

import ctypes
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.attacks import attempts as attacks
from tests.integration.attacks.attempts import REFUSED, program
from tests.integration.attacks.rows import Row
from tests.support.hub import TempHub
from tests.support.kernel import Kernel

ABSTRACT_NAME = "museion-test-abstract"
SEGMENT_KEY = 0x4D555345


@dataclass(frozen=True, slots=True)
class Scene:
    """What an attacker may have learned about the victim."""

    hub: TempHub
    murals_kernel: Kernel
    machine_port: int

    @property
    def workspace(self) -> str:
        return str(self.hub.paths.workplace("wg-murals").workspace)

    @property
    def server_pid(self) -> str:
        found = str(attacks.find_process(self.workspace))
        return found.split("/")[2]

    @property
    def hub_pid(self) -> str:
        return str(attacks.find_process(str(self.hub.paths.root / "run"))).split("/")[2]

    @property
    def server_port(self) -> str:
        url = environment_of(self.murals_kernel, "JUPYTERHUB_SERVICE_URL")
        return str(urlsplit(url).port)

    @property
    def gateway(self) -> Path:
        """Where the gateway keeps everything."""
        return self.hub.paths.clusters / "gateway"

    def port(self, name: str) -> tuple[str, str]:
        gateway = self.hub.runtime.gateways["gateway"]
        known = gateway.port if name == "gateway" else getattr(self.hub.runtime.ports, name)
        return "127.0.0.1", str(known)

    def api(self, path: str) -> tuple[str, str]:
        """Give a URL, and the operator's token for the control."""
        return f"{self.hub.url}{path}", self.hub.runtime.tokens.operator


@contextmanager
def shared_segment() -> Generator[None]:
    """Make a System V memory segment of the machine's, for as long as the block runs."""
    create, remove = 0o1600, 0
    libc = ctypes.CDLL(None)
    number = libc.shmget(SEGMENT_KEY, 4096, create)
    assert number >= 0
    try:
        yield
    finally:
        libc.shmctl(number, remove, None)


@pytest.fixture(scope="module")
def scene(hub: TempHub, murals_kernel: Kernel) -> Generator[Scene]:
    with (
        socket.socket(socket.AF_UNIX) as abstract,
        socket.create_server(("", 0)) as machine,
        shared_segment(),
    ):
        abstract.bind(f"\0{ABSTRACT_NAME}")
        abstract.listen()
        (hub.paths.storage / "murals" / "sealed").write_bytes(b"ciphertext")
        yield Scene(hub, murals_kernel, machine.getsockname()[1])


type Arguments = Callable[[Scene], tuple[str, ...]]
type Attempt = tuple[Row, Callable[..., object], Arguments]

MOUNTS = "what is not named for a sandbox is not mounted in it"
PROCESSES = "a table of processes of its own"
NETWORK = "a network of its own, without any cable"
TOKEN = "the token of a workgroup opens its own server and nothing of the hub"

SECRETS: dict[str, Callable[[Scene], object]] = {
    "the hub's database": lambda scene: scene.hub.paths.hub_database,
    "the registry's database": lambda scene: scene.hub.paths.registry_database,
    "the cookie secret": lambda scene: scene.hub.paths.cookie_secret_file,
    "the root key": lambda scene: scene.hub.paths.root_key_file,
    "the tokens of the deployment": lambda scene: scene.hub.paths.runtime_file,
    "the books of the gateway": lambda scene: scene.gateway / "books.sqlite",
    "the ledger of what workgroups used": lambda scene: scene.gateway / "ledger.sqlite",
    "the key of the gateway's books": lambda scene: scene.hub.paths.clusters_key_file,
    "the settings of the deployment": lambda scene: scene.hub.paths.settings_file,
}


def file(path: Callable[[Scene], object]) -> Arguments:
    return lambda scene: (str(path(scene)),)


def work(name: str) -> Callable[[Scene], object]:
    return lambda scene: getattr(scene.hub.paths.workplace("wg-murals"), name)


ATTEMPTS: list[Attempt] = [
    (Row("list the other's notebooks", MOUNTS), attacks.list_folder, file(work("workspace"))),
    (
        Row("read one notebook by its path on the machine", MOUNTS),
        attacks.read_file,
        file(lambda scene: f"{scene.workspace}/01-first-look.ipynb"),
    ),
    (Row("list the other's home", MOUNTS), attacks.list_folder, file(work("home"))),
    (
        Row("read the history of the other's live documents", MOUNTS),
        attacks.list_folder,
        file(work("rtc")),
    ),
    (
        Row("read the log of the other's server", MOUNTS),
        attacks.read_file,
        file(work("log")),
    ),
    (
        Row("connect to the relay outside, through its socket", MOUNTS),
        attacks.find_socket,
        file(lambda scene: scene.hub.paths.workplace("wg-murals").run / "inward.sock"),
    ),
    (
        Row("list the other's sealed objects", MOUNTS),
        attacks.list_folder,
        file(lambda scene: scene.hub.paths.storage / "murals"),
    ),
    (
        Row("list the state directory", MOUNTS),
        attacks.list_folder,
        file(lambda scene: scene.hub.paths.root),
    ),
    (
        Row("connect to what keeps the gateway's proxy, through its socket", MOUNTS),
        attacks.find_socket,
        file(lambda scene: scene.gateway / "proxy.sock"),
    ),
    *(
        (Row(f"read {secret}", MOUNTS), attacks.read_file, file(find))
        for secret, find in SECRETS.items()
    ),
    (
        Row("read the machine's settings", MOUNTS),
        attacks.read_file,
        lambda _: ("/etc/debian_version",),
    ),
    (
        Row("find the other's server among the processes", PROCESSES),
        attacks.find_process,
        file(work("workspace")),
    ),
    (
        Row("find the hub among the processes", PROCESSES),
        attacks.find_process,
        lambda _: ("jupyterhub_config.py",),
    ),
    (
        Row("signal the other's server", PROCESSES),
        attacks.signal_process,
        lambda scene: (scene.server_pid,),
    ),
    (
        Row("read the environment of the other's server", PROCESSES),
        attacks.read_memory,
        lambda scene: (scene.server_pid,),
    ),
    (
        Row("read the environment of the hub, with its secrets", PROCESSES),
        attacks.read_memory,
        lambda scene: (scene.hub_pid,),
    ),
    (
        Row("read the memory of the other's server as a debugger", PROCESSES),
        attacks.trace_process,
        lambda scene: (scene.server_pid,),
    ),
    (
        Row("enter the other's files through its process", PROCESSES),
        attacks.list_folder,
        lambda scene: (f"/proc/{scene.server_pid}/root{scene.workspace}",),
    ),
    (
        Row(
            "talk to the other's kernel through its socket",
            PROCESSES + "; sockets in a directory of its own",
        ),
        attacks.connect_kernel,
        lambda scene: (scene.murals_kernel.id,),
    ),
    (
        Row("connect to an abstract socket of the machine", NETWORK),
        attacks.connect_abstract,
        lambda _: (ABSTRACT_NAME,),
    ),
    (
        Row("connect to the port of the other's server", NETWORK),
        attacks.connect_tcp,
        lambda scene: ("127.0.0.1", scene.server_port),
    ),
    (
        Row("connect to the port of a program of the other's, such as a Dask scheduler", NETWORK),
        attacks.connect_tcp,
        lambda scene: ("127.0.0.1", str(scene.machine_port)),
    ),
    (
        Row("connect to the proxy's control port", NETWORK),
        attacks.connect_tcp,
        lambda scene: scene.port("proxy_api"),
    ),
    (
        Row("connect to the hub's own port", NETWORK),
        attacks.connect_tcp,
        lambda scene: scene.port("hub"),
    ),
    (
        Row("connect to the registry's own port", NETWORK),
        attacks.connect_tcp,
        lambda scene: scene.port("registry"),
    ),
    (
        Row("connect to the gateway's own port", NETWORK),
        attacks.connect_tcp,
        lambda scene: scene.port("gateway"),
    ),
    (
        Row("connect to a port of the machine's other addresses", NETWORK),
        attacks.connect_tcp,
        lambda scene: (_own_address(), str(scene.machine_port)),
    ),
    (Row("find a network besides the loopback", NETWORK), attacks.list_networks, lambda _: ()),
    (
        Row(
            "find the machine's shared memory segments",
            "an IPC namespace of its own, and a filter of system calls",
        ),
        attacks.find_segment,
        lambda _: (str(SEGMENT_KEY),),
    ),
    (
        Row("ask the hub for the other's account", TOKEN),
        attacks.ask,
        lambda scene: scene.api("/hub/api/users/wg-murals"),
    ),
    (
        Row("ask the hub for the list of accounts", TOKEN),
        attacks.ask,
        lambda scene: scene.api("/hub/api/users"),
    ),
    (
        Row("ask the hub how it is set up", TOKEN),
        attacks.ask,
        lambda scene: scene.api("/hub/api/info"),
    ),
]
ROWS = [row for row, _, _ in ATTEMPTS]


@pytest.mark.parametrize("place", range(len(ATTEMPTS)), ids=[row.attempt for row in ROWS])
def test_attacker_does_not(scene: Scene, lapidary_kernel: Kernel, place: int) -> None:
    _, attempt, arguments = ATTEMPTS[place]
    given = arguments(scene)
    assert outside(attempt, given) != REFUSED, "the control must reach it"
    if attempt is attacks.ask:
        given = (given[0], environment_of(lapidary_kernel, "JUPYTERHUB_API_TOKEN"))
    assert lapidary_kernel.run(program(attempt, *given)) == REFUSED


def environment_of(kernel: Kernel, name: str) -> str:
    return kernel.run(f"import os; print(os.environ[{name!r}])")


def outside(attempt: Callable[..., object], arguments: tuple[str, ...]) -> str:
    """Make the attempt in a process of the hub's own user, outside any sandbox."""
    done = subprocess.run(
        [sys.executable, "-c", program(attempt, *arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _own_address() -> str:
    """Return an address of this machine that is not the loopback's, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
