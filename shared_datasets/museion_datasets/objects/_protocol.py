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
        """Length of the object, as the storage reports it."""

    def expect(self, size_bytes: int, spans: Iterable[tuple[int, int]] = ()) -> None:
        """Say how long the object has to be, and which parts of it will be read.

        IntegrityError is raised if it has another length, at the latest by `read_into`. A
        storage far away fetches the spans (first byte, end) in as few requests as it can.
        """

    def read_into(self, offset: int, out: memoryview) -> None:
        """Fill `out` from `offset` on.

        Parameters
        ----------
        offset : int
            First byte.
        out : memoryview
            Where the bytes go.

        Raises
        ------
        IntegrityError
            If there are fewer.
        """


class SealedBytes(Protocol):
    """The sealed objects. All methods may be called from several threads."""

    def reader(self, name: str) -> AbstractContextManager[ObjectReader]:
        """Open an object.

        Parameters
        ----------
        name : str
            The object's name.

        Yields
        ------
        ObjectReader
            Usable inside the ``with`` block.

        Raises
        ------
        IntegrityError
            If it is missing.
        """

    def write(self, name: str, pieces: Iterable[memoryview]) -> None:
        """Store an object.

        Parameters
        ----------
        name : str
            A fresh name.
        pieces : iterable of memoryview
            Its bytes in order; each piece is copied before the next is asked for.
        """

    def delete(self, name: str) -> None:
        """Remove an object, if it is there.

        Parameters
        ----------
        name : str
            The object's name.
        """

    def names(self, *, older_than_s: float) -> Iterator[str]:
        """Yield the names of all objects of at least that age, by the storage's clock.

        Parameters
        ----------
        older_than_s : float
            Age in seconds.

        Yields
        ------
        str
            In no order; what does not look like an object of ours is left out.
        """

    def persist(self, names: Iterable[str]) -> None:
        """Make sure that the named objects are there; the storage has them on disk by then.

        Parameters
        ----------
        names : iterable of str
            Objects written before.

        Raises
        ------
        IntegrityError
            If one is missing, as after a clean-up that took the draft for abandoned.
        """


class PublicFiles(Protocol):
    """Small unsealed files beside the objects, for whoever has no key."""

    def put_public(self, path: str, data: bytes) -> None:
        """Write a public file as a whole, in place of what is there.

        Parameters
        ----------
        path : str
            Below the dataset's directory, as in ``"releases/3/objects"``.
        data : bytes
            What it holds.
        """

    def get_public(self, path: str) -> bytes | None:
        """Return a public file's bytes.

        Parameters
        ----------
        path : str
            Below the dataset's prefix.

        Returns
        -------
        bytes or None
            None if there is none.

        Raises
        ------
        IntegrityError
            If it is longer than a public file can be.
        """

    def list_public(self, prefix: str) -> list[str]:
        """Return the paths of the public files in a folder.

        Parameters
        ----------
        prefix : str
            A folder, as in ``"releases/"``.

        Returns
        -------
        list of str
            Sorted.
        """

    def keep_head(self, version: int, head: bytes) -> None:
        """Keep a copy of a committed head as ``heads/<version>.json``.

        Nothing reads it in normal work: a reader trusts the catalogue's head only. So a
        failure is logged and the commit stands.

        Parameters
        ----------
        version : int
            Counts from 1.
        head : bytes
            The head as JSON.
        """

    def remove_leftovers(self, *, older_than_s: float) -> int:
        """Remove uploads in parts that were never finished.

        Parameters
        ----------
        older_than_s : float
            Age in seconds, by the storage's clock.

        Returns
        -------
        int
            How many there were; none are looked for without keys of our own.
        """


class ObjectStore(SealedBytes, PublicFiles, Protocol):
    """One dataset's directory on a storage."""
