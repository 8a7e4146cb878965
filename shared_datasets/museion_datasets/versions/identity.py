"""Which version something is, how it is read, and how another process opens the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from museion_datasets.evidence.signing import TrustedKey

if TYPE_CHECKING:
    from museion_datasets.versions.snapshot import Snapshot

LEVEL_READ, LEVEL_CONTENT = 1, 2

type Reopen = Callable[[str, str, int, str | None], "Snapshot"]
"""Module-level function that opens (address, path, version, purpose) in another process."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How another process finds the same version.

    Attributes
    ----------
    address : str
        The catalogue's address.
    reopen : callable
        Module-level function called with address, path, version and purpose.
    purpose : str, optional
        What the version was opened for.
    trusted_keys : callable
        Gives the keys that the catalogue stands for, to judge releases by.
    """

    address: str
    reopen: Reopen
    purpose: str | None = None
    trusted_keys: Callable[[], Sequence[TrustedKey]] = tuple


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification has covered.

    Attributes
    ----------
    level : int
        1: everything decrypts and stands in its place, which excludes every outsider.
        2: the stored bytes also are exactly those committed, which excludes members who
        forge.
    objects : int
        Number of objects checked.
    size_bytes : int
        Their size in the storage.
    """

    level: int
    objects: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Which version it is, wherever it is.

    Attributes
    ----------
    address : str
        The catalogue's address.
    path : str
        Workgroup and name.
    dataset : str
        The dataset's id.
    version : int
        Counts from 1.
    level : int
        At which level it is read, see `Verification`.
    """

    address: str
    path: str
    dataset: str
    version: int
    level: int = LEVEL_READ
