"""One hub for all tests here, with both workgroups' workspaces running."""

from collections.abc import Generator

import pytest

from tests.support.hub import TempHub, temp_hub
from tests.support.kernel import Kernel, kernel_of


@pytest.fixture(scope="session")
def hub() -> Generator[TempHub]:
    with temp_hub() as hub:
        hub.start_servers("wg-murals", "wg-lapidary")
        yield hub


@pytest.fixture(scope="session")
def murals_kernel(hub: TempHub) -> Generator[Kernel]:
    with kernel_of(hub, "wg-murals", "murals-lead") as kernel:
        yield kernel


@pytest.fixture(scope="session")
def lapidary_kernel(hub: TempHub) -> Generator[Kernel]:
    with kernel_of(hub, "wg-lapidary", "lapidary-lead") as kernel:
        yield kernel
