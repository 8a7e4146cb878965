"""Earlier versions on disk: one SQLite file beside the workspace, never in it.

Equal contents are stored once, compressed. Versions grow fewer with age (see `thinning`),
and the oldest go when all together pass `most_bytes`; the youngest of each document stays.
A version carries who edited since the one before it, as signed in; when a version goes,
its authors are added to the next.
"""

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from museion_lab.live.contents import content_digest, content_text
from museion_lab.live.database import open_database
from museion_lab.versions.thinning import Stamp, heirs_of_dropped

__all__ = ["MOST_BYTES", "Author", "Reason", "Version", "VersionStore"]

FORMAT = 1
MOST_BYTES = 1_000_000_000  # of compressed contents in one workspace
SCHEMA = """
CREATE TABLE IF NOT EXISTS contents(
  digest TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS versions(
  number INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL, path TEXT NOT NULL,
  taken REAL NOT NULL, reason TEXT NOT NULL, authors TEXT NOT NULL,
  digest TEXT NOT NULL REFERENCES contents(digest));
CREATE INDEX IF NOT EXISTS versions_by_document ON versions(document, number);
CREATE INDEX IF NOT EXISTS versions_by_digest ON versions(digest);
"""


class Reason(StrEnum):
    """Why a version was kept."""

    OPENED = "opened"
    TIMER = "timer"
    SAVED = "saved"
    CLOSED = "closed"
    RESTORED = "restored"
    """Just before an earlier version was brought back."""
    REPLACED = "replaced"
    """Just before a program or another server replaced the file."""


@dataclass(frozen=True, slots=True)
class Author:
    """A person who edited.

    Attributes
    ----------
    username : str
        Name of the account that was signed in.
    display_name : str
        Name for people.
    """

    username: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version, without its content.

    Attributes
    ----------
    number : int
        Its number in the workspace.
    path : str
        Where the document lay.
    taken : float
        Seconds since 1970.
    reason : Reason
        Why it was kept.
    authors : tuple of Author
        Who edited since the version before it.
    size_bytes : int
        Of its content, uncompressed.
    digest : str
        Of its content.
    """

    number: int
    path: str
    taken: float
    reason: Reason
    authors: tuple[Author, ...]
    size_bytes: int
    digest: str


class VersionStore:
    """The earlier versions of all documents of a workspace; may be used by several threads.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder must exist.
    most_bytes : int
        Of all compressed contents together.

    Attributes
    ----------
    error : sqlite3.Error or None
        Why nothing outlives the process, if so.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._lock = threading.Lock()
        self._most_bytes = most_bytes
        opened = open_database(path, SCHEMA, FORMAT)
        self._database = opened.connection
        self.error = opened.error

    def add(
        self,
        content: Any,  # noqa: ANN401  text or a notebook
        document: str,
        path: str,
        *,
        taken: float,
        reason: Reason,
        authors: Iterable[Author] = (),
    ) -> bool:
        """Keep a version, unless the youngest has the same content.

        Parameters
        ----------
        content : str or dict
            Text, or a notebook.
        document : str
            The server's number for the file.
        path : str
            Where it lies now.
        taken : float
            Seconds since 1970.
        reason : Reason
            Why it is kept.
        authors : iterable of Author
            Who edited since the version before it.

        Returns
        -------
        bool
            Whether there was something new.
        """
        digest = content_digest(content)
        youngest = self.list_versions(document, limit=1)
        if youngest and youngest[0].digest == digest:
            return False
        text = content_text(content).encode()
        names = json.dumps([[each.username, each.display_name] for each in authors])
        with self._writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO contents VALUES (?, ?, ?)",
                (digest, len(text), zlib.compress(text)),
            )
            database.execute(
                "INSERT INTO versions(document, path, taken, reason, authors, digest)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (document, path, taken, reason, names, digest),
            )
        return True

    def list_versions(self, document: str, *, limit: int = 1000) -> list[Version]:
        """Return a document's versions, youngest first.

        Parameters
        ----------
        document : str
            The server's number for the file.
        limit : int
            Most to return; -1 for all.

        Returns
        -------
        list of Version
            Without their contents.
        """
        with self._lock:
            rows = self._database.execute(
                "SELECT number, path, taken, reason, authors, size_bytes, digest FROM versions"
                " JOIN contents USING (digest) WHERE document = ? ORDER BY number DESC LIMIT ?",
                (document, limit),
            ).fetchall()
        return [
            Version(number, path, taken, Reason(reason), _authors(names), size, digest)
            for number, path, taken, reason, names, size, digest in rows
        ]

    def find_content(self, document: str, number: int) -> Any:  # noqa: ANN401  text or a notebook
        """Return a version's content.

        Parameters
        ----------
        document : str
            The server's number for the file.
        number : int
            The version's.

        Returns
        -------
        str or dict or None
            None if that document has no such version.
        """
        with self._lock:
            row = self._database.execute(
                "SELECT body FROM versions JOIN contents USING (digest)"
                " WHERE document = ? AND number = ?",
                (document, number),
            ).fetchone()
        return None if row is None else json.loads(zlib.decompress(row[0]))

    def thin(self, document: str, now: float) -> None:
        """Let go of what is too old to be kept, or too much.

        Parameters
        ----------
        document : str
            The server's number for the file whose versions have grown.
        now : float
            Seconds since 1970.
        """
        stamps = [Stamp(each.number, each.taken) for each in self.list_versions(document, limit=-1)]
        with self._writing() as database:
            for number, heir in heirs_of_dropped(stamps, now):
                _bequeath(database, number, heir)
            self._keep_below_limit(database)
            database.execute(
                "DELETE FROM contents WHERE digest NOT IN (SELECT digest FROM versions)"
            )

    def _keep_below_limit(self, database: sqlite3.Connection) -> None:
        (total,) = database.execute("SELECT total(length(body)) FROM contents").fetchone()
        if total <= self._most_bytes:
            return
        oldest = database.execute(
            "SELECT v.number, length(c.body), (SELECT min(n.number) FROM versions n WHERE"
            " n.document = v.document AND n.number > v.number) AS heir"
            " FROM versions v JOIN contents c USING (digest) WHERE heir IS NOT NULL"
            " ORDER BY v.number"
        ).fetchall()
        for number, size, heir in oldest:
            _bequeath(database, number, heir)
            total -= size
            if total <= self._most_bytes:
                return

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:
            yield self._database

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()


def _authors(names: str) -> tuple[Author, ...]:
    return tuple(Author(username, display_name) for username, display_name in json.loads(names))


def _bequeath(database: sqlite3.Connection, number: int, heir: int) -> None:
    """Drop a version and say of its heir who edited before it."""
    names = [
        json.loads(row[0])
        for row in database.execute(
            "SELECT authors FROM versions WHERE number IN (?, ?) ORDER BY number", (number, heir)
        )
    ]
    together = dict(name for several in names for name in several)
    database.execute(
        "UPDATE versions SET authors = ? WHERE number = ?",
        (json.dumps([list(name) for name in together.items()]), heir),
    )
    database.execute("DELETE FROM versions WHERE number = ?", (number,))
