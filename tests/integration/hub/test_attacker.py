"""From a kernel of *lapidary*, nothing of *murals* and nothing of the hub is in reach.

Each attempt is made twice: from outside the sandbox, where it must succeed (so that what is
attacked is really there), and from the attacker's kernel, where it must fail.
"""

import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.integration.hub import attacks
from tests.integration.hub.attacks import REFUSED, program
from tests.support.hub import TempHub
from tests.support.kernel import Kernel

ABSTRACT_NAME = "museion-test-abstract"


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
    def server_port(self) -> str:
        url = environment_of(self.murals_kernel, "JUPYTERHUB_SERVICE_URL")
        return str(urlsplit(url).port)

    def port(self, name: str) -> tuple[str, str]:
        return "127.0.0.1", str(getattr(self.hub.runtime.ports, name))

    def api(self, path: str) -> tuple[str, str]:
        """Give a URL, and the operator's token for the control."""
        return f"{self.hub.url}{path}", self.hub.runtime.tokens.operator


@pytest.fixture(scope="module")
def scene(hub: TempHub, murals_kernel: Kernel) -> Generator[Scene]:
    with (
        socket.socket(socket.AF_UNIX) as abstract,
        socket.create_server(("", 0)) as machine,
    ):
        abstract.bind(f"\0{ABSTRACT_NAME}")
        abstract.listen()
        (hub.paths.storage / "murals" / "sealed").write_bytes(b"ciphertext")
        yield Scene(hub, murals_kernel, machine.getsockname()[1])


type Arguments = Callable[[Scene], tuple[str, ...]]

ATTEMPTS: dict[str, tuple[Callable[..., object], Arguments]] = {
    "the notebooks of the other workgroup": (
        attacks.list_folder,
        lambda scene: (scene.workspace,),
    ),
    "one notebook by its path": (
        attacks.read_file,
        lambda scene: (f"{scene.workspace}/01-first-look.ipynb",),
    ),
    "the live documents of the other workgroup": (
        attacks.list_folder,
        lambda scene: (str(scene.hub.paths.workplace("wg-murals").rtc),),
    ),
    "the sealed objects of the other workgroup": (
        attacks.list_folder,
        lambda scene: (str(scene.hub.paths.storage / "murals"),),
    ),
    "the state directory": (
        attacks.list_folder,
        lambda scene: (str(scene.hub.paths.root),),
    ),
    "the hub's database": (
        attacks.read_file,
        lambda scene: (str(scene.hub.paths.hub_database),),
    ),
    "the registry's database": (
        attacks.read_file,
        lambda scene: (str(scene.hub.paths.registry_database),),
    ),
    "the cookie secret": (
        attacks.read_file,
        lambda scene: (str(scene.hub.paths.cookie_secret_file),),
    ),
    "the root key": (
        attacks.read_file,
        lambda scene: (str(scene.hub.paths.root_key_file),),
    ),
    "the tokens of the deployment": (
        attacks.read_file,
        lambda scene: (str(scene.hub.paths.runtime_file),),
    ),
    "the machine's settings": (attacks.read_file, lambda _: ("/etc/debian_version",)),
    "the other server's process in the process table": (
        attacks.find_process,
        lambda scene: (scene.workspace,),
    ),
    "the hub's process in the process table": (
        attacks.find_process,
        lambda _: ("jupyterhub_config.py",),
    ),
    "a signal to the other server": (
        attacks.signal_process,
        lambda scene: (scene.server_pid,),
    ),
    "the environment of the other server": (
        attacks.read_memory,
        lambda scene: (scene.server_pid,),
    ),
    "the socket of the other kernel": (
        attacks.connect_kernel,
        lambda scene: (scene.murals_kernel.id,),
    ),
    "an abstract socket of the machine": (
        attacks.connect_abstract,
        lambda _: (ABSTRACT_NAME,),
    ),
    "the port of the other server": (
        attacks.connect_tcp,
        lambda scene: ("127.0.0.1", scene.server_port),
    ),
    "the proxy's control port": (
        attacks.connect_tcp,
        lambda scene: scene.port("proxy_api"),
    ),
    "the hub's own port": (attacks.connect_tcp, lambda scene: scene.port("hub")),
    "the registry's own port": (attacks.connect_tcp, lambda scene: scene.port("registry")),
    "a port of the machine on every address": (
        attacks.connect_tcp,
        lambda scene: (_own_address(), str(scene.machine_port)),
    ),
    "a network besides the loopback": (attacks.list_networks, lambda _: ()),
    "the other server through the front door": (
        attacks.ask,
        lambda scene: scene.api("/hub/api/users/wg-murals"),
    ),
    "the list of accounts": (attacks.ask, lambda scene: scene.api("/hub/api/users")),
}


@pytest.mark.parametrize(
    "path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/usr/x", "/etc/passwd", "/x"]
)
def test_attacker_writes_nothing_outside_the_workplace(lapidary_kernel: Kernel, path: str) -> None:
    assert lapidary_kernel.run(program(attacks.open_to_write, path)) == REFUSED


def test_attacker_changes_no_setting_of_the_machine(lapidary_kernel: Kernel) -> None:
    assert outside(attacks.find_writable_setting, ()) != REFUSED
    assert lapidary_kernel.run(program(attacks.find_writable_setting)) == REFUSED


def test_attacker_makes_no_namespace(lapidary_kernel: Kernel) -> None:
    assert outside(attacks.make_namespace, ()) == "True"
    assert lapidary_kernel.run(program(attacks.make_namespace)) == REFUSED


@pytest.mark.usefixtures("scene")
def test_attacker_does_not_widen_the_door(lapidary_kernel: Kernel) -> None:
    assert lapidary_kernel.run(program(attacks.rename_door)) == REFUSED
    assert lapidary_kernel.run(program(attacks.find_way_out, ABSTRACT_NAME)) == REFUSED


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attacker_does_not_reach(scene: Scene, lapidary_kernel: Kernel, name: str) -> None:
    attempt, arguments = ATTEMPTS[name]
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
