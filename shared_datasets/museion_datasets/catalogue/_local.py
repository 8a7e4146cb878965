"""A catalogue in a directory, for a laptop without a hub.

``catalogue.sqlite`` lists datasets and versions with each data key wrapped under
``root.key``; both can be read by their owner only. SQLite's locking makes a commit one
atomic step, also between processes.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from museion_datasets import envelope
from museion_datasets.catalogue._access import DatasetAccess, NewDataset
from museion_datasets.errors import ConflictError, NotFoundError, UnavailableError
from museion_datasets.model import DatasetPath, DatasetRecord, Head, timestamp
from museion_datasets.objects import storage_errors

_EPOCH = 1
_RECIPIENT = "local"
_BUSY_TIMEOUT_S = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS dataset (
    path TEXT PRIMARY KEY, record TEXT NOT NULL, wrapped_key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS version (
    path TEXT NOT NULL REFERENCES dataset, version INTEGER NOT NULL,
    head TEXT NOT NULL, size_bytes INTEGER NOT NULL, PRIMARY KEY (path, version));
"""


class LocalCatalogue:
    """The datasets of one directory.

    Parameters
    ----------
    directory : Path
        Made at first use, readable by its owner only.
    clock : callable
        Returns the present moment.
    """

    def __init__(
        self, directory: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.directory = directory.absolute()
        self.address = self.directory.as_uri()
        self._clock = clock
        with storage_errors("write"):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_private(self.directory / "root.key", secrets.token_bytes(envelope.KEY_BYTES))
            _make_private(self._database, b"")
        with self._transaction() as rows:
            rows.executescript(_TABLES)

    def __repr__(self) -> str:
        return f"LocalCatalogue({str(self.directory)!r})"

    def author(self) -> str:
        """Return who commits.

        Returns
        -------
        str
            Always ``"local"``.
        """
        return _RECIPIENT

    def records(self) -> list[DatasetRecord]:
        """Return the datasets that have a version.

        Returns
        -------
        list of DatasetRecord
            By path.
        """
        with self._transaction() as rows:
            query = "SELECT DISTINCT path FROM version ORDER BY path"
            paths = [path for (path,) in rows.execute(query)]
            return [self._record(rows, path) for path in paths]

    def open_dataset(self, path: str) -> DatasetAccess:
        """Return access to a dataset and its newest version.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        DatasetAccess
            With the data key.
        """
        with self._transaction() as rows:
            record = self._record(rows, path)
            query = "SELECT wrapped_key FROM dataset WHERE path = ?"
            (wrapped,) = rows.execute(query, (path,)).fetchone()
            head = None if record.version is None else _head(rows, path, record.version)
        info = envelope.wrap_info(record.id, _EPOCH, _RECIPIENT)
        return DatasetAccess(
            record=record,
            head=head,
            epoch=_EPOCH,
            data_key=envelope.unwrap_under_root(self._root(), wrapped, info),
            location=f"{DatasetPath.parse(path).workgroup}/{record.id}",
        )

    def head(self, path: str, version: int) -> Head:
        """Return a version.

        Parameters
        ----------
        path : str
            Workgroup and name.
        version : int
            Counts from 1.

        Returns
        -------
        Head
            The version's head.
        """
        with self._transaction() as rows:
            return _head(rows, path, version)

    def create(self, wish: NewDataset) -> DatasetRecord:
        """Make a dataset without a version.

        Parameters
        ----------
        wish : NewDataset
            What it should be.

        Returns
        -------
        DatasetRecord
            With a fresh id.

        Raises
        ------
        ConflictError
            If the path is taken.
        """
        record = DatasetRecord(
            id=secrets.token_hex(16),
            path=wish.path,
            title=wish.title,
            kind=wish.kind,
            rights=wish.rights,
            synthetic=wish.synthetic,
            description=wish.description,
            version=None,
            size_bytes=0,
            created=timestamp(self._clock()),
        )
        info = envelope.wrap_info(record.id, _EPOCH, _RECIPIENT)
        wrapped = envelope.wrap_under_root(self._root(), envelope.generate_data_key(), info)
        row = (record.path, json.dumps(record.to_json()), wrapped)
        try:
            with self._transaction() as rows:
                rows.execute("INSERT INTO dataset VALUES (?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise ConflictError(
                f"There is a dataset at this path already: {record.path}",
                hint="choose another name, or add a version to it.",
            ) from error
        return record

    def commit(self, path: str, head: Head, size_bytes: int) -> None:
        """Make `head` the newest version.

        Parameters
        ----------
        path : str
            Workgroup and name.
        head : Head
            The version.
        size_bytes : int
            Size of its objects in the storage.

        Raises
        ------
        ConflictError
            If somebody committed first.
        """
        with self._transaction() as rows:
            if self._record(rows, path).version != head.parent:
                raise ConflictError(
                    f"Somebody has committed a version of {path} first",
                    hint="open the newest version, apply the change to it and commit again.",
                )
            row = (path, head.version, json.dumps(head.to_json()), size_bytes)
            rows.execute("INSERT INTO version VALUES (?, ?, ?, ?)", row)

    def abandon(self, path: str) -> None:
        """Remove a dataset that never got a version.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Raises
        ------
        ConflictError
            If it has one.
        """
        with self._transaction() as rows:
            if self._record(rows, path).version is not None:
                raise ConflictError(
                    f"The dataset has versions: {path}", hint="keep it, or delete it by hand."
                )
            rows.execute("DELETE FROM dataset WHERE path = ?", (path,))

    @property
    def _database(self) -> Path:
        """The SQLite file."""
        return self.directory / "catalogue.sqlite"

    def _root(self) -> bytes:
        """Return the root key."""
        with storage_errors("read"):
            return (self.directory / "root.key").read_bytes()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Lock the catalogue; commit at the end of the block, roll back if it raises.

        Raises
        ------
        UnavailableError
            If the database cannot be used.
        """
        try:
            connection = sqlite3.connect(
                self._database, timeout=_BUSY_TIMEOUT_S, isolation_level=None
            )
            with closing(connection):
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT") if connection.in_transaction else None
        except sqlite3.OperationalError as error:
            raise UnavailableError(
                f"The catalogue cannot be used: {error}",
                hint=f"check the directory, its free space and permissions: {self.directory}.",
            ) from error

    def _record(self, rows: sqlite3.Connection, path: str) -> DatasetRecord:
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


def _head(rows: sqlite3.Connection, path: str, version: int) -> Head:
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


def _make_private(path: Path, content: bytes) -> None:
    """Make a file that only its owner reads, unless it is there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
