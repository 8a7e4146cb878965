"""A filled registry of its own for each test."""

from collections.abc import Generator
from pathlib import Path

import pytest

from museion_hub.registry.database import Database
from tests.support.registry import copy_state, database_url, make_state


@pytest.fixture(scope="session")
def filled_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with people, workgroups and datasets; to be copied, never changed."""
    folder = tmp_path_factory.mktemp("registry")
    make_state(folder)
    return folder


@pytest.fixture
def state(filled_state: Path, tmp_path: Path) -> Path:
    """Give a copy that the test may spoil."""
    return copy_state(filled_state, tmp_path / "state")


@pytest.fixture
def database(state: Path) -> Generator[Database]:
    """Give its database."""
    database = Database(database_url(state))
    yield database
    database.close()
