"""Seals everything that the newest version holds under the newest epoch's key.

`Library.rotate` protects what is written from now on; this protects what was written before,
too, against whoever kept an older key and can still reach the storage. Object by object is
decrypted in memory and sealed anew into a draft, which is committed as a version with the
same content. Work that was interrupted, or killed, goes on where it stood: its journal is
`museion_datasets.ingest.journal`'s. Older versions keep their objects, and stay readable with
the older keys, as long as they are kept.

An object is held in memory as a whole while it is sealed anew.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from threading import Event, Thread

from museion_datasets import environment
from museion_datasets.catalogue import Catalogue
from museion_datasets.errors import ConflictError, DatasetsError, UnavailableError
from museion_datasets.ingest.journal import Journal
from museion_datasets.sealing.entry import Entry
from museion_datasets.versions.snapshot import Snapshot
from museion_datasets.versions.transaction import OpenObjects, Transaction, begin
from museion_datasets.versions.wish import DraftWish

_TRIES = 3
_MESSAGE = "Sealed anew under the key of epoch {}"

type Progress = Callable[[int, int, str], None]
"""Told bytes done, bytes in all, and what is being sealed."""


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What was done.

    Attributes
    ----------
    version : int
        The newest version, all of one epoch.
    epoch : int
        That epoch.
    objects : int
        How many were sealed anew, those of interrupted runs included; 0 if there was
        nothing to do, and no version was made.
    resumed : int
        How many of them were left from an interrupted run.
    """

    version: int
    epoch: int
    objects: int
    resumed: int


@dataclass(frozen=True, slots=True)
class Task:
    """Which dataset to seal anew, and how it is reached.

    Attributes
    ----------
    catalogue : Catalogue
        Takes the commit.
    open_objects : callable
        Gives the sealed objects behind an access.
    path : str
        Workgroup and name.
    purpose : str or None
        What it is opened for, if the policy asks.
    """

    catalogue: Catalogue
    open_objects: OpenObjects
    path: str
    purpose: str | None = None


def epochs_in_use(snapshot: Snapshot) -> dict[int, int]:
    """Return how many objects of a version each epoch's key seals.

    Parameters
    ----------
    snapshot : Snapshot
        The version.

    Returns
    -------
    dict of int to int
        By epoch, ascending; with only the newest in it, everything is sealed anew.
    """
    manifest = snapshot.manifest
    return dict(sorted(Counter(entry.epoch for entry in (*manifest.objects, *manifest)).items()))


def reencrypt(
    task: Task, *, progress: Progress | None = None, stop: Event | None = None
) -> Rekeyed:
    """Seal a dataset's newest version under its newest epoch's key.

    Parameters
    ----------
    task : Task
        The dataset, as its owner reaches it.
    progress : callable, optional
        Told how far it is.
    stop : threading.Event, optional
        When set, the work is interrupted; the next call goes on there.

    Returns
    -------
    Rekeyed
        What was done.
    """
    name = hashlib.sha256(f"{task.catalogue.address} {task.path}".encode()).hexdigest()
    file = environment.find_cache_folder() / "rekey" / f"{name}.jsonl"
    with Journal(file) as journal:
        for _ in range(_TRIES - 1):
            with suppress(ConflictError):
                return _Run(task, journal, progress, stop or Event()).write()
            journal.close()
        return _Run(task, journal, progress, stop or Event()).write()


class Reencryption:
    """`reencrypt` in the background; show it in a notebook to see how far it is.

    Parameters
    ----------
    task : Task
        The dataset, as its owner reaches it.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._done = (0, 0)
        self._result: Rekeyed | None = None
        self._error: DatasetsError | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"Reencryption({self._task.path!r}, {self.share:.0%})"

    def _repr_html_(self) -> str:
        said = escape(f"{self._task.path}: {self.share:.0%} sealed anew")
        return f'<progress value="{self.share:.3f}" aria-label="{said}"></progress> {said}'

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        done, total = self._done
        return 1.0 if self._result else min(1.0, done / total) if total else 0.0

    def stop(self) -> None:
        """Interrupt the work; it goes on where it stood when it is begun again."""
        self._stop.set()
        self._thread.join()

    def wait(self, timeout_s: float | None = None) -> Rekeyed | None:
        """Wait for the end.

        Parameters
        ----------
        timeout_s : float, optional
            How long at most.

        Returns
        -------
        Rekeyed or None
            None while it is going on.

        Raises
        ------
        DatasetsError
            What has stopped it.
        """
        self._thread.join(timeout_s)
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        """Do it, in the thread; an error is kept for `wait`."""
        try:
            self._result = reencrypt(self._task, progress=self._note, stop=self._stop)
        except DatasetsError as error:
            self._error = error

    def _note(self, done_bytes: int, total_bytes: int, _what: str) -> None:
        self._done = (done_bytes, total_bytes)


class _Run:
    """One try at a version of the same content."""

    def __init__(
        self, task: Task, journal: Journal, progress: Progress | None, stop: Event
    ) -> None:
        self._task, self._journal, self._stop = task, journal, stop
        self._progress = progress or (lambda _done, _total, _what: None)

    def write(self) -> Rekeyed:
        """Seal what is left, and commit."""
        task = self._task
        wish = DraftWish(task.path, purpose=task.purpose)
        transaction = begin(task.catalogue, task.open_objects, wish)
        head, epoch = transaction.access.head, transaction.access.epoch
        old = [entry for entry in transaction.staging.entries() if entry.epoch != epoch]
        if head is None or (not old and head.epoch == epoch):
            self._journal.close()
            return Rekeyed(0 if head is None else head.version, epoch, 0, 0)
        self._seal(transaction, old)
        self._journal.forget()
        transaction.commit(_MESSAGE.format(epoch), datetime.now(UTC))
        self._journal.close()
        return Rekeyed(head.version + 1, epoch, len(old), self._journal.resumed_parts)

    def _seal(self, transaction: Transaction, old: list[Entry]) -> None:
        """Seal objects anew; what is done when an error comes is kept, if it can be resumed.

        Raises
        ------
        KeyboardInterrupt
            If the person has interrupted the work.
        UnavailableError
            If somebody else, or the storage has.
        """
        done, total = 0, sum(entry.plaintext_bytes for entry in old)
        self._journal.attach(transaction.staging)
        try:
            for entry in old:
                self._require_going_on()
                self._seal_one(transaction, entry)
                done += entry.plaintext_bytes
                self._progress(done, total, entry.key)
        except (KeyboardInterrupt, UnavailableError):
            self._journal.flush()
            raise
        except BaseException:
            self._journal.close()
            transaction.discard()
            raise

    def _seal_one(self, transaction: Transaction, entry: Entry) -> None:
        """Seal one object anew, unless an interrupted run has done it."""
        part = f"{entry.object_id}-{transaction.access.epoch}"
        if not self._journal.adopt(part, ""):
            sealed = transaction.sealed
            made = sealed.write(entry.key, entry.kind, sealed.read(entry))
            transaction.staging.adopt([made], "")
            self._journal.add(part, [made])

    def _require_going_on(self) -> None:
        """Raise if the work is to be interrupted.

        Raises
        ------
        UnavailableError
            When it is.
        """
        if self._stop.is_set():
            raise UnavailableError(
                f"Sealing {self._task.path} anew was interrupted",
                hint="begin it again: it goes on where it stood.",
            )
