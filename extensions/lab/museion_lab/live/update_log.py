"""Every change to every open document, on disk before anybody sees it.

One SQLite file beside the workspace, written ahead (WAL), so that a change is kept when the
server is killed the moment after; it costs no wait for the disk. Rows are numbered, never
ordered by the clock. For each document it also knows the contents that this server last
read from or wrote to the file: a file that still has one of these was not changed by
anybody else, so that the log, which is newer, counts.

When the disk is full `append` raises, and whoever writes decides what to do.
"""

import threading
from collections.abc import Iterable
from pathlib import Path

from museion_lab.live.database import open_database

__all__ = ["VERSION", "UpdateLog"]

VERSION = 1
KNOWN_CONTENTS = 2  # contents of a file that count as this server's own
COMPACT_ABOVE_ROWS = 1000
SCHEMA = """
CREATE TABLE IF NOT EXISTS changes(
  number INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS changes_by_document ON changes(document, number);
CREATE TABLE IF NOT EXISTS contents(
  number INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL, digest TEXT NOT NULL,
  UNIQUE(document, digest));
CREATE TABLE IF NOT EXISTS authors(
  document TEXT NOT NULL, username TEXT NOT NULL, display_name TEXT NOT NULL,
  PRIMARY KEY(document, username));
"""


class UpdateLog:
    """The changes of all documents of one workspace; may be used by several threads.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder must exist.

    Attributes
    ----------
    error : sqlite3.Error or None
        Why nothing outlives the process, if so.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        opened = open_database(path, SCHEMA, VERSION)
        self._database = opened.connection
        self.error = opened.error

    def read(self, document: str) -> list[bytes]:
        """Return the changes of a document, oldest first.

        Parameters
        ----------
        document : str
            Name of its room.

        Returns
        -------
        list of bytes
            Empty if it is not known.
        """
        with self._lock:
            rows = self._database.execute(
                "SELECT body FROM changes WHERE document = ? ORDER BY number", (document,)
            ).fetchall()
        return [body for (body,) in rows]

    def append(self, document: str, changes: Iterable[bytes]) -> None:
        """Keep changes; when this returns they survive the end of the process.

        Parameters
        ----------
        document : str
            Name of its room.
        changes : iterable of bytes
            In their order.
        """
        with self._lock, self._database:
            self._database.executemany(
                "INSERT INTO changes(document, body) VALUES (?, ?)",
                [(document, change) for change in changes],
            )

    def replace(self, document: str, state: bytes) -> None:
        """Put one change, the whole document, in the place of many.

        Parameters
        ----------
        document : str
            Name of its room.
        state : bytes
            All that the document is made of.
        """
        with self._lock, self._database:
            self._database.execute("DELETE FROM changes WHERE document = ?", (document,))
            self._database.execute(
                "INSERT INTO changes(document, body) VALUES (?, ?)", (document, state)
            )

    def knows_content(self, document: str, digest: str) -> bool:
        """Tell whether this server read or wrote a file's content last.

        Parameters
        ----------
        document : str
            Name of its room.
        digest : str
            Of the content that the file has now.

        Returns
        -------
        bool
            False if somebody else must have written it.
        """
        with self._lock:
            row = self._database.execute(
                "SELECT 1 FROM contents WHERE document = ? AND digest = ?", (document, digest)
            ).fetchone()
        return row is not None

    def note_content(self, document: str, digest: str) -> None:
        """Remember a content that is read from the file, or is about to be written.

        Parameters
        ----------
        document : str
            Name of its room.
        digest : str
            Of the content.
        """
        with self._lock, self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO contents(document, digest) VALUES (?, ?)",
                (document, digest),
            )
            self._database.execute(
                "DELETE FROM contents WHERE document = ? AND number NOT IN (SELECT number FROM"
                " contents WHERE document = ? ORDER BY number DESC LIMIT ?)",
                (document, document, KNOWN_CONTENTS),
            )

    def note_authors(self, document: str, names: Iterable[tuple[str, str]]) -> None:
        """Remember who edited since the last version that was kept.

        Parameters
        ----------
        document : str
            Name of its room.
        names : iterable of (str, str)
            Usernames and names for people, all of them.
        """
        with self._lock, self._database:
            self._database.execute("DELETE FROM authors WHERE document = ?", (document,))
            self._database.executemany(
                "INSERT INTO authors VALUES (?, ?, ?)",
                [(document, username, display_name) for username, display_name in names],
            )

    def read_authors(self, document: str) -> list[tuple[str, str]]:
        """Return who edited since the last version that was kept.

        Parameters
        ----------
        document : str
            Name of its room.

        Returns
        -------
        list of (str, str)
            Usernames and names for people.
        """
        with self._lock:
            return self._database.execute(
                "SELECT username, display_name FROM authors WHERE document = ?", (document,)
            ).fetchall()

    def close(self) -> None:
        """Write what is ahead into the file itself, and let go of it."""
        with self._lock:
            self._database.close()
