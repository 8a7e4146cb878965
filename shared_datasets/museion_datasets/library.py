"""The library: every dataset that one process may open, through one catalogue.

``connect`` makes a library and remembers it, so that a store which arrives pickled finds
access in this process (`museion_datasets.arrivals`). Keys stay inside and are asked for anew
whenever a person opens a dataset.
"""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Unpack

from museion_datasets import arrivals, environment
from museion_datasets.arrays.fused import prefer_fused_pipeline
from museion_datasets.catalogue import (
    LOCAL_PLACE,
    Catalogue,
    DatasetAccess,
    LocalCatalogue,
    open_catalogue,
)
from museion_datasets.dataset import Dataset
from museion_datasets.draft import Draft
from museion_datasets.errors import (
    IntegrityError,
    InvalidError,
    KeyUnavailableError,
    NotFoundError,
)
from museion_datasets.home import storage_of
from museion_datasets.memory import protect_process
from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_datasets.objects import ObjectStore, open_objects
from museion_datasets.place import place_url
from museion_datasets.releasing import Releasing
from museion_datasets.sealing.held_keys import HeldKeys
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.sharing import Sharing
from museion_datasets.versions.orphans import ONE_DAY_S, ReadHeads, find_orphans, remove_orphans
from museion_datasets.versions.snapshot import LEVEL_READ, Origin, Snapshot
from museion_datasets.versions.transaction import Means
from museion_datasets.versions.wish import DraftTerms, DraftWish

_MAX_OPEN_SNAPSHOTS = 16


class Library(Sharing, Releasing):
    """The datasets of one catalogue. Safe to use from several threads.

    Parameters
    ----------
    catalogue : Catalogue
        Lists datasets and gives access.
    storage : Path or str
        Root of the sealed objects: a directory, or ``s3://bucket/prefix``.
    """

    def __init__(self, catalogue: Catalogue, storage: Path | str) -> None:
        self._catalogue = catalogue
        self._storage = place_url(storage)
        self._open: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()
        self._drafted: OrderedDict[tuple[str, int], SealedObjects] = OrderedDict()
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Library({self._catalogue.address!r})"

    def datasets(self) -> list[DatasetRecord]:
        """Return the datasets that we may open.

        Returns
        -------
        list of DatasetRecord
            In the catalogue's order.
        """
        return self._catalogue.records()

    def open(
        self,
        path: str,
        version: int | None = None,
        *,
        level: int = LEVEL_READ,
        purpose: str | None = None,
    ) -> Dataset:
        """Open a dataset.

        Parameters
        ----------
        path : str
            Workgroup and name, as in ``"murals/panel"``.
        version : int, optional
            The newest by default.
        level : int
            2 to let nothing be read but the bytes that were committed, whoever has written
            to the storage since; see `museion_datasets.versions.snapshot.Verification`.
        purpose : str, optional
            What for, as in ``"research"``; needed if the owner limits it, and written down.

        Returns
        -------
        Dataset
            An unchanging version.
        """
        DatasetPath.parse(path)
        access = self._catalogue.open_dataset(path, purpose)
        snapshot = self._snapshot(access, version, purpose)
        self._remember(snapshot)
        return Dataset(snapshot.at_level(level))

    def read_bytes(self, path: str, key: str, version: int | None = None) -> bytes:
        """Read one object of a dataset.

        Parameters
        ----------
        path : str
            Workgroup and name.
        key : str
            Logical key.
        version : int, optional
            The newest by default.

        Returns
        -------
        bytes
            Its bytes.
        """
        return self.open(path, version).read_bytes(key)

    def draft(self, path: str, **terms: Unpack[DraftTerms]) -> Draft:
        """Begin a version; use it in a ``with`` block, which commits once at its end.

        Parameters
        ----------
        path : str
            Workgroup and name. A dataset that is not there yet is made.
        **terms
            ``title``, ``kind``, ``rights`` and ``synthetic`` are needed for a new dataset;
            ``description``, ``policy`` and ``place`` may be left out. For one that is there
            they may only repeat what it says. ``purpose`` as for `open`. See
            `museion_datasets.versions.wish.DraftWish`.

        Returns
        -------
        Draft
            Nothing is visible to others before the block ends without an error.
        """
        means = Means(arrivals.reopen, arrivals.reopen_objects)
        return Draft(self._catalogue, self._sealed, DraftWish(path, **terms), means=means)

    def orphans(self, path: str, *, older_than_s: float = ONE_DAY_S) -> list[str]:
        """Return objects of a dataset that no version refers to.

        Parameters
        ----------
        path : str
            Workgroup and name.
        older_than_s : float
            Leave out younger ones, which may belong to a draft that is being written.

        Returns
        -------
        list of str
            Object names, sorted.
        """
        return find_orphans(*self._versions(path), older_than_s=older_than_s)

    def remove_orphans(self, path: str, *, older_than_s: float = ONE_DAY_S) -> int:
        """Delete objects of a dataset that no version refers to.

        Parameters
        ----------
        path : str
            Workgroup and name.
        older_than_s : float
            As for `orphans`.

        Returns
        -------
        int
            How many were deleted, unfinished uploads included.
        """
        return remove_orphans(*self._versions(path), older_than_s=older_than_s)

    def reopen(self, path: str, version: int, purpose: str | None = None) -> Snapshot:
        """Return a version that a pickled store names, from those open if possible.

        Parameters
        ----------
        path : str
            Workgroup and name.
        version : int
            Counts from 1.
        purpose : str, optional
            As it was opened for.

        Returns
        -------
        Snapshot
            The version.

        Raises
        ------
        KeyUnavailableError
            If this process has no access.
        """
        with self._lock:
            snapshot = self._open.get((path, version))
        if snapshot is None:
            try:
                access = self._catalogue.open_dataset(path, purpose)
                snapshot = self._snapshot(access, version, purpose)
            except NotFoundError as error:
                raise KeyUnavailableError(
                    f"This process has no access to {path}",
                    hint="start the cluster from the workspace that opened the dataset.",
                ) from error
            self._remember(snapshot)
        return snapshot

    def reopen_objects(self, path: str, epoch: int, purpose: str | None = None) -> SealedObjects:
        """Return the objects to which a worker adds for a draft, from those open if possible.

        Parameters
        ----------
        path : str
            Workgroup and name.
        epoch : int
            Epoch of the key that the draft writes with.
        purpose : str, optional
            As the draft was begun for.

        Returns
        -------
        SealedObjects
            The newest epoch's, if it is another by now.
        """
        with self._lock:
            sealed = self._drafted.get((path, epoch))
        if sealed is None:
            sealed = self._sealed(self._catalogue.open_dataset(path, purpose))
            self._remember_drafted(path, sealed)
        return sealed

    def _remember(self, snapshot: Snapshot) -> None:
        """Keep the last few open versions for stores that arrive pickled."""
        with self._lock:
            self._open[snapshot.record.path, snapshot.head.version] = snapshot
            if len(self._open) > _MAX_OPEN_SNAPSHOTS:
                self._open.popitem(last=False)

    def _remember_drafted(self, path: str, sealed: SealedObjects) -> None:
        """Keep the objects of the last few drafts that arrived."""
        with self._lock:
            self._drafted[path, sealed.epoch] = sealed
            if len(self._drafted) > _MAX_OPEN_SNAPSHOTS:
                self._drafted.popitem(last=False)

    def _snapshot(
        self,
        access: DatasetAccess,
        version: int | None,
        purpose: str | None,
        keys: HeldKeys | None = None,
    ) -> Snapshot:
        """Open a version.

        Raises
        ------
        NotFoundError
            If nothing was committed yet.
        """
        path = access.record.path
        head: Head | None = access.head
        if version is not None and (head is None or head.version != version):
            head = self._catalogue.head(path, version)
        if head is None:
            raise NotFoundError(
                f"Nothing was committed yet: {path}", hint="wait until its first draft is done."
            )
        origin = Origin(self._catalogue.address, arrivals.reopen, purpose, self.trusted_keys)
        return Snapshot(access.record, head, self._sealed(access, keys), origin, access.policy)

    def _versions(self, path: str) -> tuple[SealedObjects, ReadHeads]:
        """Return a dataset's objects, and what reads the heads of all its versions."""

        def read_heads() -> Iterator[Head]:
            newest = self._catalogue.open_dataset(path).head
            for version in range(1, (0 if newest is None else newest.version) + 1):
                yield self._catalogue.head(path, version)

        return self._sealed(self._catalogue.open_dataset(path)), read_heads

    def _sealed(self, access: DatasetAccess, keys: HeldKeys | None = None) -> SealedObjects:
        """Return the objects that an access opens, with its keys or with these.

        Raises
        ------
        IntegrityError
            If the catalogue points outside the dataset's directory.
        """
        workgroup = DatasetPath.parse(access.record.path).workgroup
        location = PurePosixPath(workgroup, access.record.id)
        if PurePosixPath(access.location) != location:
            raise IntegrityError(
                f"Not the directory of {access.record.path}: {access.location!r:.80}",
                hint="the catalogue is damaged: restore it from a backup.",
            )
        objects = self._objects(access, location)
        return SealedObjects(objects, access.record.id, access.epoch, keys or access.keys)

    def _objects(self, access: DatasetAccess, location: PurePosixPath) -> ObjectStore:
        """Return a dataset's directory, at the place that the catalogue names."""
        if access.place.name == LOCAL_PLACE:
            return open_objects(self._storage, str(location), environment.find_credentials())
        return open_objects(access.place.url, str(location), access.credentials)


def connect(url: str, token: str | None = None, storage: str | Path | None = None) -> Library:
    """Connect to a catalogue.

    Parameters
    ----------
    url : str
        Address of a registry service, or ``file:///directory`` for a catalogue without hub.
    token : str, optional
        Hub API token; needed for a registry.
    storage : str or Path, optional
        Root of the sealed objects: a directory, or ``s3://bucket/prefix``, whose keys come
        from the usual ``AWS_…`` variables. Needed for a registry; a local catalogue
        remembers it, and uses its own ``storage`` folder until it is told one.

    Returns
    -------
    Library
        Remembered for stores that arrive pickled in this process.

    Raises
    ------
    InvalidError
        If token or storage are missing, or the address is neither.
    """
    catalogue = open_catalogue(url, token)
    if isinstance(catalogue, LocalCatalogue):
        storage = storage_of(catalogue.directory, storage)
    if not storage:
        raise InvalidError(
            f"Nobody said where the objects of {catalogue.address} lie",
            hint="give storage=, a directory or s3://bucket/prefix.",
        )
    protect_process()
    prefer_fused_pipeline()
    library = Library(catalogue, storage)
    arrivals.remember(catalogue.address, library)
    return library
