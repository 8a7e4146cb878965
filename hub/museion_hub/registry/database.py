"""Reaching the registry's database: sessions, migrations, and what is said when it fails.

Two ways in. `Database.reading` gives a session for looking; `Database.writing` is one transaction
that takes the write lock at its start (SQLite would otherwise refuse a reader that begins to
write), so whatever is checked inside still holds when it commits.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from museion_hub.registry.errors import UnavailableError

BUSY_TIMEOUT_S: Final = 5.0
MIGRATIONS: Final = Path(__file__).parent / "migrations"
_WRITES: Final = "museion_writes"
_REASONS: Final = {
    "locked": ("The registry's database is busy", "try again in a moment"),
    "full": ("The disk of the registry's database is full", "free some space, then try again"),
    "no such table": ("The registry's database is not set up", "run: museion run"),
}
_UNREADABLE: Final = (
    "The registry's database can't be read",
    "look at the file and its permissions, or restore it from a backup",
)
_OF_A_STATEMENT: Final = (IntegrityError, DataError, ProgrammingError)


class Database:
    """The registry's database at one address.

    Parameters
    ----------
    url : str
        SQLAlchemy address, such as ``sqlite:///state/registry/registry.sqlite``.
    busy_timeout_s : float
        How long a writer waits for another one before it gives up.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.url = url
        self._engine = _make_engine(url, busy_timeout_s)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        # SQLite lets waiting writers pass each other; of one process, each gets its turn.
        self._turn = RLock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state."""
        with _answering(), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give one transaction that commits when the block ends without an error."""
        with self._turn, _answering(), Session(self._writer) as session, session.begin():
            yield session

    def upgrade(self) -> None:
        """Bring the tables to the newest form, in one transaction."""
        from alembic import command  # noqa: PLC0415 - the hub process never needs it
        from alembic.config import Config  # noqa: PLC0415 - same

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with _answering(), self._writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @property
    def engine(self) -> Engine:
        """The engine itself, for tests and backups."""
        return self._engine

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def upgrade(database_url: str) -> None:
    """Make or bring up to date the database at this address."""
    database = Database(database_url)
    try:
        database.upgrade()
    finally:
        database.close()


def _make_engine(url: str, busy_timeout_s: float) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed)
    if parsed.database:
        _create_private(Path(parsed.database))
    engine = create_engine(parsed, connect_args={"timeout": busy_timeout_s})
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _create_private(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise UnavailableError(
            f"The registry's database can't be opened: {path} ({error.strerror})",
            hint="make its folder writable for the account that runs museion",
        ) from error


def _set_up_connection(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - a pool's record, unused
    # The driver's own transactions begin too late (at the first write): we say BEGIN ourselves.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _answering() -> Iterator[None]:
    """Say in our own words that the database does not answer.

    Raises
    ------
    UnavailableError
        For every error that is the database's and not the statement's.
    """
    try:
        yield
    except _OF_A_STATEMENT:
        raise
    except DatabaseError as error:
        text = str(error.orig)
        found = (said for word, said in _REASONS.items() if word in text)
        message, hint = next(found, _UNREADABLE)
        raise UnavailableError(message, hint=hint, reason=text) from error
