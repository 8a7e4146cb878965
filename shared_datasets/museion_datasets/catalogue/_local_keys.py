"""The keys of a local catalogue: epochs under its root key, and copies for those outside.

Rows are read and written inside the caller's transaction. Outside may be an institution's
recovery key, from ``recovery.json`` in the catalogue's directory, and partners; a laptop
has no workgroups to share with.
"""

import sqlite3
from collections.abc import Callable, Mapping

from museion_datasets import envelope
from museion_datasets.memory import Keyring
from museion_datasets.recipients.keyfiles import KeyFile
from museion_datasets.recipients.recipient import Recipient, RecipientKind, outside_name

FIRST_EPOCH = 1
OWNER = "local"
TABLES = """
CREATE TABLE IF NOT EXISTS data_key (
    dataset TEXT NOT NULL, epoch INTEGER NOT NULL, wrapped BLOB NOT NULL,
    PRIMARY KEY (dataset, epoch));
CREATE TABLE IF NOT EXISTS outside (
    dataset TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
    public BLOB NOT NULL, PRIMARY KEY (dataset, name));
CREATE TABLE IF NOT EXISTS outside_key (
    dataset TEXT NOT NULL, epoch INTEGER NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (dataset, epoch, name));
"""


class LocalKeys:
    """One dataset's keys in an open transaction.

    Parameters
    ----------
    rows : sqlite3.Connection
        The transaction.
    root : callable
        Returns the root key.
    dataset : str
        The dataset's id.
    """

    def __init__(self, rows: sqlite3.Connection, root: Callable[[], bytes], dataset: str) -> None:
        self._rows = rows
        self._root = root
        self._dataset = dataset

    def open(self) -> Keyring:
        """Return the key of every epoch.

        Returns
        -------
        Keyring
            By epoch, ascending.
        """
        query = "SELECT epoch, wrapped FROM data_key WHERE dataset = ? ORDER BY epoch"
        found = self._rows.execute(query, (self._dataset,)).fetchall()
        root = self._root()
        return Keyring({
            epoch: envelope.unwrap_under_root(root, wrapped, self._info(epoch))
            for epoch, wrapped in found
        })

    def rotate(self) -> int:
        """Begin a new epoch with a fresh key for everybody who is a recipient now.

        Returns
        -------
        int
            The epoch.
        """
        query = "SELECT MAX(epoch) FROM data_key WHERE dataset = ?"
        (newest,) = self._rows.execute(query, (self._dataset,)).fetchone()
        epoch = FIRST_EPOCH if newest is None else int(newest) + 1
        key = envelope.generate_data_key()
        wrapped = envelope.wrap_under_root(self._root(), key, self._info(epoch))
        row = (self._dataset, epoch, wrapped)
        self._rows.execute("INSERT INTO data_key VALUES (?, ?, ?)", row)
        for name, public in self._outside():
            self._seal(name, public, {epoch: key})
        return epoch

    def add(self, kind: RecipientKind, label: str, public: bytes) -> None:
        """Seal every epoch's key to a recipient outside; nothing if it has been done.

        Parameters
        ----------
        kind : RecipientKind
            Recovery or partner.
        label : str
            Name for people.
        public : bytes
            The public key.
        """
        name = outside_name(public)
        row = (self._dataset, name, kind.value, label, public)
        self._rows.execute("INSERT OR IGNORE INTO outside VALUES (?, ?, ?, ?, ?)", row)
        query = "SELECT epoch FROM outside_key WHERE dataset = ? AND name = ?"
        done = {epoch for (epoch,) in self._rows.execute(query, (self._dataset, name))}
        missing = {epoch: key for epoch, key in self.open().items() if epoch not in done}
        self._seal(name, public, missing)

    def remove(self, name: str) -> bool:
        """Take a recipient outside away, its sealed keys included.

        Parameters
        ----------
        name : str
            As in `Recipient.name`.

        Returns
        -------
        bool
            Whether it was one.
        """
        of_it = (self._dataset, name)
        self._rows.execute("DELETE FROM outside_key WHERE dataset = ? AND name = ?", of_it)
        query = "DELETE FROM outside WHERE dataset = ? AND name = ?"
        return self._rows.execute(query, of_it).rowcount > 0

    def forget(self) -> None:
        """Delete everything of a dataset that never got a version."""
        for table in ("data_key", "outside", "outside_key"):
            self._rows.execute(f"DELETE FROM {table} WHERE dataset = ?", (self._dataset,))  # noqa: S608 - our own names

    def recipients(self) -> list[Recipient]:
        """Return who can open the keys.

        Returns
        -------
        list of Recipient
            This catalogue first.
        """
        mine = "SELECT epoch FROM data_key WHERE dataset = ? ORDER BY epoch"
        own = tuple(epoch for (epoch,) in self._rows.execute(mine, (self._dataset,)))
        query = "SELECT kind, name, label FROM outside WHERE dataset = ? ORDER BY kind DESC, name"
        others = self._rows.execute(query, (self._dataset,)).fetchall()
        theirs = "SELECT epoch FROM outside_key WHERE dataset = ? AND name = ? ORDER BY epoch"
        return [
            Recipient(RecipientKind.OWNER.value, OWNER, "This catalogue", own),
            *(
                Recipient(
                    kind,
                    name,
                    label,
                    tuple(e for (e,) in self._rows.execute(theirs, (self._dataset, name))),
                )
                for kind, name, label in others
            ),
        ]

    def files(self) -> dict[str, bytes]:
        """Return the key files that belong beside the objects.

        Returns
        -------
        dict of str to bytes
            By path, one for each epoch, also if nobody outside has its key.
        """
        epochs = "SELECT epoch FROM data_key WHERE dataset = ? ORDER BY epoch"
        found = self._rows.execute(epochs, (self._dataset,)).fetchall()
        sealed: dict[int, dict[str, bytes]] = {epoch: {} for (epoch,) in found}
        query = "SELECT epoch, name, sealed FROM outside_key WHERE dataset = ?"
        for epoch, name, key in self._rows.execute(query, (self._dataset,)):
            sealed[epoch][name] = key
        files = [KeyFile(self._dataset, epoch, keys) for epoch, keys in sealed.items()]
        return {file.path: file.encode() for file in files}

    def _outside(self) -> list[tuple[str, bytes]]:
        """Return name and public key of all recipients outside."""
        query = "SELECT name, public FROM outside WHERE dataset = ?"
        return list(self._rows.execute(query, (self._dataset,)).fetchall())

    def _seal(self, name: str, public: bytes, keys: Mapping[int, bytes]) -> None:
        """Seal keys to a recipient outside."""
        for epoch, key in keys.items():
            sealed = envelope.seal(public, key, envelope.wrap_info(self._dataset, epoch, name))
            row = (self._dataset, epoch, name, sealed)
            self._rows.execute("INSERT INTO outside_key VALUES (?, ?, ?, ?)", row)

    def _info(self, epoch: int) -> bytes:
        """Return the context of a key under the root."""
        return envelope.wrap_info(self._dataset, epoch, OWNER)
