"""How another process, usually a Dask worker, takes part in a draft.

Nothing here holds a key: a `Workplace` names the dataset, and a `DraftView` names the
objects that a draft had when it was sent. Each process opens the dataset with its own
access, when it first reads or writes. To write takes the key of the draft's epoch; objects
that the draft has inherited from older epochs are read as part of the version it began with.
"""

from collections.abc import Buffer, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

from museion_datasets.departures import Departure, Mode, announce
from museion_datasets.errors import ConflictError
from museion_datasets.sealing.entry import Entry
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.snapshot import Snapshot

type ReopenObjects = Callable[[str, str, int, str | None], SealedObjects]
"""Module-level function that opens the objects of (address, path, epoch, purpose) elsewhere."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a draft is worked on.

    Attributes
    ----------
    address : str
        The catalogue's address.
    path : str
        Workgroup and name.
    dataset : str
        The dataset's id.
    epoch : int
        Epoch of the key that the draft writes with.
    reopen : callable
        Module-level function called with address, path, epoch and purpose.
    purpose : str, optional
        What the draft was begun for.
    """

    address: str
    path: str
    dataset: str
    epoch: int
    reopen: ReopenObjects
    purpose: str | None = None

    def __reduce__(self) -> tuple[object, ...]:
        announce(Departure(self.address, self.path, Mode.WRITE, purpose=self.purpose))
        return (Workplace, tuple(getattr(self, one.name) for one in fields(self)))

    def open(self) -> SealedObjects:
        """Open the dataset's objects in this process.

        Returns
        -------
        SealedObjects
            With keys that this process asked for itself.

        Raises
        ------
        ConflictError
            If the dataset was replaced or its key rotated since the draft began.
        """
        sealed = self.reopen(self.address, self.path, self.epoch, self.purpose)
        if (sealed.dataset, sealed.epoch) != (self.dataset, self.epoch):
            raise ConflictError(
                f"The key of {self.path} was rotated while the draft was open",
                hint="begin the draft again.",
            )
        return sealed


class DraftView:
    """What a draft held when it was sent, to read in another process.

    Parameters
    ----------
    workplace : Workplace
        How to find the dataset.
    entries : sequence of Entry
        What the draft held, by key.
    base : Snapshot, optional
        The version that the draft began with; needed for what older epochs have sealed.
    """

    def __init__(
        self, workplace: Workplace, entries: Sequence[Entry], base: Snapshot | None = None
    ) -> None:
        self._workplace = workplace
        self._all = tuple(entries)
        self._base = base

    def __repr__(self) -> str:
        return f"DraftView({self._workplace.path!r}, {len(self._all)} items)"

    def __reduce__(self) -> tuple[object, ...]:
        return (DraftView, (self._workplace, self._all, self._base))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DraftView) and self._all == other._all

    def __hash__(self) -> int:
        return hash((self._workplace.dataset, len(self._all)))

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key.

        Parameters
        ----------
        key : str
            A logical key.

        Returns
        -------
        Entry or None
            None if there is none.
        """
        return self._entries.get(key)

    def keys(self) -> Sequence[str]:
        """Return all logical keys.

        Returns
        -------
        sequence of str
            Sorted.
        """
        return list(self._entries)

    def read_ranges(self, entry: Entry, ranges: Iterable[tuple[int, Buffer]]) -> None:
        """Read parts of one object.

        Parameters
        ----------
        entry : Entry
            From `find`.
        ranges : iterable of (int, Buffer)
            First byte, and the buffer to fill from there.
        """
        is_older = entry.epoch != self._workplace.epoch
        source = self._base if is_older and self._base is not None else self._sealed
        source.read_ranges(entry, ranges)

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        """The entries by key."""
        return {entry.key: entry for entry in self._all}

    @cached_property
    def _sealed(self) -> SealedObjects:
        """The dataset's objects, opened at the first read."""
        return self._workplace.open()
