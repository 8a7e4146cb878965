"""What every test may use."""

import sys
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import dask
import pytest

from tests.support.deployment import Deployment, running

pytest_plugins = ["tests.support.postgres", "tests.support.s3", "tests.support.storages"]


@pytest.fixture(scope="module", autouse=True)
def dask_without_a_cluster() -> Generator[None]:
    """Fail whichever tests leave Dask with a cluster, not those that come after."""
    yield
    left = [dask.config.config.pop("scheduler", None), _close_clients()]
    assert not any(left), left


def _close_clients() -> list[str]:
    """Close every client that tests left open, and say which ones."""
    closed = []
    if "distributed" in sys.modules:
        from distributed import default_client  # noqa: PLC0415  most tests need none of it

        with suppress(ValueError):
            while (client := default_client()).status != "closed":
                closed.append(repr(client))
                client.close()
    return closed


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployment]:
    """Give a whole demonstration deployment, started once for all tests."""
    with running(tmp_path_factory.mktemp("deployment") / "state", "--demo") as deployment:
        yield deployment


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Give the folder where browser tests leave their screenshots."""
    folder = Path(__file__).parent / "browser" / "artifacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
