"""Reaching the registry's database: sessions, migrations, and what is said when it fails.

Two ways in. `Database.reading` gives a session for looking; `Database.writing` is one transaction
that is the only writing one from its start, so whatever is checked inside still holds when it
commits. How that is had from SQLite and from PostgreSQL stands in a module of each.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Final

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from museion_hub.errors import SettingsError
from museion_hub.registry import postgresql, sqlite
from museion_hub.registry.errors import InvalidError
from museion_hub.registry.failures import BUSY, GONE, LOCKED_OUT, NOT_SET_UP, DatabaseFailedError

BUSY_TIMEOUT_S: Final = 5.0
TURN_TIMEOUT_S: Final = 30.0
MIGRATIONS: Final = Path(__file__).parent / "migrations"
_WRITES: Final = "museion_writes"
_BACKENDS: Final[dict[str, ModuleType]] = {"sqlite": sqlite, "postgresql": postgresql}


class Database:
    """The registry's database at one address.

    Parameters
    ----------
    url : str
        SQLAlchemy address, such as ``sqlite:///state/registry/registry.sqlite`` or
        ``postgresql+pg8000://museion@db.example.org/museion``.
    busy_timeout_s : float
        How long a writer waits for another process's before it gives up.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.url = url
        self._backend = _backend_of(url)
        self._engine: Engine = self._backend.make_engine(make_url(url), busy_timeout_s)
        event.listen(self._engine, "begin", self._begin)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        # SQLite lets waiting writers pass each other; of one process, each gets its turn.
        self._turn = RLock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state."""
        with self._answering(), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give one transaction that commits when the block ends without an error."""
        with (
            self._taking_turn(),
            self._answering(),
            Session(self._writer) as session,
            session.begin(),
        ):
            session.connection()  # a session begins by itself only at its first statement
            yield session

    def upgrade(self) -> None:
        """Bring the tables to the newest form, in one transaction."""
        from alembic import command  # noqa: PLC0415 - the hub process never needs it
        from alembic.config import Config  # noqa: PLC0415 - same

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with self._answering(), self._writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @property
    def engine(self) -> Engine:
        """The engine itself, for tests and backups."""
        return self._engine

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def _begin(self, connection: Connection) -> None:
        writes = bool(connection.get_execution_options().get(_WRITES, False))
        self._backend.begin(connection, writes=writes)

    @contextmanager
    def _taking_turn(self) -> Iterator[None]:
        """Wait for the other writers of this process.

        Raises
        ------
        DatabaseFailedError
            If that takes too long: the database hangs.
        """
        if not self._turn.acquire(timeout=TURN_TIMEOUT_S):
            raise DatabaseFailedError(BUSY, "another writer of this process does not end")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in our own words that the database does not answer.

        Raises
        ------
        DatabaseFailedError
            For every error that is the database's and not the statement's.
        IntegrityError
            A statement's own, for whoever made it.
        ProgrammingError
            Same.
        InvalidError
            If a value can't be stored at all.
        """
        try:
            yield
        except IntegrityError:
            raise
        except DataError as error:
            raise InvalidError(
                "The request holds a value that can't be stored",
                hint="leave control characters out, and shorten long texts",
            ) from error
        except ProgrammingError as error:
            failure = self._backend.failure_of(error.orig)
            if failure not in {LOCKED_OUT, NOT_SET_UP}:
                raise
            raise DatabaseFailedError(failure, error.orig) from error
        except DBAPIError as error:
            failure = self._backend.failure_of(error.orig)
            raise DatabaseFailedError(failure, error.orig) from error
        except PoolTimeoutError as error:
            raise DatabaseFailedError(BUSY, error) from error
        except (ConnectionError, TimeoutError, struct.error) as error:
            # The driver for PostgreSQL lets some of these pass as they are.
            raise DatabaseFailedError(GONE, error) from error


def upgrade(database_url: str) -> None:
    """Make or bring up to date the database at this address."""
    database = Database(database_url)
    try:
        database.upgrade()
    finally:
        database.close()


def _backend_of(url: str) -> ModuleType:
    """Give the module that knows this kind of database.

    Raises
    ------
    SettingsError
        If there is none, or the address is none.
    """
    try:
        name = make_url(url).get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise SettingsError(
            "Setting `database_url` is not an address of a database",
            hint="write it like postgresql+pg8000://museion@db.example.org/museion",
        ) from error
    if name not in _BACKENDS:
        raise SettingsError(
            f"Setting `database_url` names a kind of database that is not supported: {name}",
            hint="use sqlite or postgresql+pg8000",
        )
    return _BACKENDS[name]
