"""A catalogue in a directory, for a laptop without a hub.

``catalogue.sqlite`` lists datasets and versions, with the data key of each epoch wrapped
under ``root.key``; both can be read by their owner only. SQLite's locking makes a commit
one atomic step, also between processes. Purposes and embargoes are kept for the day when
the dataset is copied to a hub; whoever has this directory is the owner.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import override

from museion_datasets.catalogue._access import LOCAL_PLACE, Catalogue, DatasetAccess, NewDataset
from museion_datasets.catalogue._local_database import LocalDatabase, find_head, find_policy
from museion_datasets.catalogue._local_keys import OWNER, LocalKeys
from museion_datasets.catalogue._local_notary import LocalNotary
from museion_datasets.catalogue._local_sharing import LocalSharing
from museion_datasets.errors import ConflictError, InvalidError
from museion_datasets.model import DatasetPath, DatasetRecord, Head, timestamp
from museion_datasets.place import Place
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.recipient import RecipientKind


class LocalCatalogue(LocalSharing, Catalogue):
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
        super().__init__(LocalDatabase(directory.absolute()))
        self.directory = directory.absolute()
        self.address = self.directory.as_uri()
        self._clock = clock

    def __repr__(self) -> str:
        return f"LocalCatalogue({str(self.directory)!r})"

    @override
    def author(self) -> str:
        return OWNER

    @override
    def records(self) -> list[DatasetRecord]:
        with self._database.transaction() as rows:
            query = "SELECT DISTINCT path FROM version ORDER BY path"
            paths = [path for (path,) in rows.execute(query)]
            return [self._database.record(rows, path) for path in paths]

    @override
    def open_dataset(self, path: str, purpose: str | None = None) -> DatasetAccess:
        with self._database.transaction() as rows:
            record = self._database.record(rows, path)
            head = None if record.version is None else find_head(rows, path, record.version)
            keys = LocalKeys(rows, self._database.root, record.id)
            recovery = self._database.recovery()
            if recovery is not None:
                keys.add(RecipientKind.RECOVERY, recovery.label, recovery.public)
            opened, files, policy = keys.open(), keys.files(), find_policy(rows, path)
        if recovery is not None:
            files[recovery.path] = recovery.encode()
        return DatasetAccess(
            record=record,
            head=head,
            epoch=max(opened),
            keys=opened,
            location=f"{DatasetPath.parse(path).workgroup}/{record.id}",
            policy=policy,
            place=Place.of_directory(LOCAL_PLACE, self.directory / "storage"),
            key_files=files,
        )

    @override
    def head(self, path: str, version: int) -> Head:
        with self._database.transaction() as rows:
            return find_head(rows, path, version)

    @override
    def create(self, wish: NewDataset) -> DatasetRecord:
        if wish.place != LOCAL_PLACE:
            raise InvalidError(
                f"This catalogue has no such place: {wish.place!r:.60}",
                hint="leave place= out, or connect to a hub that declares it.",
            )
        policy = wish.policy or DatasetPolicy(DatasetPath.parse(wish.path).workgroup, wish.rights)
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
        row = (record.path, json.dumps(record.to_json()), json.dumps(policy.to_json()))
        try:
            with self._database.transaction() as rows:
                rows.execute("INSERT INTO dataset VALUES (?, ?, ?)", row)
                LocalKeys(rows, self._database.root, record.id).rotate()
        except sqlite3.IntegrityError as error:
            raise ConflictError(
                f"There is a dataset at this path already: {record.path}",
                hint="choose another name, or add a version to it.",
            ) from error
        return record

    @override
    def commit(self, path: str, head: Head, size_bytes: int) -> None:
        with self._database.transaction() as rows:
            record = self._database.record(rows, path)
            if head.epoch != max(LocalKeys(rows, self._database.root, record.id).open()):
                raise ConflictError(
                    f"The keys of {path} were rotated while the draft was open",
                    hint="open the newest version, apply the change to it and commit again.",
                )
            if record.version != head.parent:
                raise ConflictError(
                    f"Somebody has committed a version of {path} first",
                    hint="open the newest version, apply the change to it and commit again.",
                )
            row = (path, head.version, json.dumps(head.to_json()), size_bytes)
            rows.execute("INSERT INTO version VALUES (?, ?, ?, ?)", row)

    @override
    def abandon(self, path: str) -> None:
        with self._database.transaction() as rows:
            record = self._database.record(rows, path)
            if record.version is not None:
                raise ConflictError(
                    f"The dataset has versions: {path}", hint="keep it, or delete it by hand."
                )
            LocalKeys(rows, self._database.root, record.id).forget()
            rows.execute("DELETE FROM dataset WHERE path = ?", (path,))

    @override
    def notary(self) -> LocalNotary:
        place = Place.of_directory(LOCAL_PLACE, self.directory / "storage")
        return LocalNotary(self._database, place, self.recipients)
