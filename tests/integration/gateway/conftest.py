"""One hub for all tests here; murals' workspace runs, with a cluster at the gateway."""

from collections.abc import Generator

import pytest

from tests.support.hub import TempHub, temp_hub
from tests.support.kernel import Kernel, kernel_of

START = """
import museion
client = museion.cluster(workers=1, memory="512MiB", place="gateway")
print(client.cluster.name)
"""


@pytest.fixture(scope="session")
def hub() -> Generator[TempHub]:
    with temp_hub() as hub:
        hub.start_servers("wg-murals")
        yield hub


@pytest.fixture(scope="module")
def kernel(hub: TempHub) -> Generator[Kernel]:
    """Give a kernel inside murals' sandbox."""
    with kernel_of(hub, "wg-murals", "murals-lead") as kernel:
        yield kernel


@pytest.fixture(scope="module")
def cluster_name(kernel: Kernel) -> Generator[str]:
    """Give the name of murals' cluster, which the kernel knows as `client`."""
    yield kernel.run(START)
    kernel.run("client.close()")
