"""What a library does with a dataset's keys and rules, beside reading and writing it."""

from typing import TYPE_CHECKING, Protocol

from museion_datasets.catalogue import Catalogue, DatasetAccess
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.keyfiles import publish
from museion_datasets.recipients.recipient import Partner, Recipient, Revocation
from museion_datasets.sealing.sealed import SealedObjects

if TYPE_CHECKING:
    from museion_datasets.versions.rekey import Reencryption


class _Openings(Protocol):
    """What `Sharing` needs of the library that it is part of."""

    _catalogue: Catalogue

    def _sealed(self, access: DatasetAccess) -> SealedObjects: ...


class Sharing:
    """Part of a `museion_datasets.library.Library`."""

    _catalogue: Catalogue

    def share(self: _Openings, path: str, recipient: str | Partner) -> list[Recipient]:
        """Let a workgroup, or a partner outside the hub, read a dataset. Nothing is copied.

        Parameters
        ----------
        path : str
            Workgroup and name.
        recipient : str or Partner
            A workgroup's slug, or a partner's public key.

        Returns
        -------
        list of Recipient
            All recipients, the owner first.
        """
        recipients = self._catalogue.share(path, recipient)
        if isinstance(recipient, Partner):
            _publish(self, path)
        return recipients

    def revoke(self: _Openings, path: str, recipient: str) -> Revocation:
        """Take a recipient's access away.

        Parameters
        ----------
        path : str
            Workgroup and name.
        recipient : str
            A name from `recipients`.

        Returns
        -------
        Revocation
            What has happened, and what has not; `reencrypt` does the rest.
        """
        revocation = self._catalogue.revoke(path, recipient)
        _publish(self, path)
        return revocation

    def rotate(self: _Openings, path: str) -> int:
        """Begin a new epoch: what is written from now on has a key of its own.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        int
            The new epoch.
        """
        epoch = self._catalogue.rotate(path)
        _publish(self, path)
        return epoch

    def reencrypt(self: _Openings, path: str, *, purpose: str | None = None) -> "Reencryption":
        """Seal everything in the newest version under the newest epoch's key, in the background.

        Parameters
        ----------
        path : str
            Workgroup and name.
        purpose : str, optional
            As for `museion_datasets.library.Library.open`.

        Returns
        -------
        Reencryption
            Shows how far it is; ``wait()`` for its end. Interrupted, it goes on when begun
            again.
        """
        from museion_datasets.versions.rekey import Reencryption, Task  # noqa: PLC0415 - rare

        return Reencryption(Task(self._catalogue, self._sealed, path, purpose))

    def recipients(self, path: str) -> list[Recipient]:
        """Return to whom a dataset's keys are sealed.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        list of Recipient
            The owner first.
        """
        return self._catalogue.recipients(path)

    def policy(self, path: str) -> DatasetPolicy:
        """Return what a dataset's owner allows.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        DatasetPolicy
            Owner, rights, jurisdictions, embargo and purposes.
        """
        return self._catalogue.policy(path)

    def set_policy(self, path: str, policy: DatasetPolicy) -> DatasetPolicy:
        """Replace what a dataset's owner allows.

        Parameters
        ----------
        path : str
            Workgroup and name.
        policy : DatasetPolicy
            The new one.

        Returns
        -------
        DatasetPolicy
            As the catalogue keeps it.
        """
        return self._catalogue.set_policy(path, policy)


def _publish(library: _Openings, path: str) -> None:
    """Put the key files beside the objects, where we may write."""
    purposes = library._catalogue.policy(path).purposes  # noqa: SLF001 - the class's other half
    access = library._catalogue.open_dataset(path, next(iter(purposes), None))  # noqa: SLF001
    publish(library._sealed(access).objects, access.key_files)  # noqa: SLF001
