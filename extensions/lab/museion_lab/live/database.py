"""Opens an SQLite file so that a server can always begin its work.

Written ahead (WAL), so that what was committed survives the end of the process without
waiting for the disk each time. A file that is damaged is put aside under another name and
begun anew. Where no file can be made, because the disk is full or refuses, memory takes
its place, and the reason is told.
"""

import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Opened", "open_database"]

BUSY_S = 10.0
MEMORY = Path(":memory:")


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database.

    Attributes
    ----------
    connection : sqlite3.Connection
        May be used by several threads, one at a time.
    error : sqlite3.Error or None
        Why it is in memory only.
    """

    connection: sqlite3.Connection
    error: sqlite3.Error | None = None


def open_database(path: Path, schema: str, version: int) -> Opened:
    """Open a database, and make its tables.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder must exist.
    schema : str
        Statements that make what is not there yet.
    version : int
        Of the format.

    Returns
    -------
    Opened
        Ready for use in any case.
    """
    try:
        return Opened(_open(path, schema, version))
    except sqlite3.OperationalError as error:
        return Opened(_open(MEMORY, schema, version), error)
    except sqlite3.DatabaseError as error:
        put_aside(path)
        with suppress(sqlite3.Error):
            return Opened(_open(path, schema, version))
        return Opened(_open(MEMORY, schema, version), error)


def put_aside(path: Path) -> None:
    """Give a damaged database, and what belongs to it, another name.

    Parameters
    ----------
    path : pathlib.Path
        Its file.
    """
    mark = f"broken-{time.time_ns()}"
    for part in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with suppress(FileNotFoundError):
            part.rename(part.with_name(f"{part.name}.{mark}"))


def _open(path: Path, schema: str, version: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(schema)
        connection.execute(f"PRAGMA user_version = {version}")
    except BaseException:
        connection.close()
        raise
    return connection
