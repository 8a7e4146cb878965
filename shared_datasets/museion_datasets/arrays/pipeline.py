"""zarr's fused codec pipeline, with sealed chunks decoded where their values belong.

zarr gives a store no place to put what it reads: a chunk is decrypted into a buffer of its
own, decompressed into another and copied from there. At 8 MB that costs more than decrypting
it. Where a whole chunk falls on one contiguous part of the result and its codecs are of the
usual kinds, this pipeline fills that part directly; a shard of which all chunks are wanted it
decodes chunk by chunk (`museion_datasets.arrays.shards`). Everything else, other stores and other
arrays included, goes through zarr's own code.

Chunks are written into a shard in the order of their indices, the last dimension fastest, where
zarr would take Morton's: the chunks of a cube's pillar lie together, and a spectrum is one
read. Readers find chunks by the shard's index, in whatever order.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Self, override

import imagecodecs
import numpy as np
from zarr.abc.codec import Codec, GetResult
from zarr.codecs import BloscCodec, BytesCodec, ShardingCodec, ZstdCodec
from zarr.core.buffer import NDBuffer
from zarr.core.codec_pipeline import FusedCodecPipeline, _get_pool
from zarr.registry import register_pipeline
from zarr.storage import StorePath

from museion_datasets.arrays.shards import read_shard
from museion_datasets.arrays.store import SealedStore

type _Item = tuple[Any, Any, Any, Any, bool]
type _Bytes = np.ndarray[Any, np.dtype[np.uint8]]
type _Read = Callable[[SealedStore, str, _Bytes], bool]


class SealedCodecPipeline(FusedCodecPipeline):
    """The pipeline that a process uses for all its arrays."""

    @override
    @classmethod
    def from_codecs(cls, codecs: Iterable[Codec], *, batch_size: int | None = None) -> Self:
        return super().from_codecs(map(_in_order, codecs), batch_size=batch_size)

    @override
    def read_sync(
        self,
        batch_info: Iterable[_Item],
        out: NDBuffer,
        drop_axes: tuple[int, ...] = (),
        max_workers: int = 1,
    ) -> tuple[GetResult, ...]:
        items = list(batch_info)
        read = partial(self._read_chunk, out=out, drop_axes=drop_axes)
        run = _get_pool(max_workers).map if max_workers > 1 and len(items) > 1 else map
        return tuple(run(read, items))

    def _read_chunk(self, item: _Item, out: NDBuffer, drop_axes: tuple[int, ...]) -> GetResult:
        """Read one chunk, directly if possible."""
        getter, read = item[0], None if drop_axes else self._direct_read()
        place = None if read is None else _find_place(item, out)
        if read is not None and place is not None and read(getter.store, getter.path, place):
            return GetResult(status="present")
        if not drop_axes and _read_shard(self.codecs, item, out):
            return GetResult(status="present")
        return super().read_sync([item], out, drop_axes)[0]

    def _direct_read(self) -> _Read | None:
        """Return what reads a chunk of these codecs to its place, or None."""
        match self.codecs:
            case (BytesCodec(endian=order), *_) if order not in {None, sys.byteorder}:
                return None
            case (BytesCodec(),):
                return SealedStore.read_into
            case (BytesCodec(), ZstdCodec()):
                return partial(_decompress, imagecodecs.zstd_decode)
            case (BytesCodec(), BloscCodec()):
                return partial(_decompress, partial(imagecodecs.blosc_decode, numthreads=1))
            case _:
                return None


def _in_order(codec: Codec) -> Codec:
    """Return a codec that writes the chunks of a shard in the order of their indices."""
    if isinstance(codec, ShardingCodec):
        return replace(codec, subchunk_write_order="lexicographic")
    return codec


def _read_shard(codecs: tuple[Codec, ...], item: _Item, out: NDBuffer) -> bool:
    """Read a part of a shard that needs all its chunks to its place, if that is possible."""
    getter, spec, selection, target, _ = item
    match codecs:
        case (ShardingCodec() as codec,) if _is_sealed(getter) and isinstance(selection, tuple):
            place: Any = out.as_ndarray_like()
        case _:
            return False
    is_view = isinstance(target, tuple) and all(isinstance(each, slice) for each in target)
    if not is_view or place.dtype != spec.dtype.to_native_dtype():
        return False
    place = place[target]
    if place.ndim != len(spec.shape) or len(selection) != len(spec.shape):
        return False
    return read_shard(codec, getter.store, getter.path, spec.shape, selection, place)


def _is_sealed(getter: object) -> bool:
    """Return whether a chunk comes from a sealed store."""
    return isinstance(getter, StorePath) and isinstance(getter.store, SealedStore)


def _find_place(item: _Item, out: NDBuffer) -> _Bytes | None:
    """Return the bytes of `out` that a chunk fills as a whole, or None."""
    getter, spec, _, selection, is_whole = item
    if not (is_whole and _is_sealed(getter)):
        return None
    place: Any = out.as_ndarray_like()[selection]
    fits = (
        isinstance(place, np.ndarray)
        and place.shape == spec.shape
        and place.dtype == spec.dtype.to_native_dtype()
        and place.dtype.isnative
        and place.flags.c_contiguous
    )
    return place.reshape(-1).view(np.uint8) if fits else None


def _decompress(decode: Callable[..., Any], store: SealedStore, key: str, out: _Bytes) -> bool:
    """Decompress a chunk into `out`; return whether it was there and filled it."""
    packed = store.get_sync(key)
    if packed is None:
        return False
    try:
        return len(decode(packed.as_numpy_array(), out=out)) == len(out)
    except (RuntimeError, ValueError):  # not what it says it is: zarr's own code tells
        return False


register_pipeline(SealedCodecPipeline)
