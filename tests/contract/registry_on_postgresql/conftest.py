"""The registry's own tests of its HTTP API once more, on PostgreSQL."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.both_databases import FilledState, fill
from tests.support.postgres import PostgresServer
from tests.support.registry import Registry


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> FilledState:
    """Give a state that is filled once."""
    return fill(tmp_path_factory.mktemp("postgresql"), postgres)


@pytest.fixture
def registry(filled: FilledState, tmp_path: Path) -> Generator[Registry]:
    """Give a registry that the test may spoil."""
    with filled.copied(tmp_path / "state") as registry:
        yield registry
