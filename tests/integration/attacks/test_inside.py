"""From inside, a sandbox can't be widened: not its files, its rights, its door, its limits."""

import socket
from collections.abc import Generator

import pytest

from tests.integration.attacks import attempts as attacks
from tests.integration.attacks.attempts import REFUSED, program
from tests.integration.attacks.rows import Row
from tests.integration.attacks.test_reach import ABSTRACT_NAME, environment_of, outside
from tests.support.hub import TempHub
from tests.support.kernel import Kernel

READ_ONLY = "everything but the own workplace is read-only, and no capability to change that"
NAMESPACES = "no capabilities, and user namespaces are off inside"
FILTER = "a filter of system calls"
NEW_NAMESPACES = {"users": "0x10000000", "mounts": "0x20000", "network": "0x40000000"}
OF_THE_KERNEL = ("321", "298", "323", "425")
"""bpf, perf_event_open, userfaultfd, io_uring_setup on x86-64."""

ROWS = [
    Row("write to the machine's programs, accounts or kernel settings", READ_ONLY),
    Row("make a namespace of users, mounts or network", NAMESPACES),
    Row("enter the namespaces of bubblewrap's own process", NAMESPACES),
    Row("mount, unmount, or make something writable again", NAMESPACES),
    Row("become root, or gain rights by a set-user-id program", NAMESPACES),
    Row("find or make a device of the machine", "a device folder of its own, read-only"),
    Row("read the keyrings of who started the hub", FILTER),
    Row("load programs into the kernel, or use its riskier interfaces", FILTER),
    Row("leave memory behind that belongs to no process", FILTER + "; nothing writes in `/dev`"),
    Row("raise a limit, or dump core", "hard limits"),
    Row("rename the door's sockets", "the door's folder is read-only inside"),
    Row("take the relay's sockets for a way out", "it has no inet socket of another network"),
    Row(
        "find a secret of the deployment in an environment",
        "servers get their own token and nothing of the hub's environment",
    ),
]


@pytest.mark.parametrize(
    "path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/usr/x", "/etc/passwd", "/x"]
)
def test_attacker_writes_nothing_outside_the_workplace(lapidary_kernel: Kernel, path: str) -> None:
    assert lapidary_kernel.run(program(attacks.open_to_write, path)) == REFUSED


def test_attacker_changes_no_setting_of_the_machine(lapidary_kernel: Kernel) -> None:
    assert lapidary_kernel.run(program(attacks.find_writable_setting)) == REFUSED


@pytest.mark.parametrize("kind", NEW_NAMESPACES)
def test_attacker_makes_no_namespace(lapidary_kernel: Kernel, kind: str) -> None:
    number = NEW_NAMESPACES[kind]
    assert lapidary_kernel.run(program(attacks.make_namespace, number)) == REFUSED


@pytest.mark.parametrize("name", ["user", "mnt", "net", "pid"])
def test_attacker_enters_no_namespace(lapidary_kernel: Kernel, name: str) -> None:
    assert lapidary_kernel.run(program(attacks.enter_namespace, name)) == REFUSED


@pytest.mark.parametrize(
    "attempt",
    [
        attacks.mount_something,
        attacks.become_root,
        attacks.gain_by_program,
        attacks.find_device,
        attacks.write_device_folder,
        attacks.use_keyring,
        attacks.raise_limit,
        attacks.rename_door,
    ],
    ids=lambda attempt: attempt.__name__,
)
def test_attacker_gains_nothing(lapidary_kernel: Kernel, attempt: object) -> None:
    assert lapidary_kernel.run(program(attempt)) == REFUSED  # type: ignore[arg-type]  # a function


def test_attacker_makes_no_risky_call(lapidary_kernel: Kernel) -> None:
    assert outside(attacks.call_kernel, OF_THE_KERNEL) != REFUSED
    assert lapidary_kernel.run(program(attacks.call_kernel, *OF_THE_KERNEL)) == REFUSED


@pytest.mark.parametrize("call", ["29", "68"], ids=["memory segment", "message queue"])
def test_attacker_leaves_no_memory_behind(lapidary_kernel: Kernel, call: str) -> None:
    assert outside(attacks.call_kernel, (call,)) != REFUSED
    assert lapidary_kernel.run(program(attacks.call_kernel, call)) == REFUSED


@pytest.fixture
def abstract() -> Generator[None]:
    """Listen at an abstract socket of the machine's network."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{ABSTRACT_NAME}")
        listener.listen()
        yield


@pytest.mark.usefixtures("abstract")
def test_attacker_does_not_widen_the_door(lapidary_kernel: Kernel) -> None:
    assert lapidary_kernel.run(program(attacks.find_way_out, ABSTRACT_NAME)) == REFUSED


def test_attacker_finds_no_secret_of_the_deployment(hub: TempHub, lapidary_kernel: Kernel) -> None:
    tokens = hub.runtime.tokens
    gateway = hub.runtime.gateways["gateway"]
    secrets = (tokens.proxy, tokens.registry, tokens.operator, gateway.token, gateway.proxy_token)
    own = environment_of(lapidary_kernel, "JUPYTERHUB_API_TOKEN")
    assert lapidary_kernel.run(program(attacks.find_secret, own)) != REFUSED
    assert lapidary_kernel.run(program(attacks.find_secret, *secrets)) == REFUSED
