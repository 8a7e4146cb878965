"""Whether the stored bytes are those of a list of objects. Needs no key.

Every listed object is there, has the listed length, and hashes to the listed content root.
Objects are read once, in pieces that stay in the processor's cache, by several threads.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, local

import numpy as np

from museion_datasets.errors import IntegrityError
from museion_datasets.objects import LocalObjects, ObjectReader, ObjectStore
from museion_datasets.release.object_list import ListedObject
from museion_datasets.sealing.content import ContentHash
from museion_datasets.sealing.segments import DAMAGED_HINT, HEADER_BYTES

LEVEL_PRESENCE, LEVEL_CONTENT = 1, 2
_PIECE_BYTES = 1 << 18  # fits the second-level cache, see `floe`
_THREADS_NEAR, _THREADS_FAR = 4, 16
_BATCH = 64
_MAX_DAMAGES = 1000

type Progress = Callable[[int, int], None]
"""Called with the number of objects and bytes checked since the last call."""


def require_stored(
    objects: ObjectStore,
    listed: Iterable[ListedObject],
    *,
    level: int = LEVEL_CONTENT,
    progress: Progress | None = None,
) -> None:
    """Check stored objects.

    Parameters
    ----------
    objects : ObjectStore
        Where they lie.
    listed : iterable of ListedObject
        What should be there.
    level : int
        1: each is there in its length. 2: each also is bit for bit what is listed.
    progress : callable, optional
        Called from several threads, one at a time.

    Raises
    ------
    IntegrityError
        If an object is missing or differs; names the first and tells how many.
    """
    check = _Check(objects, level, progress)
    is_near = isinstance(objects, LocalObjects)
    workers = max(_THREADS_NEAR, os.process_cpu_count() or 1) if is_near else _THREADS_FAR
    items = iter(listed)
    with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
        try:
            list(pool.map(check.run, [items] * workers))
        finally:
            check.is_over = True  # an interrupt stops the other threads too
    if check.damages:
        name, reason = min(check.damages)
        others = f", and {len(check.damages) - 1} more" if len(check.damages) > 1 else ""
        raise IntegrityError(f"{reason}: {name}{others}", hint=DAMAGED_HINT)


class _Check:
    """One check, shared by its threads."""

    def __init__(self, objects: ObjectStore, level: int, progress: Progress | None) -> None:
        self._objects = objects
        self._level = level
        self._progress = progress
        self._lock = Lock()
        self._scratch = local()
        self.damages: list[tuple[str, str]] = []
        self.is_over = False

    def run(self, items: Iterable[ListedObject]) -> None:
        """Take objects from `items`, which all threads share, until there are no more."""
        try:
            while batch := self._take(items):
                for item in batch:
                    self._one(item)
                if self._progress is not None:
                    with self._lock:
                        self._progress(len(batch), sum(item.size_bytes for item in batch))
        except BaseException:
            self.is_over = True
            raise

    def _take(self, items: Iterable[ListedObject]) -> list[ListedObject]:
        """Return the next objects, few when they are large."""
        batch: list[ListedObject] = []
        size = 0
        with self._lock:
            if not self.is_over and len(self.damages) < _MAX_DAMAGES:
                for item in items:
                    batch.append(item)
                    size += item.size_bytes
                    if len(batch) >= _BATCH or size >= _PIECE_BYTES:
                        break
        return batch

    def _one(self, item: ListedObject) -> None:
        """Check one object and note what is wrong with it."""
        try:
            with self._objects.reader(item.name) as reader:
                reason = self._find_damage(reader, item)
        except IntegrityError as error:
            reason = error.message.partition(":")[0]
        if reason:
            with self._lock:
                self.damages.append((item.name, reason))

    def _find_damage(self, reader: ObjectReader, item: ListedObject) -> str:
        """Return what is wrong with an object, or nothing."""
        if self._level < LEVEL_CONTENT:
            is_right = reader.size_bytes == item.size_bytes
            return "" if is_right else "A stored object has the wrong length"
        reader.expect(item.size_bytes, [(0, item.size_bytes)])
        is_right = self._hash(reader, item) == item.content_root
        return "" if is_right else "A stored object is not the one that was released"

    def _hash(self, reader: ObjectReader, item: ListedObject) -> bytes:
        """Return the content root of what is stored."""
        content = ContentHash(item.segment_bytes)
        step = max(1, _PIECE_BYTES // item.segment_bytes) * item.segment_bytes
        end = min(HEADER_BYTES + step, item.size_bytes)
        scratch = self._buffer(HEADER_BYTES + step)
        reader.read_into(0, scratch[:end])
        content.update(scratch[:HEADER_BYTES]).update(scratch[HEADER_BYTES:end])
        for offset in range(end, item.size_bytes, step):
            piece = scratch[: min(step, item.size_bytes - offset)]
            reader.read_into(offset, piece)
            content.update(piece)
        return content.digest()

    def _buffer(self, size: int) -> memoryview:
        """Return this thread's buffer, of at least `size` bytes."""
        buffer: memoryview | None = getattr(self._scratch, "buffer", None)
        if buffer is None or len(buffer) < size:
            buffer = memoryview(np.empty(max(size, _PIECE_BYTES), np.uint8))
            self._scratch.buffer = buffer
        return buffer
