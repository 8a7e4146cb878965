"""The database behind a local catalogue: one SQLite file, one root key, both private."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from museion_datasets.catalogue._local_keys import TABLES, LocalKeys
from museion_datasets.envelope import generate_data_key
from museion_datasets.errors import NotFoundError, UnavailableError
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.objects import storage_errors
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.recovery import RecoveryFile

RECOVERY_FILE = "recovery.json"
_BUSY_TIMEOUT_S = 30.0
_DATASET_TABLES = """
CREATE TABLE IF NOT EXISTS dataset (
    path TEXT PRIMARY KEY, record TEXT NOT NULL, policy TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS version (
    path TEXT NOT NULL REFERENCES dataset, version INTEGER NOT NULL,
    head TEXT NOT NULL, size_bytes INTEGER NOT NULL, PRIMARY KEY (path, version));
"""


class LocalDatabase:
    """Datasets, versions and keys of one directory.

    Parameters
    ----------
    directory : Path
        Made at first use, readable by its owner only.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with storage_errors("write"):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(self.directory / "root.key", generate_data_key())
            make_private(self.file, b"")
        with self.transaction() as rows:
            rows.executescript(TABLES + _DATASET_TABLES)

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.directory / "catalogue.sqlite"

    @contextmanager
    def keys(self, path: str) -> Iterator[LocalKeys]:
        """Give a dataset's keys in a transaction."""
        with self.transaction() as rows:
            yield LocalKeys(rows, self.root, self.record(rows, path).id)

    def recovery(self) -> RecoveryFile | None:
        """Return the recovery file, if there is one."""
        path = self.directory / RECOVERY_FILE
        with storage_errors("read"):
            return RecoveryFile.decode(path.read_bytes()) if path.exists() else None

    def root(self) -> bytes:
        """Return the root key."""
        with storage_errors("read"):
            return (self.directory / "root.key").read_bytes()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lock the catalogue; commit at the end of the block, roll back if it raises.

        Raises
        ------
        UnavailableError
            If the database cannot be used.
        """
        try:
            connection = sqlite3.connect(self.file, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
            with closing(connection):
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT") if connection.in_transaction else None
        except sqlite3.OperationalError as error:
            raise UnavailableError(
                f"The catalogue cannot be used: {error}",
                hint=f"check the directory, its free space and permissions: {self.directory}.",
            ) from error

    def record(self, rows: sqlite3.Connection, path: str) -> DatasetRecord:
        """Return a dataset's record with its newest version.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        row = rows.execute("SELECT record FROM dataset WHERE path = ?", (path,)).fetchone()
        if row is None:
            raise NotFoundError(
                f"No such dataset: {path}",
                hint="check the spelling with museion.datasets(), or ask the owner for access.",
            )
        record = DatasetRecord.from_json(json.loads(row[0]))
        query = (
            "SELECT version, size_bytes FROM version WHERE path = ? ORDER BY version DESC LIMIT 1"
        )
        newest = rows.execute(query, (path,)).fetchone()
        return (
            record if newest is None else replace(record, version=newest[0], size_bytes=newest[1])
        )


def find_head(rows: sqlite3.Connection, path: str, version: int) -> Head:
    """Return a version.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    query = "SELECT head FROM version WHERE path = ? AND version = ?"
    row = rows.execute(query, (path, version)).fetchone()
    if row is None:
        raise NotFoundError(
            f"No such version of {path}: {version}", hint="leave out version= for the newest."
        )
    return Head.from_json(json.loads(row[0]))


def find_policy(rows: sqlite3.Connection, path: str) -> DatasetPolicy:
    """Return a dataset's policy."""
    (text,) = rows.execute("SELECT policy FROM dataset WHERE path = ?", (path,)).fetchone()
    return DatasetPolicy.from_json(json.loads(text))


def make_private(path: Path, content: bytes) -> None:
    """Make a file that only its owner reads, unless it is there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
