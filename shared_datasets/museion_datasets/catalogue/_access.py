"""What a catalogue answers, and what it has to implement."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from museion_datasets.catalogue._notary import Notary
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.place import Credentials, Place
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.recipient import Partner, Recipient, Revocation

LOCAL_PLACE = "local"
"""The place of the storage that a process was connected with."""


@dataclass(frozen=True, slots=True)
class DatasetAccess:
    """Permission to read a dataset: where it lies and the keys to it.

    Attributes
    ----------
    record : DatasetRecord
        The dataset.
    head : Head or None
        The newest version; None while nothing was committed.
    epoch : int
        The newest epoch, under which is written.
    keys : mapping of int to bytes
        The 32-byte key of every epoch that we may read; never shown, never pickled.
    location : str
        The dataset's directory below the storage root, as in ``"murals/<id>"``.
    policy : DatasetPolicy
        What the owner allows.
    place : Place
        Where the objects lie; with the name ``"local"``, in the storage that the process
        was connected with, whatever the place's address.
    credentials : Credentials or None
        Keys to a bucket, if the place is one.
    key_files : mapping of str to bytes
        Public files that belong beside the objects, by path: the keys as sealed to
        recipients outside. See `museion_datasets.recipients.keyfiles`.
    """

    record: DatasetRecord
    head: Head | None
    epoch: int
    keys: Mapping[int, bytes] = field(repr=False)
    location: str
    policy: DatasetPolicy
    place: Place
    credentials: Credentials | None = field(default=None, repr=False)
    key_files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class NewDataset:
    """What the person who makes a dataset says about it.

    Attributes
    ----------
    path : str
        Workgroup and name.
    title : str
        Title for people.
    kind : str
        One of `museion_datasets.model.DatasetKind`.
    rights : str
        Identifier of a rights statement.
    synthetic : bool
        Whether the data was computed rather than measured.
    description : str
        A paragraph for people; may be empty.
    policy : DatasetPolicy or None
        What the owner allows; None for everything, owned by the workgroup.
    place : str
        Name of the place for its objects.
    """

    path: str
    title: str
    kind: str
    rights: str
    synthetic: bool
    description: str
    policy: DatasetPolicy | None = None
    place: str = LOCAL_PLACE

    def to_json(self) -> dict[str, Any]:
        """Return the wish as a JSON object.

        Returns
        -------
        dict
            One member for each field.
        """
        policy = None if self.policy is None else self.policy.to_json()
        return {f.name: getattr(self, f.name) for f in fields(self)} | {"policy": policy}


class Catalogue(Protocol):
    """What a catalogue implements: datasets and versions first, then keys and rules.

    All methods may be called from several threads.

    Denied and missing look the same: NotFoundError.
    """

    address: str
    """Tells one catalogue from another, as in ``"http://127.0.0.1:8000/services/registry"``."""

    def author(self) -> str:
        """Return who commits.

        Returns
        -------
        str
            The token's account: a person or ``wg-<slug>``.
        """

    def records(self) -> list[DatasetRecord]:
        """Return the datasets that we may open.

        Returns
        -------
        list of DatasetRecord
            In the catalogue's order.
        """

    def open_dataset(self, path: str, purpose: str | None = None) -> DatasetAccess:
        """Return access to a dataset and its newest version.

        Parameters
        ----------
        path : str
            Workgroup and name.
        purpose : str, optional
            What for; needed if the owner limits it, and written down in any case.

        Returns
        -------
        DatasetAccess
            With the keys of all epochs that are ours to read.
        """

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
        InvalidError
            If it names a place that the catalogue does not have.
        """

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
            If somebody committed first, or the keys were rotated meanwhile.
        """

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

    def share(self, path: str, recipient: str | Partner) -> list[Recipient]:
        """Let a workgroup, or a partner outside the hub, read a dataset.

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

    def revoke(self, path: str, recipient: str) -> Revocation:
        """Take a recipient's access away and begin a new epoch.

        Parameters
        ----------
        path : str
            Workgroup and name.
        recipient : str
            As in `Recipient.name`.

        Returns
        -------
        Revocation
            What has happened, and what has not.
        """

    def rotate(self, path: str) -> int:
        """Begin a new epoch for what is written from now on.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        int
            The new epoch.
        """

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

    def policy(self, path: str) -> DatasetPolicy:
        """Return what a dataset's owner allows.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        DatasetPolicy
            As the catalogue keeps it.
        """

    def set_policy(self, path: str, policy: DatasetPolicy) -> DatasetPolicy:
        """Replace a dataset's policy; what was already opened or stored is not undone.

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

    def notary(self) -> Notary:
        """Return what signs releases on behalf of this catalogue.

        Returns
        -------
        Notary
            It, or whom it asks, has custody of the signing keys.
        """
