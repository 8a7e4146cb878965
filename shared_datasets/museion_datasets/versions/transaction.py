"""How a draft begins, and how it ends: as one version, or without a trace.

The commit is the catalogue's: before it nothing is visible, after it everything is. What
happens around it is ordered so that dying at any moment leaves either the old version and
some unreferenced objects, or the new version.
"""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from museion_datasets.catalogue import Catalogue, DatasetAccess
from museion_datasets.display import stills
from museion_datasets.errors import DatasetsError, InvalidError, NotFoundError, UnavailableError
from museion_datasets.model import FORMAT_VERSION, Head, timestamp
from museion_datasets.recipients.keyfiles import publish
from museion_datasets.sealing.entry import Entry
from museion_datasets.sealing.manifest import WrittenManifest, open_manifest, write_manifest
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.identity import Identity, Reopen
from museion_datasets.versions.snapshot import Snapshot
from museion_datasets.versions.staging import Staging
from museion_datasets.versions.wish import DraftWish
from museion_datasets.versions.workplace import ReopenObjects, Workplace

_log = logging.getLogger(__name__)
_DESCRIPTION_KEY = "dataset.json"
_CHANGING = frozenset({"version", "size_bytes"})


@dataclass(frozen=True, slots=True)
class Means:
    """How other processes take part in a draft, by their own access.

    Attributes
    ----------
    reopen : callable
        Module-level function that opens the version it starts from.
    reopen_objects : callable
        Module-level function that opens the objects to add to.
    """

    reopen: Reopen
    reopen_objects: ReopenObjects


type OpenObjects = Callable[[DatasetAccess], SealedObjects]
"""Gives the sealed objects behind an access."""


@dataclass(slots=True)
class Transaction:
    """A draft between its begin and its end.

    Attributes
    ----------
    catalogue : Catalogue
        Takes the commit.
    access : DatasetAccess
        The dataset and the version it starts from.
    sealed : SealedObjects
        Its objects.
    staging : Staging
        What was written so far.
    """

    catalogue: Catalogue
    access: DatasetAccess
    sealed: SealedObjects
    staging: Staging

    def commit(self, message: str, moment: datetime) -> None:
        """Make what was written the newest version.

        On an error everything written is removed, unless the catalogue was asked and gave no
        answer: it may have taken the version all the same.

        Parameters
        ----------
        message : str
            What has changed, for people.
        moment : datetime.datetime
            Now.

        Raises
        ------
        DatasetsError
            If the catalogue refuses, or gives no answer.
        """
        own: list[Entry] = []
        try:
            head, size = self._prepare(message, moment, own)
        except BaseException:
            self.discard(own)
            raise
        try:
            self.catalogue.commit(self.access.record.path, head, size)
        except DatasetsError as error:
            if not isinstance(error, UnavailableError):
                self.discard(own)
            raise
        self.sealed.objects.keep_head(head.version, json.dumps(head.to_json()).encode())

    def discard(self, own: Iterable[Entry] = ()) -> None:
        """Remove what was written, as far as possible.

        Parameters
        ----------
        own : iterable of Entry
            The manifest's objects, if it was written.
        """
        for name in (*self.staging.written, *(entry.object_id for entry in own)):
            try:
                self.sealed.objects.delete(name)
            except UnavailableError:  # and so it would be for each of the others
                _log.warning("Abandoned objects stay in the storage until the next clean-up")
                break
            except DatasetsError:
                _log.warning("An abandoned object stays in the storage: %s", name)
        if self.access.head is None:
            try:
                self.catalogue.abandon(self.access.record.path)
            except DatasetsError:
                _log.warning("An empty dataset stays in the catalogue: %s", self.access.record.path)

    def _prepare(self, message: str, moment: datetime, own: list[Entry]) -> tuple[Head, int]:
        """Write the manifest, adding its objects to `own`; return head and size in bytes."""
        stills.refresh(self.staging)
        self.staging.put(_DESCRIPTION_KEY, _describe(self.access))
        entries = self.staging.entries()
        written = write_manifest(self.sealed, entries)
        own += (written.index, *written.pages)
        names = (*self.staging.written, *(entry.object_id for entry in own))
        self.sealed.objects.persist(names)
        publish(self.sealed.objects, self.access.key_files)
        size = sum(entry.ciphertext_bytes for entry in (*entries, *own))
        return self._head(written, len(entries), message, moment), size

    def _head(self, written: WrittenManifest, entries: int, message: str, moment: datetime) -> Head:
        """Return the head of the version to commit."""
        parent = self.access.head
        return Head(
            format=FORMAT_VERSION,
            dataset=self.access.record.id,
            version=1 if parent is None else parent.version + 1,
            parent=None if parent is None else parent.version,
            parent_root=None if parent is None else parent.manifest_root,
            manifest_object=written.index.object_id,
            manifest_root=written.root,
            entries=entries,
            epoch=self.access.epoch,
            author=self.catalogue.author(),
            created=timestamp(moment),
            message=message,
        )


def begin(
    catalogue: Catalogue,
    open_objects: OpenObjects,
    wish: DraftWish,
    means: Means | None = None,
) -> Transaction:
    """Begin a draft.

    Parameters
    ----------
    catalogue : Catalogue
        Makes the dataset if it is not there.
    open_objects : callable
        Gives the sealed objects behind an access.
    wish : DraftWish
        The dataset.
    means : Means, optional
        How workers in other processes take part.

    Returns
    -------
    Transaction
        It starts from the newest version.
    """
    access = _access(catalogue, wish)
    sealed = open_objects(access)
    inherited = () if access.head is None else open_manifest(sealed, access.head)
    workplace = base = None
    if means is not None:
        place = (catalogue.address, wish.path, sealed.dataset)
        workplace = Workplace(*place, sealed.epoch, means.reopen_objects, wish.purpose)
        if access.head is not None:
            identity = Identity(*place, access.head.version)
            base = Snapshot.arrive(identity, means.reopen, wish.purpose)
    return Transaction(catalogue, access, sealed, Staging(sealed, inherited, workplace, base))


def _access(catalogue: Catalogue, wish: DraftWish) -> DatasetAccess:
    """Return access to the dataset, made if need be.

    Raises
    ------
    InvalidError
        If the dataset is there and says otherwise.
    """
    try:
        access = catalogue.open_dataset(wish.path, wish.purpose)
    except NotFoundError:
        catalogue.create(wish.complete())
        return _open_new(catalogue, wish)
    contradictions = wish.contradictions(access)
    if contradictions and access.head is None:  # left by a draft that was killed
        catalogue.abandon(wish.path)
        catalogue.create(wish.complete())
        return _open_new(catalogue, wish)
    if contradictions:
        raise InvalidError(
            f"The dataset {wish.path} is there and differs in {', '.join(contradictions)}",
            hint="leave these out to add a version, or choose another name.",
        )
    return access


def _open_new(catalogue: Catalogue, wish: DraftWish) -> DatasetAccess:
    """Return access to a dataset that was just made; its own policy may demand a purpose."""
    purposes = wish.policy.purposes if wish.policy else ()
    return catalogue.open_dataset(wish.path, wish.purpose or next(iter(purposes), None))


def _describe(access: DatasetAccess) -> bytes:
    """Return the dataset's own copy of what the catalogue says about it."""
    record = access.record.to_json()
    return json.dumps({name: record[name] for name in record if name not in _CHANGING}).encode()
