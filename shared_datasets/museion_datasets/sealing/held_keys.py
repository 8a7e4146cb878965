"""The keys of a dataset's objects, which their holder may have to forget and ask for again.

A kernel holds its keys as long as it likes. A worker of a cluster holds them on a lease: it
forgets them when the lease ends or no longer names the dataset, and asks anew at the next
read. What a read that is under way has taken out already, it may finish with.
"""

from collections.abc import Mapping
from threading import Lock
from typing import Never, Protocol

from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from museion_datasets.errors import KeyUnavailableError
from museion_datasets.memory import Keyring
from museion_datasets.sealing import floe

_OBJECT_KEY_LABEL = b"museion/object/v1"


class Lease(Protocol):
    """Under what keys are held."""

    def is_valid(self) -> bool:
        """Tell whether the keys may be used at this moment."""

    def ask(self) -> Mapping[int, bytes]:
        """Return the dataset keys anew, by epoch."""


class HeldKeys:
    """Object keys by epoch: never shown, never pickled. Safe to use from several threads.

    Parameters
    ----------
    keys : mapping of int to bytes
        The dataset key of each epoch that may be read, 32 bytes each.
    lease : Lease, optional
        Under what they are held; without one they are kept for good.
    """

    def __init__(self, keys: Mapping[int, bytes], lease: Lease | None = None) -> None:
        self.__ring: Keyring | None = _derived(keys)
        self._lease = lease
        self._asking = Lock()

    def __repr__(self) -> str:
        return f"HeldKeys({self.__ring!r})"

    def __reduce__(self) -> Never:
        raise KeyUnavailableError(
            "Keys do not leave the process that holds them",
            hint="send the dataset's path and open it there.",
        )

    @property
    def are_held(self) -> bool:
        """Whether any key is at hand."""
        return bool(self.__ring)

    def forget(self) -> None:
        """Drop the keys; they are asked for again when something is read."""
        self.__ring = None

    def find(self, epoch: int) -> bytes | None:
        """Return the key that seals an epoch's objects, asking for it if need be.

        Parameters
        ----------
        epoch : int
            Of the object.

        Returns
        -------
        bytes or None
            None if we may not read that epoch.
        """
        ring = self.__ring
        if self._lease is not None and not (ring and epoch in ring and self._lease.is_valid()):
            ring = self._renewed(ring, self._lease)
        return None if ring is None else ring.get(epoch)

    def _renewed(self, known: Keyring | None, lease: Lease) -> Keyring | None:
        """Ask for the keys again, once for all threads that miss them at the same time."""
        with self._asking:
            if self.__ring is known:
                if not lease.is_valid():
                    self.forget()
                self.__ring = _derived(lease.ask())
            return self.__ring


def _derived(keys: Mapping[int, bytes]) -> Keyring:
    """Derive the keys for objects from the dataset keys."""
    return Keyring({epoch: _object_key(key) for epoch, key in keys.items()})


def _object_key(data_key: bytes) -> bytes:
    """Derive the key for objects from a dataset key."""
    return HKDFExpand(SHA384(), floe.KEY_BYTES, _OBJECT_KEY_LABEL).derive(data_key)
