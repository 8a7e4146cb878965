"""zarr's fused codec pipeline, with sealed chunks decoded where their values belong.

zarr gives a store no place to put what it reads: a chunk is decrypted into a buffer of its
own, decompressed into another and copied from there. At 8 MB that costs more than decrypting
it. Where a whole chunk falls on one contiguous part of the result and its codecs are of the
usual kinds, this pipeline fills that part directly. Everything else, other stores and other
arrays included, goes through zarr's own code.
"""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, override

import imagecodecs
import numpy as np
from zarr.abc.codec import GetResult
from zarr.codecs import BloscCodec, BytesCodec, ZstdCodec
from zarr.core.buffer import NDBuffer
from zarr.core.codec_pipeline import FusedCodecPipeline, _get_pool
from zarr.registry import register_pipeline
from zarr.storage import StorePath

from museion_datasets.arrays.store import SealedStore

type _Item = tuple[Any, Any, Any, Any, bool]
type _Bytes = np.ndarray[Any, np.dtype[np.uint8]]
type _Read = Callable[[SealedStore, str, _Bytes], bool]


class SealedCodecPipeline(FusedCodecPipeline):
    """The pipeline that a process uses for all its arrays."""

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
