"""Keys and rules of a local catalogue's datasets, as a person changes them."""

import json
from dataclasses import replace

from museion_datasets.catalogue._local_database import LocalDatabase, find_policy
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.recipient import Partner, Recipient, RecipientKind, Revocation


class LocalSharing:
    """The second half of a local catalogue: recipients, epochs and policies.

    Parameters
    ----------
    database : LocalDatabase
        The catalogue's.
    """

    def __init__(self, database: LocalDatabase) -> None:
        self._database = database

    def share(self, path: str, recipient: str | Partner) -> list[Recipient]:
        """Let a partner read the dataset's directory, wherever it is copied to.

        Parameters
        ----------
        path : str
            Workgroup and name.
        recipient : Partner
            A public key.

        Returns
        -------
        list of Recipient
            All recipients.

        Raises
        ------
        InvalidError
            If it is a workgroup.
        """
        if not isinstance(recipient, Partner):
            raise InvalidError(
                f"A local catalogue has no workgroups to share with: {recipient!r:.60}",
                hint="connect to a hub, or share with a partner's public key.",
            )
        with self._database.keys(path) as keys:
            keys.add(RecipientKind.PARTNER, recipient.label, recipient.public)
            return keys.recipients()

    def revoke(self, path: str, recipient: str) -> Revocation:
        """Take a partner away and begin a new epoch.

        Parameters
        ----------
        path : str
            Workgroup and name.
        recipient : str
            As in `Recipient.name`.

        Returns
        -------
        Revocation
            What has happened. Copies of the directory stay where they are.

        Raises
        ------
        NotFoundError
            If it is no recipient.
        """
        with self._database.keys(path) as keys:
            if not keys.remove(recipient):
                raise NotFoundError(
                    f"No such recipient: {recipient!r:.80}", hint="look at recipients()."
                )
            epoch = keys.rotate()
        return Revocation(
            recipient,
            epoch,
            is_grant_removed=True,
            is_mount_removed=False,
            is_reencrypted=False,
        )

    def rotate(self, path: str) -> int:
        """Begin a new epoch for what is written from now on.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        int
            The epoch.
        """
        with self._database.keys(path) as keys:
            return keys.rotate()

    def recipients(self, path: str) -> list[Recipient]:
        """Return who can open the keys.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        list of Recipient
            This catalogue first.
        """
        with self._database.keys(path) as keys:
            return keys.recipients()

    def policy(self, path: str) -> DatasetPolicy:
        """Return what the owner allows.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        DatasetPolicy
            As it was set last.
        """
        with self._database.transaction() as rows:
            self._database.record(rows, path)
            return find_policy(rows, path)

    def set_policy(self, path: str, policy: DatasetPolicy) -> DatasetPolicy:
        """Replace the policy, and the record's rights with it.

        Parameters
        ----------
        path : str
            Workgroup and name.
        policy : DatasetPolicy
            The new one.

        Returns
        -------
        DatasetPolicy
            The same.
        """
        with self._database.transaction() as rows:
            record = replace(self._database.record(rows, path), rights=policy.rights, version=None)
            row = (json.dumps(policy.to_json()), json.dumps(record.to_json()), path)
            rows.execute("UPDATE dataset SET policy = ?, record = ? WHERE path = ?", row)
        return policy
