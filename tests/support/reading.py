"""Counts the ciphertext that a dataset reads from its storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from museion_datasets.dataset import Dataset
from museion_datasets.objects import ObjectReader


@dataclass
class Reads:
    """What was read.

    Attributes
    ----------
    total : int
        Bytes.
    objects : int
        How often an object was opened.
    """

    total: int = 0
    objects: int = 0


@contextmanager
def count_reads(dataset: Dataset) -> Iterator[Reads]:
    """Count what is read of a dataset's objects inside the block."""
    store, reads = dataset.snapshot.sealed.objects, Reads()
    plain = store.reader

    @contextmanager
    def reader(name: str) -> Iterator[object]:
        reads.objects += 1
        with plain(name) as opened:
            yield _Counting(opened, reads)

    with patch.object(store, "reader", reader):
        yield reads


class _Counting:
    """A reader that passes everything on."""

    def __init__(self, reader: ObjectReader, reads: Reads) -> None:
        self._reader, self._reads = reader, reads

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def read_into(self, offset: int, out: memoryview) -> None:
        self._reads.total += len(out)
        self._reader.read_into(offset, out)
