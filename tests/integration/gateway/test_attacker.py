"""From a worker of *murals*, nothing of *lapidary* and nothing of the hub is in reach.

Whoever may start a cluster runs code of their choosing in it. Each attempt is made twice:
from outside, where it must succeed (so that what is attacked is really there), and from a
worker, where it must fail.
"""

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.attacks import attempts as attacks
from tests.support.hub import TempHub
from tests.support.kernel import Kernel

pytestmark = pytest.mark.integration

REFUSED = "refused"

type Arguments = Callable[[TempHub], tuple[str, ...]]


def port(name: str) -> Arguments:
    return lambda hub: ("127.0.0.1", str(getattr(hub.runtime.ports, name)))


ATTEMPTS: dict[str, tuple[Callable[..., object], Arguments]] = {
    "the other workgroup's sealed objects": (
        attacks.read_file,
        lambda hub: (str(hub.paths.storage / "lapidary" / "sealed"),),
    ),
    "the registry's database": (
        attacks.read_file,
        lambda hub: (str(hub.paths.registry_database),),
    ),
    "the root key": (attacks.read_file, lambda hub: (str(hub.paths.root_key_file),)),
    "what the supervisor decided": (
        attacks.read_file,
        lambda hub: (str(hub.paths.runtime_file),),
    ),
    "what the gateway has written down of everybody's use": (
        attacks.read_file,
        lambda hub: (str(hub.paths.clusters / "gateway" / "ledger.sqlite"),),
    ),
    "the gateway's books": (
        attacks.read_file,
        lambda hub: (str(hub.paths.clusters / "gateway" / "books.sqlite"),),
    ),
    "the key of the gateway's books": (
        attacks.read_file,
        lambda hub: (str(hub.paths.clusters_key_file),),
    ),
    "the sockets of pods": (
        attacks.find_socket,
        lambda hub: (str(next((hub.paths.clusters / "gateway").glob("*[0-9a-f].sock"))),),
    ),
    "the dashboards' sockets": (
        attacks.find_socket,
        lambda hub: (str(next((hub.paths.clusters / "gateway").glob("*.dashboard"))),),
    ),
    "the workgroup's notebooks": (
        attacks.list_folder,
        lambda hub: (str(hub.paths.workplace("wg-murals").workspace),),
    ),
    "the registry's process": (attacks.find_process, lambda _: ("-m museion_hub.registry",)),
    "the proxy's control port": (attacks.connect_tcp, port("proxy_api")),
    "the hub's own port": (attacks.connect_tcp, port("hub")),
    "the registry's own port": (attacks.connect_tcp, port("registry")),
}


def outcome_in_worker(kernel: Kernel, attack: Callable[..., object], words: tuple[str, ...]) -> str:
    """Return what a worker got hold of, as text, or `REFUSED`."""
    code = f"""
{inspect.getsource(attack)}
def attempt(*words):
    try:
        return repr({attack.__name__}(*words) or "{REFUSED}")
    except OSError:
        return repr("{REFUSED}")
import json
print(json.dumps(list(client.run(attempt, *{words!r}).values())))
"""
    (outcome,) = json.loads(kernel.run(code))
    return str(outcome).strip("'")


@pytest.fixture(scope="module")
def prey(hub: TempHub) -> Path:
    """Put a sealed object into the other workgroup's storage."""
    folder = hub.paths.storage / "lapidary"
    folder.mkdir(exist_ok=True)
    (folder / "sealed").write_bytes(b"ciphertext")
    return folder / "sealed"


@pytest.mark.usefixtures("cluster_name", "prey")
@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_worker_gets_no_hold_of(name: str, hub: TempHub, kernel: Kernel) -> None:
    attack, arguments = ATTEMPTS[name]
    words = arguments(hub)
    assert attack(*words), "the control failed: there is nothing to attack"
    assert outcome_in_worker(kernel, attack, words) == REFUSED


@pytest.mark.usefixtures("cluster_name", "prey")
def test_a_worker_sees_its_own_workgroups_storage_alone(kernel: Kernel) -> None:
    assert outcome_in_worker(kernel, attacks.list_folder, ("/datasets",)) == "['murals']"


@pytest.mark.usefixtures("cluster_name")
@pytest.mark.parametrize("place", ["/datasets/forged", "/datasets/lapidary/forged", "/usr/forged"])
def test_a_worker_writes_nowhere_but_into_its_own_workgroups_storage(
    kernel: Kernel, place: str
) -> None:
    with pytest.raises(RuntimeError, match=r"Read-only file system|No such file"):
        kernel.run(f'client.run(lambda: open("{place}", "wb"))')


@pytest.mark.usefixtures("cluster_name")
def test_a_worker_reaches_the_public_address(hub: TempHub, kernel: Kernel) -> None:
    words = ("127.0.0.1", str(hub.settings.port))
    assert outcome_in_worker(kernel, attacks.connect_tcp, words) == str(hub.settings.port)


@pytest.mark.usefixtures("cluster_name")
def test_no_token_and_no_key_stands_in_a_workers_environment(kernel: Kernel) -> None:
    names = json.loads(
        kernel.run(
            "import json, os\n"
            "print(json.dumps(list(client.run(lambda: list(os.environ)).values())[0]))"
        )
    )
    assert "OMP_NUM_THREADS" in names
    assert not [name for name in names if "TOKEN" in name or "SECRET" in name]
