"""What every test may use."""

from collections.abc import Generator
from pathlib import Path

import dask
import pytest

from tests.support.deployment import Deployment, running

pytest_plugins = ["tests.support.postgres", "tests.support.s3", "tests.support.storages"]


@pytest.fixture(scope="module", autouse=True)
def dask_without_a_cluster() -> Generator[None]:
    """Fail whichever tests leave Dask with a cluster that is gone, not those that come after."""
    yield
    left = dask.config.get("scheduler", None)
    dask.config.config.pop("scheduler", None)
    assert left is None


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
