"""What stops custody: somebody looks after the root key, or restores a backup."""

from enum import StrEnum

from museion_hub.errors import HubError


class CustodyErrorKind(StrEnum):
    """Stable names of what is wrong."""

    ROOT_KEY = "root_key"
    SEALED_KEY = "sealed_key"
    PRIVATE_FILE = "private_file"
    LOCKED = "locked"


class CustodyError(HubError):
    """Base of the errors of custody."""


class RootKeyError(CustodyError):
    """The file with the root key is missing, open to others, or damaged."""

    kind = CustodyErrorKind.ROOT_KEY


class PrivateFileError(CustodyError):
    """A file with a secret is missing, or others could have read it."""

    kind = CustodyErrorKind.PRIVATE_FILE


class LockedError(CustodyError):
    """The root key stays shut: no passphrase or token at hand, or a wrong one."""

    kind = CustodyErrorKind.LOCKED


class SealedKeyError(CustodyError):
    """A stored key does not open: it was altered, or sealed under another root key."""

    kind = CustodyErrorKind.SEALED_KEY

    def __init__(self, what: str) -> None:
        super().__init__(
            f"A stored key does not open: {what}",
            hint="restore root key and registry from one and the same backup",
        )


class SealedSnapshotError(CustodyError):
    """A published page does not open: it was altered, or sealed under another root key."""

    kind = CustodyErrorKind.SEALED_KEY

    def __init__(self, what: str) -> None:
        super().__init__(
            f"A published page does not open: {what}",
            hint="publish the notebook again, or restore root key and registry from one backup",
        )
