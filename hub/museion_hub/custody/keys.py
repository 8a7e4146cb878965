"""Makes, shares and vends keys without ever showing one.

The chain is root key → key pair of a workgroup → key of a dataset, each with an epoch. A private
key is sealed under the root with workgroup and epoch as associated data; a dataset key is sealed
to each recipient with dataset, epoch and recipient as HPKE info. So a stored record that is
moved to another row does not open. A recipient is a workgroup, or somebody outside by public
key: the institution's recovery, or a partner; custody never holds the private half of these.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Never, Protocol

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_datasets.evidence.certificate import Certificate
from museion_datasets.log.tree import TreeHead
from museion_hub.custody import log_key, signers, snapshots
from museion_hub.custody.errors import SealedKeyError
from museion_hub.custody.log_key import LogCustody, SealedLogKey
from museion_hub.custody.signers import SealedSignerKey, SignerCustody
from museion_hub.custody.snapshots import SnapshotCustody


@dataclass(frozen=True, slots=True)
class RecipientKey:
    """A workgroup's key pair of one epoch, as stored."""

    workgroup: str
    epoch: int
    public: bytes = field(repr=False)
    sealed_private: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """What a key sealed to it is bound to."""
        return self.workgroup


@dataclass(frozen=True, slots=True)
class OutsideKey:
    """The public key of a recipient outside the hub, named by its fingerprint."""

    name: str
    public: bytes = field(repr=False)


type Target = RecipientKey | OutsideKey
"""To whom a dataset's key can be sealed."""


@dataclass(frozen=True, slots=True)
class SealedDataKey:
    """A dataset's key of one epoch, sealed to one recipient, as stored."""

    dataset: str
    epoch: int
    recipient: str
    sealed: bytes = field(repr=False)


class Custody(LogCustody, SignerCustody, SnapshotCustody, Protocol):
    """What the registry asks of whoever holds the keys."""

    def make_workgroup_key(self, workgroup: str, epoch: int) -> RecipientKey:
        """Make a workgroup's key pair for an epoch."""
        ...

    def require_opens(self, key: RecipientKey) -> None:
        """Refuse a key pair that was sealed under another root."""
        ...

    def make_data_key(
        self, dataset: str, epoch: int, recipients: Iterable[Target]
    ) -> list[SealedDataKey]:
        """Make a dataset's key for an epoch, sealed to each recipient."""
        ...

    def share(self, key: SealedDataKey, holder: RecipientKey, recipient: Target) -> SealedDataKey:
        """Seal a dataset's key to one more recipient."""
        ...

    def vend(self, key: SealedDataKey, holder: RecipientKey, public_key: bytes) -> bytes:
        """Seal a dataset's key to the ephemeral public key of the process that asked."""
        ...


class RootCustody:
    """Custody under a root key in this process's memory.

    Parameters
    ----------
    root_key : bytes
        32 bytes, from `open_root_key`.
    """

    __slots__ = ("__root",)

    def __init__(self, root_key: bytes) -> None:
        self.__root = root_key

    def __repr__(self) -> str:
        return "RootCustody()"

    def __reduce__(self) -> Never:
        raise TypeError("custody is never pickled")

    def make_workgroup_key(self, workgroup: str, epoch: int) -> RecipientKey:
        """Make a workgroup's key pair for an epoch."""
        pair = envelope.generate_keypair()
        info = _private_info(workgroup, epoch)
        sealed = envelope.wrap_under_root(self.__root, pair.private, info)
        return RecipientKey(workgroup, epoch, pair.public, sealed)

    def require_opens(self, key: RecipientKey) -> None:
        """Refuse a key pair that was sealed under another root.

        Raises
        ------
        SealedKeyError
            If it does not open.
        """
        self.__open_private(key)

    def make_data_key(
        self, dataset: str, epoch: int, recipients: Iterable[Target]
    ) -> list[SealedDataKey]:
        """Make a dataset's key for an epoch, sealed to each recipient."""
        key = envelope.generate_data_key()
        return [_seal(key, dataset, epoch, recipient) for recipient in recipients]

    def share(self, key: SealedDataKey, holder: RecipientKey, recipient: Target) -> SealedDataKey:
        """Seal a dataset's key to one more recipient.

        Raises
        ------
        SealedKeyError
            If the key does not open for its holder.
        """
        return _seal(self.__open_data_key(key, holder), key.dataset, key.epoch, recipient)

    def vend(self, key: SealedDataKey, holder: RecipientKey, public_key: bytes) -> bytes:
        """Seal a dataset's key to the ephemeral public key of the process that asked.

        Raises
        ------
        SealedKeyError
            If the key does not open for its holder.
        KeyUnavailableError
            If `public_key` is no public key.
        """
        info = envelope.vend_info(key.dataset, key.epoch)
        return envelope.seal(public_key, self.__open_data_key(key, holder), info)

    def make_log_key(self) -> SealedLogKey:
        """Make the keys with which the log signs."""
        return log_key.make_log_key(self.__root)

    def sign_checkpoint(self, key: SealedLogKey, head: TreeHead, time_s: int) -> str:
        """Sign what the log says of itself.

        Raises
        ------
        SealedKeyError
            If the log's keys do not open.
        """
        return log_key.sign_with(self.__root, key, head, time_s)

    def make_signer_key(self, owner: str) -> SealedSignerKey:
        """Make the key with which an account, or the institution, signs."""
        return signers.make_signer_key(self.__root, owner)

    def sign_statement(self, key: SealedSignerKey, statement: bytes) -> bytes:
        """Sign a statement as an account.

        Raises
        ------
        SealedKeyError
            If the key does not open, or is the institution's.
        """
        return signers.sign_statement(self.__root, key, statement)

    def sign_certificate(self, key: SealedSignerKey, certificate: Certificate) -> bytes:
        """Vouch for an account's public key as the institution.

        Raises
        ------
        SealedKeyError
            If the key does not open, or is an account's.
        """
        return signers.sign_certificate(self.__root, key, certificate)

    def seal_snapshot(self, workgroup: str, snapshot: str, page: bytes) -> bytes:
        """Seal a published page."""
        return snapshots.seal_snapshot(self.__root, workgroup, snapshot, page)

    def open_snapshot(self, workgroup: str, snapshot: str, sealed: bytes) -> bytes:
        """Open a published page.

        Raises
        ------
        SealedSnapshotError
            If it was altered, moved, or sealed under another root key.
        """
        return snapshots.open_snapshot(self.__root, workgroup, snapshot, sealed)

    def __open_data_key(self, key: SealedDataKey, holder: RecipientKey) -> bytes:
        info = envelope.wrap_info(key.dataset, key.epoch, key.recipient)
        private = self.__open_private(holder)
        try:
            return envelope.open_(private, key.sealed, info)
        except KeyUnavailableError:
            what = f"dataset {key.dataset} epoch {key.epoch} for {key.recipient}"
            raise SealedKeyError(what) from None

    def __open_private(self, key: RecipientKey) -> bytes:
        info = _private_info(key.workgroup, key.epoch)
        try:
            return envelope.unwrap_under_root(self.__root, key.sealed_private, info)
        except KeyUnavailableError:
            raise SealedKeyError(f"workgroup {key.workgroup} epoch {key.epoch}") from None


def _seal(data_key: bytes, dataset: str, epoch: int, recipient: Target) -> SealedDataKey:
    info = envelope.wrap_info(dataset, epoch, recipient.name)
    sealed = envelope.seal(recipient.public, data_key, info)
    return SealedDataKey(dataset, epoch, recipient.name, sealed)


def _private_info(workgroup: str, epoch: int) -> bytes:
    # Neither a slug nor a number contains a slash.
    return f"museion/workgroup-key/v1/{workgroup}/{epoch}".encode()
