"""From a kernel of *lapidary*, a cluster in *murals*' workspace can't be reached nor imitated."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.integration.attacks import attempts as attacks
from tests.integration.attacks.attempts import REFUSED, program
from tests.integration.attacks.rows import Row
from tests.integration.attacks.test_reach import NETWORK, outside
from tests.support.kernel import Kernel

ROWS = [
    Row(
        "connect to the agent of the other's cluster, or to its dashboard",
        "unix sockets in the sandbox's own folder, and a table of processes of its own",
    ),
    Row("connect to the scheduler or to a worker of the other's cluster", NETWORK + "; TLS"),
    Row("listen where the other's scheduler does, to be taken for it", NETWORK + "; TLS"),
]

OPEN = """
import json, museion
from urllib.parse import urlsplit
client = museion.cluster(workers=1, memory="256MiB", place="workspace", name="attacked")
client._agent.ask("GET", "/dashboard")
print(json.dumps([client.cluster_id, client.cluster.scheduler_address, *client.nthreads()]))
"""
CONNECT_AGAIN = """
client.leave()
client = museion.cluster(workers=1, memory="256MiB", place="workspace", name="attacked")
print(client.submit(sum, [40, 2]).result())
"""


@dataclass(frozen=True, slots=True)
class Attacked:
    """The victim's cluster."""

    id: str
    ports: tuple[str, ...]


@pytest.fixture(scope="module")
def attacked(murals_kernel: Kernel) -> Generator[Attacked]:
    cluster, *addresses = json.loads(murals_kernel.run(OPEN))
    yield Attacked(cluster, tuple(str(urlsplit(address).port) for address in addresses))
    murals_kernel.run("client.close()")


def test_attacker_connects_to_no_socket_of_the_cluster(
    attacked: Attacked, lapidary_kernel: Kernel
) -> None:
    control = outside(attacks.connect_agent, (attacked.id,))
    assert ".sock" in control
    assert ".dashboard" in control
    attempt = program(attacks.connect_agent, attacked.id)
    assert lapidary_kernel.run(attempt) == REFUSED


def test_attacker_connects_to_no_port_of_the_cluster(
    attacked: Attacked, murals_kernel: Kernel, lapidary_kernel: Kernel
) -> None:
    assert len(attacked.ports) == 2
    for port in attacked.ports:
        attempt = program(attacks.connect_tcp, "127.0.0.1", port)
        assert murals_kernel.run(attempt) == port, "the control must reach it"
        assert lapidary_kernel.run(attempt) == REFUSED


def test_attacker_who_listens_at_the_same_port_is_not_heard(
    attacked: Attacked, murals_kernel: Kernel, lapidary_kernel: Kernel
) -> None:
    listen = f"import select, socket\nlistener = socket.create_server(('', {attacked.ports[0]}))"
    heard = "print(select.select([listener], [], [], 0)[0])\nlistener.close()"
    lapidary_kernel.run(listen)
    assert murals_kernel.run(CONNECT_AGAIN) == "42"
    assert lapidary_kernel.run(heard) == "[]"
