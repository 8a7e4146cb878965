"""A cluster at the gateway outlives kernels and workspaces, and its notebook finds it again."""

from collections.abc import Generator

import pytest

from tests.support.hub import TempHub, find_server
from tests.support.kernel import kernel_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

ACCOUNT = "wg-murals"
OPEN = """
import museion
client = museion.cluster(workers=1, memory="512MiB", place="gateway", name="pca")
"""
BEGIN = f"{OPEN}\nclient.publish_dataset(answer=client.submit(sum, [40, 2]))\n"
GO_ON = f'{OPEN}\nprint(client.cluster.name, client.get_dataset("answer").result())\n'


def restart_workspace(hub: TempHub) -> None:
    with hub.operator() as client:
        client.delete(f"/users/{ACCOUNT}/server").raise_for_status()
        wait_until(lambda: find_server(client, ACCOUNT) is None, "the workspace has stopped")
    hub.start_servers(ACCOUNT)


@pytest.fixture(scope="module")
def begun(hub: TempHub) -> Generator[str]:
    """Begin a computation in a kernel that then ends; give the name of its cluster."""
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        kernel.run(BEGIN)
        name = kernel.run("print(client.cluster.name)")
    yield name
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        kernel.run(f"{OPEN}\nclient.close()")


def test_another_members_kernel_finds_the_cluster_with_its_results(
    hub: TempHub, begun: str
) -> None:
    with kernel_of(hub, ACCOUNT, "murals-member") as kernel:
        assert kernel.run(GO_ON) == f"{begun} 42"


def test_a_restarted_workspace_finds_the_cluster_with_its_results(hub: TempHub, begun: str) -> None:
    restart_workspace(hub)
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        assert kernel.run(GO_ON) == f"{begun} 42"


def test_the_gateways_limit_is_the_clusters(hub: TempHub, begun: str) -> None:
    assert begun
    attempt = f"""{OPEN}
from museion.errors import InputError
for change in (lambda: client.scale(1000), lambda: client.adapt(0, 1000)):
    try:
        change()
    except InputError as error:
        print(error.hint)
"""
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        assert kernel.run(attempt).count("at most") == 2


def test_an_environment_that_the_place_does_not_have_is_refused(hub: TempHub) -> None:
    attempt = """
import museion
from museion.errors import InputError
try:
    museion.cluster(workers=1, place="gateway", environment="spectral-2", name="other")
except InputError as error:
    print(error)
"""
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        message, hint = kernel.run(attempt).splitlines()
    assert "spectral-2" in message
    assert hint.startswith("hint: ")
