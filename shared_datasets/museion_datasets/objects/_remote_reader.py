"""Reading parts of one remote object in few requests.

What is announced by `expect` is fetched when its first byte is asked for, up to a window
that bounds the memory. Every answer says how long the whole object is; that is held against
what the manifest says, so that no request is spent on asking.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, override

import obstore

from museion_datasets.errors import IntegrityError
from museion_datasets.objects._failures import MISSING_HINT
from museion_datasets.objects._protocol import ObjectReader
from museion_datasets.objects._remote_failures import remote_errors

if TYPE_CHECKING:
    from obstore import Bytes
    from obstore.store import S3Store

WINDOW_BYTES = 32 << 20


class RemoteReader(ObjectReader):
    """One object of a bucket; for one thread.

    Parameters
    ----------
    store : S3Store
        The dataset's prefix.
    path : str
        The object below it.
    """

    __slots__ = ("_expected", "_held", "_path", "_spans", "_store")

    def __init__(self, store: "S3Store", path: str) -> None:
        self._store, self._path = store, path
        self._expected: int | None = None
        self._spans: list[tuple[int, int]] = []
        self._held: list[tuple[int, Bytes | memoryview]] = []

    @property
    @override
    def size_bytes(self) -> int:
        if self._expected is None:
            with remote_errors("read", self._path):
                self._expected = int(obstore.head(self._store, self._path)["size"])
        return self._expected

    @override
    def expect(self, size_bytes: int, spans: Iterable[tuple[int, int]] = ()) -> None:
        self._expected = size_bytes
        self._spans = sorted(spans)

    @override
    def read_into(self, offset: int, out: memoryview) -> None:
        if not len(out):
            return
        end = offset + len(out)
        if not self._copy(offset, out):
            self._fetch(offset, end)
            self._copy(offset, out)

    def _copy(self, offset: int, out: memoryview) -> bool:
        """Fill `out` from what is held; return whether it could be."""
        for start, data in self._held:
            if start <= offset and offset + len(out) <= start + len(data):
                out[:] = memoryview(data)[offset - start : offset - start + len(out)]
                return True
        return False

    def _fetch(self, offset: int, end: int) -> None:
        """Fetch the announced part around `offset`, and the parts after it that fit."""
        spans = [span for span in self._spans if span[0] <= offset and end <= span[1]]
        stop = max(end, min(spans[0][1], offset + WINDOW_BYTES)) if spans else end
        self._held = [(offset, self._get(offset, stop))]
        room = WINDOW_BYTES - (stop - offset)
        further = []
        for start, last in self._spans:
            if start >= stop and last - start <= room:
                further.append((start, last))
                room -= last - start
        if further:
            self._held += self._get_many(further)

    def _get(self, start: int, stop: int) -> "Bytes":
        """Fetch one part, holding the object's length against what it has to be.

        Raises
        ------
        IntegrityError
            If it is another.
        """
        with remote_errors("read", self._path):
            answer = obstore.get(self._store, self._path, options={"range": (start, stop)})
            size, data = int(answer.meta["size"]), answer.bytes()
        if self._expected not in {None, size}:
            raise IntegrityError(
                f"A stored object has the wrong length: {size} bytes", hint=MISSING_HINT
            )
        _require_length(self._path, len(data), stop - start)
        return data

    def _get_many(self, spans: list[tuple[int, int]]) -> list[tuple[int, "Bytes"]]:
        """Fetch several parts at once."""
        starts, ends = [span[0] for span in spans], [span[1] for span in spans]
        with remote_errors("read", self._path):
            found = obstore.get_ranges(self._store, self._path, starts=starts, ends=ends)
        for (start, end), data in zip(spans, found, strict=True):
            _require_length(self._path, len(data), end - start)
        return list(zip(starts, found, strict=True))


def _require_length(path: str, found: int, wanted: int) -> None:
    """Raise unless the storage gave what was asked for.

    Raises
    ------
    IntegrityError
        If it gave less, or more.
    """
    if found != wanted:
        raise IntegrityError(f"A stored object is cut short: {path}", hint=MISSING_HINT)
