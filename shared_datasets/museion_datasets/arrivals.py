"""Gives what arrives pickled the access of this process.

A process that connected serves arrivals with its library; one that never did connects as
its environment says. A cluster's worker is *bound* to the cluster's library: what arrives
there is read under the cluster's grants and nothing else, whatever the process connects to
besides. Until a worker has been handed the cluster's token, arrivals wait for it a while.
"""

from threading import Condition
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from museion_datasets import environment
from museion_datasets.errors import ConflictError, KeyUnavailableError
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.snapshot import Snapshot

if TYPE_CHECKING:
    from museion_datasets.library import Library

WAIT_S: Final = 30.0
"""How long an arrival waits for a worker's access."""

_libraries: dict[str, "Library"] = {}
_bound: dict[str, "Library | None"] = {}
_changed = Condition()


def remember(address: str, library: "Library") -> None:
    """Serve arrivals of a catalogue with a library, unless the process is bound to another.

    Parameters
    ----------
    address : str
        The catalogue's address.
    library : Library
        In the place of the one before.
    """
    with _changed:
        _libraries[address] = library


def expect(address: str) -> None:
    """Let arrivals of a catalogue wait for the library to be bound.

    Parameters
    ----------
    address : str
        The catalogue's address.
    """
    with _changed:
        _bound.setdefault(address, None)


def bind(address: str, library: "Library") -> None:
    """Serve arrivals of a catalogue with this library alone.

    Parameters
    ----------
    address : str
        The catalogue's address.
    library : Library
        A cluster's.

    Raises
    ------
    ConflictError
        If the process is bound to another.
    """
    with _changed:
        if _bound.get(address) not in {None, library}:
            raise ConflictError(
                f"This process serves another cluster already: {address}",
                hint="start a worker of its own for each cluster.",
            )
        _bound[address] = library
        _changed.notify_all()


def release(address: str) -> None:
    """End what `expect` or `bind` began.

    Parameters
    ----------
    address : str
        The catalogue's address.
    """
    with _changed:
        _bound.pop(address, None)
        _changed.notify_all()


def find_bound(address: str) -> "Library | None":
    """Return the library that the process is bound to.

    Parameters
    ----------
    address : str
        The catalogue's address.

    Returns
    -------
    Library or None
        None if it is bound to none, or waits for one.
    """
    return _bound.get(address)


def reopen(address: str, path: str, version: int, purpose: str | None = None) -> Snapshot:
    """Open the version that a pickled store names.

    Parameters
    ----------
    address : str
        The catalogue's address.
    path : str
        Workgroup and name.
    version : int
        Counts from 1.
    purpose : str, optional
        What it was opened for.

    Returns
    -------
    Snapshot
        From those open if possible.
    """
    return _library(address, path).reopen(path, version, purpose)


def reopen_objects(
    address: str, path: str, epoch: int, purpose: str | None = None
) -> SealedObjects:
    """Open the objects to which a worker adds for a draft.

    Parameters
    ----------
    address : str
        The catalogue's address.
    path : str
        Workgroup and name.
    epoch : int
        Epoch of the key that the draft writes with.
    purpose : str, optional
        What the draft was begun for.

    Returns
    -------
    SealedObjects
        The newest epoch's, if it is another by now.
    """
    return _library(address, path).reopen_objects(path, epoch, purpose)


def _library(address: str, path: str) -> "Library":
    """Return what serves a catalogue's arrivals in this process, connecting if need be.

    Raises
    ------
    KeyUnavailableError
        If this process has no access to that catalogue.
    """
    if address in _bound:
        return _wait_for_bound(address, path)
    library = _libraries.get(address) or _connect(address)
    if library is None:
        raise KeyUnavailableError(
            f"This process has no access to the catalogue of {path}: {address}",
            hint="start the cluster from the workspace that opened the dataset.",
        )
    return library


def _wait_for_bound(address: str, path: str) -> "Library":
    """Return the cluster's library, as soon as the worker has been handed access.

    Raises
    ------
    KeyUnavailableError
        If nobody hands it access.
    """
    with _changed:
        _changed.wait_for(lambda: _bound.get(address) or address not in _bound, WAIT_S)
        library = _bound.get(address)
    if library is None:
        raise KeyUnavailableError(
            f"This worker was not given access to {path} within {WAIT_S:.0f} s",
            hint="run it again; if it stays, stop the cluster and start another one.",
        )
    return library


def _connect(address: str) -> "Library | None":
    """Connect as the address or the environment says, to this very catalogue only."""
    from museion_datasets.library import connect  # noqa: PLC0415 - the library imports this

    if urlsplit(address).scheme == "file":
        return connect(address)
    connection = environment.find_connection()
    if connection and connection.url.rstrip("/") == address:
        return connect(connection.url, connection.token, connection.storage)
    return None
