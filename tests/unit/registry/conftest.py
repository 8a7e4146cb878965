"""A registry of its own for each test, copied from one that is filled once."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.registry import Registry, copy_state, make_registry, make_state


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
def registry(state: Path) -> Generator[Registry]:
    """Give the registry over that copy."""
    registry = make_registry(state)
    yield registry
    registry.database.close()
