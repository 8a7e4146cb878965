"""The library of a cluster's worker: datasets that were granted, keys held on a lease."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import override
from weakref import WeakKeyDictionary

from museion_datasets import arrivals
from museion_datasets.arrays.fused import prefer_fused_pipeline
from museion_datasets.catalogue import DatasetAccess
from museion_datasets.catalogue._cluster import ClusterCatalogue
from museion_datasets.clusters.grants import Lease, Wish
from museion_datasets.clusters.keeper import LeaseKeeper
from museion_datasets.dataset import Dataset
from museion_datasets.departures import Mode
from museion_datasets.errors import KeyUnavailableError, NotFoundError, UnavailableError
from museion_datasets.library import Library
from museion_datasets.memory import protect_process
from museion_datasets.sealing.held_keys import HeldKeys
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.snapshot import LEVEL_READ, Snapshot


class _Held:
    """One exchange's keys: when they were asked for, what for, and how to ask again.

    Attributes
    ----------
    wish : Wish
        What they are needed for.
    since : float
        When they were last asked for.
    """

    def __init__(self, library: "ClusterLibrary", wish: Wish, since: float) -> None:
        self._library = library
        self.wish = wish
        self.since = since

    def is_valid(self) -> bool:
        """Tell whether the keys may be used at this moment."""
        return self._library.keeper.holds(self.since)

    def ask(self) -> Mapping[int, bytes]:
        """Return the dataset keys anew, by epoch."""
        since = self._library.clock()
        keys = self._library.exchange(self.wish).keys
        self.since = since
        return keys


class ClusterLibrary(Library):
    """What one worker of a cluster may open. Safe to use from several threads.

    Parameters
    ----------
    catalogue : ClusterCatalogue
        The registry, as the cluster sees it.
    storage : Path or str
        Root of the sealed objects, as the worker sees it.
    cluster : str
        The cluster's id.
    on_ended : callable
        Called when the cluster's token has ended.
    clock : callable
        The time in seconds.

    Attributes
    ----------
    cluster : str
        The cluster's id.
    keeper : LeaseKeeper
        Says for how long keys may be used.
    """

    def __init__(
        self,
        catalogue: ClusterCatalogue,
        storage: Path | str,
        cluster: str,
        *,
        on_ended: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(catalogue, storage)
        self.cluster = cluster
        self._registry = catalogue
        self.clock = clock
        self._all_held: WeakKeyDictionary[HeldKeys, _Held] = WeakKeyDictionary()
        self.keeper = LeaseKeeper(catalogue.lease, self._forget, on_ended=on_ended, clock=clock)

    def renew_token(self, token: str) -> None:
        """Go on with the cluster's newest token.

        Parameters
        ----------
        token : str
            Never shown.
        """
        self._registry.renew_token(token)

    def close(self) -> None:
        """Forget all keys, and serve arrivals no more."""
        self.keeper.stop()
        if arrivals.find_bound(self._registry.address) is self:
            arrivals.release(self._registry.address)

    @override
    def open(
        self,
        path: str,
        version: int | None = None,
        *,
        level: int = LEVEL_READ,
        purpose: str | None = None,
    ) -> Dataset:
        return Dataset(self._granted(Wish(path, Mode.READ, version, purpose)).at_level(level))

    @override
    def reopen(self, path: str, version: int, purpose: str | None = None) -> Snapshot:
        with self._lock:
            snapshot = self._open.get((path, version))
        return snapshot or self._granted(Wish(path, Mode.READ, version, purpose))

    @override
    def reopen_objects(self, path: str, epoch: int, purpose: str | None = None) -> SealedObjects:
        with self._lock:
            sealed = self._drafted.get((path, epoch))
        if sealed is None:
            access, keys = self._hold(Wish(path, Mode.WRITE, None, purpose))
            sealed = self._sealed(access, keys)
            self._remember_drafted(path, sealed)
        return sealed

    def exchange(self, wish: Wish) -> DatasetAccess:
        """Exchange a grant for access.

        Parameters
        ----------
        wish : Wish
            What is needed.

        Returns
        -------
        DatasetAccess
            As the registry gave it.

        Raises
        ------
        KeyUnavailableError
            If there is no such grant any more, or the registry does not answer.
        """
        try:
            return self._registry.open_granted(wish)
        except NotFoundError as error:
            raise KeyUnavailableError(
                f"The cluster has no grant for {wish.dataset}: it was revoked, or has expired",
                hint="run the cell again in the notebook that started the cluster; if it stays, "
                "ask a lead of the owning workgroup for access.",
            ) from error
        except UnavailableError as error:
            raise KeyUnavailableError(
                f"This worker holds no key to {wish.dataset}, and the registry does not answer",
                hint="run the cell again when it answers; nothing needs a restart.",
            ) from error

    def _granted(self, wish: Wish) -> Snapshot:
        """Open a version under a grant."""
        access, keys = self._hold(wish)
        snapshot = self._snapshot(access, wish.version, wish.purpose, keys)
        self._remember(snapshot)
        return snapshot

    def _hold(self, wish: Wish) -> tuple[DatasetAccess, HeldKeys]:
        """Exchange a grant, and hold its keys on the lease."""
        since = self.clock()
        access = self.exchange(wish)
        if wish.mode is Mode.READ and access.head is not None:
            wish = replace(wish, version=access.head.version)
        held = _Held(self, wish, since)
        keys = HeldKeys(access.keys, held)
        with self._lock:
            self._all_held[keys] = held
        return access, keys

    def _forget(self, lease: Lease | None, asked: float) -> None:
        """Forget the keys that a lease does not cover; those asked for later are not in it yet."""
        with self._lock:
            everything = list(self._all_held.items())
        for keys, held in everything:
            if lease is None or (held.since < asked and not lease.covers(held.wish)):
                keys.forget()


def connect_cluster(
    url: str,
    token: str,
    storage: str | Path,
    *,
    cluster: str,
    on_ended: Callable[[], None] = lambda: None,
) -> ClusterLibrary:
    """Connect a worker of a cluster to the registry, and bind the process to the cluster.

    What arrives pickled is opened under the cluster's grants from now on. In a process that
    is bound to it already, the same library goes on with the new token; one that is bound to
    another cluster raises `ConflictError`.

    Parameters
    ----------
    url : str
        Address of the registry service.
    token : str
        The cluster's; never shown.
    storage : str or Path
        Root of the sealed objects, as the worker sees it.
    cluster : str
        The cluster's id.
    on_ended : callable
        Called, in another thread, when the token has ended.

    Returns
    -------
    ClusterLibrary
        It renews its lease until it is closed.
    """
    address = url.rstrip("/")
    bound = arrivals.find_bound(address)
    if isinstance(bound, ClusterLibrary) and bound.cluster == cluster:
        bound.renew_token(token)
        return bound
    protect_process()
    prefer_fused_pipeline()
    library = ClusterLibrary(ClusterCatalogue(url, token), storage, cluster, on_ended=on_ended)
    arrivals.bind(address, library)
    library.keeper.start()
    return library
