"""Registries on SQLite and on PostgreSQL that begin alike, for tests that run on both."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.support.postgres import PostgresServer
from tests.support.registry import Registry, copy_state, make_registry, make_state


class Kind(StrEnum):
    """A kind of database."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class FilledState:
    """A state that is filled once: its folder, and on PostgreSQL the template beside it."""

    folder: Path
    server: PostgresServer | None = None
    template: str = ""

    @contextmanager
    def copied(self, target: Path) -> Generator[Registry]:
        """Give a registry over a copy that a test may spoil."""
        folder = copy_state(self.folder, target)
        name = self.server.create(self.template) if self.server else ""
        registry = make_registry(folder, self.server.url(name) if self.server else "")
        try:
            yield registry
        finally:
            registry.database.close()
            if self.server:
                self.server.drop(name)


def fill(folder: Path, server: PostgresServer | None = None) -> FilledState:
    """Fill a state with what `tests.support.registry` describes."""
    if server is None:
        make_state(folder)
        return FilledState(folder)
    template = server.create()
    make_state(folder, server.url(template))
    return FilledState(folder, server, template)
