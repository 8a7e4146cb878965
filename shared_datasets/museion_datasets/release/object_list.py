"""The public list of a version's stored objects: what a verifier without keys goes by.

It names every object, manifest and data alike, with length, segment length and content
root, and nothing of what they hold. Its first objects are the manifest's index and pages in
their order, from which the manifest root follows; the others come sorted by name, so that
one version has one list. Form (big-endian): the 15 bytes ``museion/objects``, a version
byte, the dataset's id, the number of manifest objects in 4 bytes and of all objects in 8;
then for each object its name (16 bytes), length (8), segment length (4) and content root
(32).
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from museion_datasets.errors import IntegrityError
from museion_datasets.evidence.statement import Listed
from museion_datasets.sealing import floe
from museion_datasets.sealing.entry import Entry
from museion_datasets.sealing.manifest import manifest_root
from museion_datasets.sealing.segments import DAMAGED_HINT, HEADER_BYTES, OVERHEAD_BYTES

ENCODING_VERSION = 1
MAX_LIST_BYTES = 1 << 30

_LABEL = b"museion/objects"
_HEADER = struct.Struct(">15sB16sIQ")
_RECORD = np.dtype([
    ("high", ">u8"),
    ("low", ">u8"),
    ("size", ">u8"),
    ("segment", ">u4"),
    ("root", "V32"),
])
_NAME_BYTES = 16
_ROOT_BYTES = 32
_MAX_OBJECT_BYTES = 1 << 62
_DAMAGED = "The list of objects is damaged"


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One stored object.

    Attributes
    ----------
    name : str
        Its name in the storage, 32 hexadecimal digits.
    size_bytes : int
        Length of the ciphertext.
    segment_bytes : int
        Length of a full segment.
    content_root : bytes
        Hash over the ciphertext, 32 bytes.
    """

    name: str
    size_bytes: int
    segment_bytes: int
    content_root: bytes


class ObjectList:
    """A version's stored objects.

    Parameters
    ----------
    dataset : str
        The dataset's id.
    manifest_objects : int
        How many of the first objects are the manifest's.
    records : (n,) structured array
        The objects, manifest first.
    """

    def __init__(self, dataset: str, manifest_objects: int, records: NDArray[np.void]) -> None:
        self.dataset = dataset
        self.manifest_objects = manifest_objects
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[ListedObject]:
        for high, low, size, segment, root in self._records.tolist():
            name = f"{high:016x}{low:016x}"
            yield ListedObject(name, size, segment, root)

    @property
    def size_bytes(self) -> int:
        """The objects' lengths, added up."""
        return int(self._records["size"].sum(dtype=np.uint64))

    @property
    def manifest_root(self) -> str:
        """The manifest root that follows from the first objects."""
        roots = self._records["root"][: self.manifest_objects]
        return manifest_root(roots.tolist())

    def names(self) -> set[str]:
        """Return all names.

        Returns
        -------
        set of str
            32 hexadecimal digits each.
        """
        pairs = zip(self._records["high"].tolist(), self._records["low"].tolist(), strict=True)
        return {f"{high:016x}{low:016x}" for high, low in pairs}

    def encode(self) -> bytes:
        """Return the list as stored.

        Returns
        -------
        bytes
            The same for the same version.
        """
        dataset = bytes.fromhex(self.dataset)
        header = _HEADER.pack(
            _LABEL, ENCODING_VERSION, dataset, self.manifest_objects, len(self._records)
        )
        return header + self._records.tobytes()


def list_objects(dataset: str, manifest: Iterable[Entry], entries: Iterable[Entry]) -> ObjectList:
    """List the objects of a version.

    Parameters
    ----------
    dataset : str
        The dataset's id.
    manifest : iterable of Entry
        The manifest's index, then its pages in order.
    entries : iterable of Entry
        What the manifest holds, in any order.

    Returns
    -------
    ObjectList
        Each object once.
    """
    own = [_record(entry) for entry in manifest]
    others = sorted({_record(entry) for entry in entries})
    return ObjectList(dataset, len(own), np.array([*own, *others], _RECORD))


def decode_object_list(data: bytes) -> ObjectList:
    """Read a list.

    Parameters
    ----------
    data : bytes
        As stored.

    Returns
    -------
    ObjectList
        Checked for its form: no object twice, in order, no impossible length.

    Raises
    ------
    IntegrityError
        If it is anything else.
    """
    if len(data) < _HEADER.size or len(data) > MAX_LIST_BYTES:
        raise IntegrityError(_DAMAGED, hint=DAMAGED_HINT)
    label, version, dataset, manifest_objects, objects = _HEADER.unpack_from(data)
    if label != _LABEL or version != ENCODING_VERSION:
        raise IntegrityError(
            "Not a list of objects that this version of museion reads", hint="update museion."
        )
    size = _HEADER.size + objects * _RECORD.itemsize
    if not 1 <= manifest_objects <= objects or len(data) != size:
        raise IntegrityError(_DAMAGED, hint=DAMAGED_HINT)
    records = np.frombuffer(data, _RECORD, offset=_HEADER.size)
    if not (_is_ordered(records, manifest_objects) and _is_possible(records)):
        raise IntegrityError(_DAMAGED, hint=DAMAGED_HINT)
    return ObjectList(dataset.hex(), manifest_objects, records)


def describe(encoded: bytes) -> Listed:
    """Return what a statement says of a list.

    Parameters
    ----------
    encoded : bytes
        As stored.

    Returns
    -------
    Listed
        Digests and sums.
    """
    objects = decode_object_list(encoded)
    return Listed(
        sha256=hashlib.sha256(encoded).hexdigest(),
        blake3=blake3(encoded, max_threads=blake3.AUTO).hexdigest(),
        objects=len(objects),
        size_bytes=objects.size_bytes,
    )


def _record(entry: Entry) -> tuple[int, int, int, int, bytes]:
    """Return an entry's line, whose sorting is that of the names."""
    return (
        int(entry.object_id[:_NAME_BYTES], 16),
        int(entry.object_id[_NAME_BYTES:], 16),
        entry.ciphertext_bytes,
        floe.segment_bytes_of(entry.header),
        entry.content_root,
    )


def _is_ordered(records: NDArray[Any], manifest_objects: int) -> bool:
    """Return whether no object comes twice, and those of the data come sorted."""
    names = np.stack([records["high"], records["low"]], axis=1).astype(np.uint64)
    high, low = names[manifest_objects:].T
    is_after = (high[1:] > high[:-1]) | ((high[1:] == high[:-1]) & (low[1:] > low[:-1]))
    own = {tuple(name) for name in names[:manifest_objects].tolist()}
    found = len(own) + int(np.count_nonzero(is_after)) + (len(high) > 0)
    return found == len(records) and not _appears(own, high, low)


def _appears(own: set[tuple[int, int]], high: NDArray[Any], low: NDArray[Any]) -> bool:
    """Return whether one of these names is among those sorted by `high`, then `low`."""
    for first, second in own:
        start, end = (
            np.searchsorted(high, np.uint64(first), "left"),
            np.searchsorted(high, np.uint64(first), "right"),
        )
        if np.any(low[start:end] == np.uint64(second)):
            return True
    return False


def _is_possible(records: NDArray[Any]) -> bool:
    """Return whether every length can be that of a sealed object."""
    size = records["size"].astype(np.uint64)
    segment = records["segment"].astype(np.uint64)
    shortest, longest = HEADER_BYTES + OVERHEAD_BYTES, floe.MAX_SEGMENT_BYTES
    return bool(
        np.all(size >= shortest)
        and np.all(size < _MAX_OBJECT_BYTES // max(1, len(records)))
        and np.all(segment > OVERHEAD_BYTES)
        and np.all(segment <= longest)
    )
