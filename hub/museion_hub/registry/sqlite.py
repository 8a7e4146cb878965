"""The registry's database as one SQLite file.

The driver's own transactions begin too late, at the first write; here each one is begun by
itself, a writing one with the write lock. A file that was replaced while connections to the old
one were open would swallow what is written to it, so each use looks whether it is still there.
"""

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.failures import (
    BUSY,
    FULL,
    MISSING,
    NOT_SET_UP,
    READ_ONLY,
    UNREADABLE,
    DatabaseFailedError,
    Failure,
)

PRAGMAS: Final = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL")
_FAILURES: Final = {
    "locked": BUSY,
    "full": FULL,
    "no such table": NOT_SET_UP,
    "readonly": READ_ONLY,
}
_FILE: Final = "museion_file"


def make_engine(url: URL, busy_timeout_s: float) -> Engine:
    """Give the engine for a file, made private if it is new."""
    path = Path(url.database) if url.database else None
    if path is not None:
        _create_private(path)
    engine = create_engine(
        url, connect_args={"timeout": busy_timeout_s}, hide_parameters=True, pool_timeout=30
    )
    event.listen(engine, "connect", _set_up_connection)
    if path is not None:
        _watch(engine, path)
    return engine


def begin(connection: Connection, *, writes: bool) -> None:
    """Begin a transaction; a writing one holds the write lock from here on."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def failure_of(error: BaseException | None) -> Failure:
    """Say what an error of the driver means."""
    text = str(error)
    return next((said for word, said in _FAILURES.items() if word in text), UNREADABLE)


def _create_private(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise UnavailableError(
            f"The registry's database can't be opened: {path} ({error.strerror})",
            hint="make its folder writable for the account that runs museion",
        ) from error


def _set_up_connection(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _watch(engine: Engine, path: Path) -> None:
    """Never make a missing file anew, and let go of one that was replaced."""

    def before_connecting(*_parts: object) -> None:
        _identity(path)

    def remember(_connection: object, record: Any) -> None:  # noqa: ANN401 - a pool's record
        record.info[_FILE] = _identity(path)

    def compare(_connection: object, record: Any, _proxy: object) -> None:  # noqa: ANN401 - same
        if record.info[_FILE] != _identity(path):
            raise DisconnectionError("the file was replaced")

    def compare_again(connection: Connection) -> None:
        if connection.info[_FILE] != _identity(path):
            raise DatabaseFailedError(
                MISSING, "the file was replaced in the middle of a transaction"
            )

    event.listen(engine, "do_connect", before_connecting)
    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)
    event.listen(engine, "commit", compare_again)


def _identity(path: Path) -> tuple[int, int]:
    """Give device and number of the file.

    Raises
    ------
    DatabaseFailedError
        If it is gone.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise DatabaseFailedError(MISSING, f"{path}: {error.strerror}") from error
    return status.st_dev, status.st_ino
