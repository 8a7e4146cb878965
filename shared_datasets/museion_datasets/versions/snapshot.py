"""One version of a dataset, open for reading: its manifest, its objects and who asked.

Everything that reads (the zarr store, items, files, the verifier) stands on a `Snapshot`.
It never changes, is safe to use from several threads, and pickles without keys: the other
side asks its own library for access again.
"""

from bisect import bisect_left
from collections.abc import Buffer, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from museion_datasets.errors import IntegrityError, InvalidError, NotFoundError
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.policy import DatasetPolicy
from museion_datasets.sealing.entry import Entry
from museion_datasets.sealing.manifest import Keys, Manifest, open_manifest
from museion_datasets.sealing.sealed import SealedObjects

LEVEL_READ, LEVEL_CONTENT = 1, 2
_PREFIX_END = "\U0010ffff"

type Reopen = Callable[[str, str, int], "Snapshot"]
"""Module-level function that opens (address, path, version) in another process."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How another process finds the same version.

    Attributes
    ----------
    address : str
        The catalogue's address.
    reopen : callable
        Module-level function called with address, path and version.
    trusted_keys : callable
        Gives the keys that the catalogue stands for, to judge releases by.
    """

    address: str
    reopen: Reopen
    trusted_keys: Callable[[], Sequence[TrustedKey]] = tuple


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification has covered.

    Attributes
    ----------
    level : int
        1: everything decrypts and stands in its place, which excludes every outsider.
        2: the stored bytes also are exactly those committed, which excludes members who
        forge.
    objects : int
        Number of objects checked.
    size_bytes : int
        Their size in the storage.
    """

    level: int
    objects: int
    size_bytes: int


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
        self.record = record
        self.head = head
        self.sealed = sealed
        self.policy = policy
        self._origin = origin
        self._checking: Snapshot | None = None
        self.manifest: Manifest = open_manifest(sealed, head)

    def __repr__(self) -> str:
        return f"Snapshot({self.record.path!r}, version={self.head.version})"

    def __reduce__(self) -> tuple[object, ...]:
        place = (self._origin.address, self.record.path, self.head.version)
        if self.level == LEVEL_CONTENT:
            return (_reopen_checking, (self._origin.reopen, *place))
        return (self._origin.reopen, place)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and self.__identity() == other.__identity()

    def __hash__(self) -> int:
        return hash(self.__identity())

    def __identity(self) -> tuple[str, Head, int]:
        return (self._origin.address, self.head, self.level)

    @property
    def level(self) -> int:
        """At which level it is read, see `Verification`."""
        return LEVEL_CONTENT if self.sealed.checks_content else LEVEL_READ

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
            twin = object.__new__(Snapshot)  # and not __init__, which reads the manifest
            twin.__dict__.update(self.__dict__, sealed=self.sealed.checking_content())
            self._checking = twin
        return self._checking

    def trusted_keys(self) -> Sequence[TrustedKey]:
        """Return the keys that the catalogue stands for.

        Returns
        -------
        sequence of TrustedKey
            Empty if it does not answer.
        """
        return self._origin.trusted_keys()

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
                f"No such item in {self.record.path}: {key!r:.80}",
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


def _reopen_checking(reopen: Reopen, address: str, path: str, version: int) -> Snapshot:
    """Open a version at level 2 in another process."""
    return reopen(address, path, version).at_level(LEVEL_CONTENT)


def keys_under(keys: Sequence[str], prefix: str) -> Sequence[str]:
    """Return the keys that begin with a prefix.

    Parameters
    ----------
    keys : sequence of str
        Sorted.
    prefix : str
        Any text.

    Returns
    -------
    sequence of str
        A slice of `keys`.
    """
    return keys[_position(keys, prefix) : _position(keys, prefix + _PREFIX_END)]


def children(keys: Sequence[str], folder: str) -> list[str]:
    """Return the names directly inside a folder.

    Parameters
    ----------
    keys : sequence of str
        Sorted.
    folder : str
        Ends with a slash, or is empty for the top.

    Returns
    -------
    list of str
        Names of keys and of folders, each once.
    """
    names: list[str] = []
    at = _position(keys, folder)
    while at < len(keys) and keys[at].startswith(folder):
        name, slash, _ = keys[at][len(folder) :].partition("/")
        if name not in names[-1:]:
            names.append(name)
        at = _position(keys, f"{folder}{name}/{_PREFIX_END}") if slash else at + 1
    return list(dict.fromkeys(names))


def _position(keys: Sequence[str], key: str) -> int:
    """Return where a key stands, or would stand, without reading more pages than needed."""
    return keys.position(key) if isinstance(keys, Keys) else bisect_left(keys, key)
