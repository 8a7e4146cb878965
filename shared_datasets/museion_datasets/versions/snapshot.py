"""One version of a dataset, open for reading: its manifest, its objects and who asked.

Everything that reads (the zarr store, items, files, the verifier) stands on a `Snapshot`.
It never changes, is safe to use from several threads, and pickles without keys: the other
side asks its own library for access again, not on arrival but when something is read. So a
Dask scheduler, which unpickles what it passes on, needs no access.
"""

from collections.abc import Buffer, Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import chain

from museion_datasets.departures import Departure, Mode, announce
from museion_datasets.errors import ConflictError, IntegrityError, InvalidError, NotFoundError
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.policy import DatasetPolicy
from museion_datasets.sealing.entry import Entry
from museion_datasets.sealing.manifest import Manifest, open_manifest
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.identity import (
    LEVEL_CONTENT,
    LEVEL_READ,
    Identity,
    Origin,
    Reopen,
    Verification,
)
from museion_datasets.versions.listing import children, keys_under

__all__ = [
    "LEVEL_CONTENT",
    "LEVEL_READ",
    "Identity",
    "Origin",
    "Snapshot",
    "Verification",
    "children",
    "keys_under",
]


@dataclass(frozen=True, slots=True)
class _Content:
    """What only who has access knows of a version."""

    record: DatasetRecord
    head: Head
    sealed: SealedObjects
    policy: DatasetPolicy | None
    manifest: Manifest
    trusted_keys: Callable[[], Sequence[TrustedKey]]


class Snapshot:
    """A version's items by logical key.

    Parameters
    ----------
    record : DatasetRecord
        The dataset.
    head : Head
        The version, as the catalogue gave it.
    sealed : SealedObjects
        The dataset's objects and key.
    origin : Origin
        How another process opens the same.
    policy : DatasetPolicy, optional
        What the owner allows, as the catalogue says.
    """

    def __init__(
        self,
        record: DatasetRecord,
        head: Head,
        sealed: SealedObjects,
        origin: Origin,
        policy: DatasetPolicy | None = None,
    ) -> None:
        level = LEVEL_CONTENT if sealed.checks_content else LEVEL_READ
        identity = Identity(origin.address, record.path, head.dataset, head.version, level)
        manifest = open_manifest(sealed, head)
        self._identity, self._reopen, self._purpose = identity, origin.reopen, origin.purpose
        self._content: _Content | None = _Content(
            record, head, sealed, policy, manifest, origin.trusted_keys
        )
        self._checking: Snapshot | None = None

    @classmethod
    def arrive(cls, identity: Identity, reopen: Reopen, purpose: str | None = None) -> "Snapshot":
        """Return a version that arrived from another process, to be opened when it is read.

        Parameters
        ----------
        identity : Identity
            Which one.
        reopen : callable
            Opens it in this process.
        purpose : str, optional
            What it was opened for.

        Returns
        -------
        Snapshot
            Equal to the one that was sent.
        """
        return cls._make(identity, reopen, purpose, None)

    @classmethod
    def _make(
        cls, identity: Identity, reopen: Reopen, purpose: str | None, content: _Content | None
    ) -> "Snapshot":
        """Return a version without reading its manifest."""
        snapshot = object.__new__(cls)
        snapshot._identity, snapshot._reopen, snapshot._purpose = identity, reopen, purpose
        snapshot._content, snapshot._checking = content, None
        return snapshot

    def __repr__(self) -> str:
        return f"Snapshot({self.path!r}, version={self._identity.version})"

    def __reduce__(self) -> tuple[object, ...]:
        one = self._identity
        announce(Departure(one.address, one.path, Mode.READ, one.version, self._purpose))
        return (Snapshot.arrive, (one, self._reopen, self._purpose))

    def __dask_tokenize__(self) -> tuple[object, ...]:
        return ("museion", *astuple(self._identity))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def path(self) -> str:
        """Workgroup and name."""
        return self._identity.path

    @property
    def level(self) -> int:
        """At which level it is read, see `Verification`."""
        return self._identity.level

    @property
    def record(self) -> DatasetRecord:
        """The dataset, as the catalogue describes it."""
        return self._opened.record

    @property
    def head(self) -> Head:
        """The version, as the catalogue gave it."""
        return self._opened.head

    @property
    def sealed(self) -> SealedObjects:
        """The dataset's objects and key."""
        return self._opened.sealed

    @property
    def policy(self) -> DatasetPolicy | None:
        """What the owner allows, as the catalogue says."""
        return self._opened.policy

    @property
    def manifest(self) -> Manifest:
        """What the version holds."""
        return self._opened.manifest

    def at_level(self, level: int) -> "Snapshot":
        """Return the same version, to be read at another level.

        At level 2, reading a part of an object for the first time reads all of it once, to
        know the digests of its segments.

        Parameters
        ----------
        level : int
            1 or 2, see `Verification`.

        Returns
        -------
        Snapshot
            Itself, or a twin that shares keys and manifest.

        Raises
        ------
        InvalidError
            If there is no such level, or level 1 is wanted of a version opened at level 2.
        """
        if level not in {LEVEL_READ, LEVEL_CONTENT} or level < self.level:
            raise InvalidError(f"No such level of reading: {level}", hint="use 1 or 2.")
        if level == self.level:
            return self
        if self._checking is None:
            identity = replace(self._identity, level=level)
            content = replace(self._opened, sealed=self.sealed.checking_content())
            self._checking = Snapshot._make(identity, self._reopen, self._purpose, content)
        return self._checking

    @property
    def _opened(self) -> _Content:
        """What the version holds, opened by this process's own access.

        Raises
        ------
        ConflictError
            If there is another dataset at its path by now.
        """
        if self._content is None:
            one = self._identity
            found = self._reopen(one.address, one.path, one.version, self._purpose)
            if found.head.dataset != one.dataset:
                raise ConflictError(
                    f"There is another dataset at this path by now: {one.path}",
                    hint="open it again.",
                )
            self._content = found.at_level(one.level)._opened  # noqa: SLF001 - of its own class
        return self._content

    def trusted_keys(self) -> Sequence[TrustedKey]:
        """Return the keys that the catalogue stands for.

        Returns
        -------
        sequence of TrustedKey
            Empty if it does not answer.
        """
        return self._opened.trusted_keys()

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key.

        Parameters
        ----------
        key : str
            A logical key.

        Returns
        -------
        Entry or None
            None if the version holds no such key, for certain.
        """
        return self.manifest.find(key)

    def keys(self) -> Sequence[str]:
        """Return all logical keys.

        Returns
        -------
        sequence of str
            Sorted.
        """
        return self.manifest.keys()

    def read_ranges(self, entry: Entry, ranges: Iterable[tuple[int, Buffer]]) -> None:
        """Read parts of one object.

        Parameters
        ----------
        entry : Entry
            From `find`.
        ranges : iterable of (int, Buffer)
            First byte, and the buffer to fill from there.
        """
        self.sealed.read_ranges(entry, ranges)

    def read(self, key: str) -> memoryview:
        """Read a whole object.

        Parameters
        ----------
        key : str
            A logical key.

        Returns
        -------
        memoryview
            Its bytes.
        """
        return self.sealed.read(self.require(key))

    def require(self, key: str) -> Entry:
        """Return the entry of a key.

        Parameters
        ----------
        key : str
            A logical key.

        Returns
        -------
        Entry
            What the manifest says.

        Raises
        ------
        NotFoundError
            If the version holds no such key.
        """
        entry = self.find(key)
        if entry is None:
            raise NotFoundError(
                f"No such item in {self.path}: {key!r:.80}",
                hint="print the dataset to see what it holds.",
            )
        return entry

    def verify(self, level: int) -> Verification:
        """Check every object of this version.

        Parameters
        ----------
        level : int
            1 or 2, see `Verification`.

        Returns
        -------
        Verification
            What was covered.

        Raises
        ------
        IntegrityError
            If an object is missing or altered; names the first and tells how many.
        InvalidError
            If there is no such level.
        """
        if level not in {LEVEL_READ, LEVEL_CONTENT}:
            raise InvalidError(f"No such level of verification: {level}", hint="use 1 or 2.")
        failures, count, size = [], 0, 0
        own = frozenset(entry.object_id for entry in self.manifest.objects)
        for entry in chain(self.manifest.objects, self.manifest):
            count, size = count + 1, size + entry.ciphertext_bytes
            try:
                if level == LEVEL_CONTENT:
                    self.sealed.verify_content(entry)
                if entry.object_id not in own:  # those were decrypted when they were listed
                    self.sealed.read(entry)
            except IntegrityError as error:
                failures.append(error)
        if failures:
            raise IntegrityError(
                f"{len(failures)} of {count} objects are damaged; the first: {failures[0].message}",
                hint=failures[0].hint,
            ) from failures[0]
        return Verification(level, count, size)
