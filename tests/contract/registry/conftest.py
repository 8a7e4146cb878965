"""The registry on each kind of database, copied for each test from one that is filled once."""

from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path

import pytest

from tests.support.both_databases import FilledState, Kind, fill
from tests.support.registry import Registry


@pytest.fixture(scope="session")
def filled(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[Kind], FilledState]:
    """Give what fills a state on a kind of database, once for all tests."""

    @cache
    def make(kind: Kind) -> FilledState:
        is_remote = kind is Kind.POSTGRESQL
        server = request.getfixturevalue("postgres") if is_remote else None
        return fill(tmp_path_factory.mktemp(kind), server)

    return make


@pytest.fixture(params=list(Kind))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Give each kind of database in turn."""
    return Kind(request.param)


@pytest.fixture
def registry(
    kind: Kind, filled: Callable[[Kind], FilledState], tmp_path: Path
) -> Generator[Registry]:
    """Give a registry that the test may spoil."""
    with filled(kind).copied(tmp_path / "state") as registry:
        yield registry
