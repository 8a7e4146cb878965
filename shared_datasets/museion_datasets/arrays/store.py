"""The zarr store: arrays read and write sealed objects without knowing it.

`SealedStore` subclasses zarr's `Store` and writes every method of it here, the private
hooks and the synchronous twins included. It is no wrapper on purpose: zarr's fused codec
pipeline takes whatever shortcut it finds, and one inherited method that reached the files
would store plaintext. A test fails when an installed zarr brings a method we did not write.

A key that the manifest does not list is absent, which zarr reads as fill value. A key that
it lists and that the storage cannot give raises: damage never turns into data.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Literal, Protocol, Self, override

import numpy as np
from dask.base import normalize_token
from zarr.abc.store import ByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype

from museion_datasets.arrays.ranges import bounds, coalesce
from museion_datasets.sealing.entry import Entry
from museion_datasets.versions.snapshot import Snapshot, children, keys_under
from museion_datasets.versions.staging import Staging
from museion_datasets.versions.workplace import DraftView

_READ_ONLY = "store was opened in read-only mode and does not support writing"
_MAX_GAP_BYTES = 64 << 10  # what lies between is decrypted too; far storage merges more itself
_MAX_COALESCED_BYTES = 16 << 20


class Source(Protocol):
    """What a store reads from: a `Snapshot`, or the `Staging` of a draft."""

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key, or None."""

    def keys(self) -> Sequence[str]:
        """Return all keys, sorted."""

    def read_ranges(self, entry: Entry, ranges: Iterable[tuple[int, Any]]) -> None:
        """Fill buffers with parts of an object."""


class SealedStore(Store):
    """A dataset's items as zarr sees them.

    Parameters
    ----------
    source : Snapshot, Staging or DraftView
        A version, or a draft; only a draft can be written, where it was begun.
    read_only : bool
        Whether to refuse writing.
    """

    def __init__(self, source: Snapshot | Staging | DraftView, *, read_only: bool = False) -> None:
        super().__init__(read_only=read_only or not isinstance(source, Staging))
        self._source = source

    def __repr__(self) -> str:
        return f"SealedStore({self._source!r})"

    @override
    def __eq__(self, value: object) -> bool:
        return (
            isinstance(value, SealedStore)
            and value._source == self._source
            and value.read_only == self.read_only
        )

    def __hash__(self) -> int:
        return hash((self._source, self.read_only))

    def __reduce__(self) -> tuple[object, ...]:
        return (partial(SealedStore, self._source, read_only=self.read_only), ())

    def __dask_tokenize__(self) -> object:
        return normalize_token((self._source, self.read_only))

    @override
    @classmethod
    async def open(cls, *args: Any, **kwargs: Any) -> Self:
        store = cls(*args, **kwargs)
        await store._open()
        return store

    @override
    def with_read_only(self, read_only: bool = False) -> "SealedStore":
        return SealedStore(self._source, read_only=read_only)

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @override
    async def _open(self) -> None:
        if self._is_open:
            raise ValueError("store is already open")
        self._is_open = True

    @override
    async def _ensure_open(self) -> None:
        self._is_open = True

    @override
    def close(self) -> None:
        self._is_open = False

    @property
    @override
    def read_only(self) -> bool:
        return self._read_only

    @override
    def _check_writable(self) -> None:
        self.require_staging()

    @property
    @override
    def supports_writes(self) -> bool:
        return True

    @property
    @override
    def supports_deletes(self) -> bool:
        return True

    @property
    @override
    def supports_listing(self) -> bool:
        return True

    @property
    @override
    def supports_partial_writes(self) -> Literal[False]:
        return False

    @property
    @override
    def supports_consolidated_metadata(self) -> bool:
        return False  # the manifest already lists everything

    def get_sync(
        self,
        key: str,
        *,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Read a value or a part of it.

        Parameters
        ----------
        key : str
            A logical key.
        prototype : BufferPrototype, optional
            Which buffer class to return.
        byte_range : ByteRequest, optional
            Which part; all of it by default.

        Returns
        -------
        Buffer or None
            None if the dataset has no such key.
        """
        entry = self._source.find(key)
        if entry is None:
            return None
        start, stop = bounds(byte_range, entry.plaintext_bytes)
        array = np.empty(stop - start, np.uint8)
        self._source.read_ranges(entry, [(start, array)])
        return (prototype or default_buffer_prototype()).buffer.from_array_like(array)

    def read_into(self, key: str, out: np.ndarray[Any, Any]) -> bool:
        """Read a value to where its bytes belong.

        Parameters
        ----------
        key : str
            A logical key.
        out : ndarray
            Contiguous; as long as the value.

        Returns
        -------
        bool
            Whether it was filled: False if the value is missing or has another length.
        """
        entry = self._source.find(key)
        if entry is None or entry.plaintext_bytes != out.nbytes:
            return False
        self._source.read_ranges(entry, [(0, out)])
        return True

    @override
    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        return await asyncio.to_thread(
            self.get_sync, key, prototype=prototype, byte_range=byte_range
        )

    @override
    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        return await asyncio.gather(*(self.get(key, prototype, part) for key, part in key_ranges))

    @override
    async def _get_many(
        self, requests: Iterable[tuple[str, BufferPrototype, ByteRequest | None]]
    ) -> AsyncGenerator[tuple[str, Buffer | None]]:
        for key, prototype, byte_range in requests:
            yield key, await self.get(key, prototype, byte_range)

    @override
    def get_ranges_sync(
        self,
        key: str,
        byte_ranges: Sequence[ByteRequest | None],
        *,
        prototype: BufferPrototype,
        max_gap_bytes: int = _MAX_GAP_BYTES,
        max_coalesced_bytes: int = _MAX_COALESCED_BYTES,
    ) -> Sequence[tuple[int, Buffer | None]]:
        entry = self._source.find(key)
        if entry is None:
            if not byte_ranges:
                return []
            raise BaseExceptionGroup("chunk read failed", [FileNotFoundError(key)])
        ranges = [bounds(request, entry.plaintext_bytes) for request in byte_ranges]
        runs = coalesce(ranges, min(max_gap_bytes, _MAX_GAP_BYTES), max_coalesced_bytes)
        buffers = {run: np.empty(run[1] - run[0], np.uint8) for run in runs}
        self._source.read_ranges(entry, [(run[0], buffers[run]) for run in runs])
        make = prototype.buffer.from_array_like
        return [
            (index, make(buffers[run][ranges[index][0] - run[0] : ranges[index][1] - run[0]]))
            for run, members in runs.items()
            for index in members
        ]

    @override
    async def get_ranges(
        self,
        key: str,
        byte_ranges: Sequence[ByteRequest | None],
        *,
        prototype: BufferPrototype,
        max_concurrency: int = 10,
        max_gap_bytes: int = _MAX_GAP_BYTES,
        max_coalesced_bytes: int = _MAX_COALESCED_BYTES,
    ) -> AsyncIterator[Sequence[tuple[int, Buffer | None]]]:
        batch = await asyncio.to_thread(
            self.get_ranges_sync,
            key,
            byte_ranges,
            prototype=prototype,
            max_gap_bytes=max_gap_bytes,
            max_coalesced_bytes=max_coalesced_bytes,
        )
        if batch:
            yield batch

    @override
    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self._source.find, key) is not None

    @override
    async def getsize(self, key: str) -> int:
        entry = await asyncio.to_thread(self._source.find, key)
        if entry is None:
            raise FileNotFoundError(key)
        return entry.plaintext_bytes

    @override
    async def getsize_prefix(self, prefix: str) -> int:
        keys = keys_under(await self._keys(), _folder(prefix))
        return sum([await self.getsize(key) for key in keys])

    @override
    async def is_empty(self, prefix: str) -> bool:
        return not keys_under(await self._keys(), _folder(prefix))

    @override
    async def list(self) -> AsyncIterator[str]:
        for key in tuple(await self._keys()):
            yield key

    @override
    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in tuple(keys_under(await self._keys(), prefix)):
            yield key

    @override
    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        for name in children(await self._keys(), _folder(prefix)):
            yield name

    def set_sync(self, key: str, value: Buffer) -> None:
        """Store a value.

        Parameters
        ----------
        key : str
            A logical key.
        value : Buffer
            Its bytes.
        """
        self.require_staging().put(key, _contiguous(value))

    def delete_sync(self, key: str) -> None:
        """Remove a value, if it is there.

        Parameters
        ----------
        key : str
            A logical key.
        """
        self.require_staging().remove(key)

    @override
    async def set(self, key: str, value: Buffer) -> None:
        staging = self.require_staging()
        await asyncio.to_thread(staging.put, key, _contiguous(value))

    @override
    async def set_if_not_exists(self, key: str, value: Buffer) -> None:
        staging = self.require_staging()
        await asyncio.to_thread(staging.put, key, _contiguous(value), replace=False)

    @override
    async def _set_many(self, values: Iterable[tuple[str, Buffer]]) -> None:
        await asyncio.gather(*(self.set(key, value) for key, value in values))

    @override
    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self.require_staging().remove, key)

    @override
    async def delete_dir(self, prefix: str) -> None:
        await asyncio.to_thread(self.require_staging().remove_under, _folder(prefix))

    @override
    async def clear(self) -> None:
        await asyncio.to_thread(self.require_staging().remove_under, "")

    async def _keys(self) -> Sequence[str]:
        """Return all keys; the first call may read pages of the manifest."""
        return await asyncio.to_thread(self._source.keys)

    def require_staging(self) -> Staging:
        """Return the draft to write to.

        Returns
        -------
        Staging
            What the draft has written so far.

        Raises
        ------
        ValueError
            As zarr expects, if the store is read-only.
        """
        if self.read_only or not isinstance(self._source, Staging):
            raise ValueError(_READ_ONLY)
        return self._source


def _folder(prefix: str) -> str:
    """Return `prefix` as a folder: empty, or ending with one slash."""
    return f"{prefix.rstrip('/')}/" if prefix else ""


def _contiguous(value: Buffer) -> np.ndarray[Any, np.dtype[Any]]:
    """Return a value's bytes in one piece.

    Raises
    ------
    TypeError
        As zarr expects, if it is no buffer.
    """
    if not isinstance(value, Buffer):
        raise TypeError(f"value must be a Buffer instance: {type(value).__name__}")
    return np.ascontiguousarray(value.as_numpy_array())
