"""One hub for all attacks, with both workgroups' workspaces running and limits on each."""

from collections.abc import Generator

import pytest

from museion_hub.settings import Limits
from tests.support.hub import TempHub, temp_hub
from tests.support.kernel import Kernel, kernel_of

LIMITS = Limits(memory_gb=1.5, processes=400)


@pytest.fixture(scope="session")
def hub() -> Generator[TempHub]:
    with temp_hub(limits=LIMITS) as hub:
        hub.start_servers("wg-murals", "wg-lapidary")
        yield hub


@pytest.fixture(scope="session")
def murals_kernel(hub: TempHub) -> Generator[Kernel]:
    """Give a kernel of the victim."""
    with kernel_of(hub, "wg-murals", "murals-lead") as kernel:
        yield kernel


@pytest.fixture(scope="session")
def lapidary_kernel(hub: TempHub) -> Generator[Kernel]:
    """Give a kernel of the attacker."""
    with kernel_of(hub, "wg-lapidary", "lapidary-lead") as kernel:
        yield kernel
