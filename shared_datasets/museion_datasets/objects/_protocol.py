"""What an object layer implements."""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

_NAME_BYTES = 16
_NAME = re.compile(r"[0-9a-f]{32}")


def random_name() -> str:
    """Return a fresh object name.

    Returns
    -------
    str
        128 random bits as 32 hexadecimal digits.
    """
    return secrets.token_hex(_NAME_BYTES)


def is_object_name(name: str) -> bool:
    """Return whether `name` is one that `random_name` could have made.

    Parameters
    ----------
    name : str
        What a storage lists.

    Returns
    -------
    bool
        True for 32 hexadecimal digits.
    """
    return _NAME.fullmatch(name) is not None


class ObjectReader(Protocol):
    """One object, open for reading."""

    @property
    def size_bytes(self) -> int:
        """Length of the object as the storage reports it."""

    def expect(self, size_bytes: int, spans: Iterable[tuple[int, int]] = ()) -> None:
        """Say how long the object has to be, and which parts of it will be read.

        IntegrityError is raised if it has another length, at the latest by `read_into`. A
        storage far away fetches the spans (first byte, end) in as few requests as it can.
        """

    def read_into(self, offset: int, out: memoryview) -> None:
        """Fill `out` with the bytes from `offset` on; raise IntegrityError if there are fewer."""


class SealedBytes(Protocol):
    """The sealed objects. All methods may be called from several threads."""

    def reader(self, name: str) -> AbstractContextManager[ObjectReader]:
        """Open an object; raise IntegrityError if it is missing, at the latest when it is read."""

    def write(self, name: str, pieces: Iterable[memoryview]) -> None:
        """Store an object from its pieces; leave nothing behind on failure."""

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""

    def names(self, *, older_than_s: float) -> Iterator[str]:
        """Yield the names of all objects of at least that age, in no order."""

    def persist(self, names: Iterable[str]) -> None:
        """Return when the named objects would survive a power cut."""


class PublicFiles(Protocol):
    """Small unsealed files beside the objects, for whoever has no key."""

    def put_public(self, path: str, data: bytes) -> None:
        """Write a file as a whole, in place of what is there."""

    def get_public(self, path: str) -> bytes | None:
        """Return a file's bytes, or None."""

    def list_public(self, prefix: str) -> list[str]:
        """Return the paths that begin with `prefix`, which is a folder, sorted."""

    def keep_head(self, version: int, head: bytes) -> None:
        """Keep a copy of a committed head as ``heads/<version>.json``; never fails."""

    def remove_leftovers(self, *, older_than_s: float) -> int:
        """Remove uploads of at least that age that were never finished; return how many."""


class ObjectStore(SealedBytes, PublicFiles, Protocol):
    """One dataset's directory on a storage."""
