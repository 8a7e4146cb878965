"""A whole shard decoded where its values belong, chunk by chunk through one small buffer.

zarr makes an array of its own for a shard, and one for each of its chunks, and copies twice. At
a few hundred chunks in a shard of 32 MB that costs as much as decompressing them. What is not
of the usual kind, or not all of a shard, is left to zarr; what a sealed store gives has been
authenticated, so the checksum of a shard's index is not looked at again.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec

from museion_datasets.arrays.store import SealedStore

_MISSING = np.iinfo(np.uint64).max
_CHECKSUM_BYTES = 4
_ENTRY_BYTES = 16

type Decode = Callable[..., Any]
type Values = NDArray[Any]


def read_shard(
    codec: ShardingCodec,
    store: SealedStore,
    key: str,
    shape: Sequence[int],
    selection: Sequence[Any],
    place: Values,
) -> bool:
    """Read a part of a shard that needs all its chunks.

    Parameters
    ----------
    codec : ShardingCodec
        How the shard is made.
    store : SealedStore
        Where it lies.
    key : str
        Under which key.
    shape : sequence of int
        Of the shard.
    selection : sequence of slice
        Which part, in the shard's own indices.
    place : array
        Where the values go; of the part's shape and the stored type.

    Returns
    -------
    bool
        Whether it was read; False if that is zarr's to do.
    """
    decode = _decoder(codec)
    parts = [
        _cut(each, length, step)
        for each, length, step in zip(selection, shape, codec.chunk_shape, strict=True)
    ]
    if decode is None or not place.dtype.isnative or not all(parts):
        return False
    blob = store.get_sync(key)
    if blob is None:
        return False
    content = np.asarray(blob.as_numpy_array())
    grid = [length // step for length, step in zip(shape, codec.chunk_shape, strict=True)]
    index = content[-_ENTRY_BYTES * prod(grid) - _CHECKSUM_BYTES : -_CHECKSUM_BYTES].view("<u8")
    chunk = np.empty(codec.chunk_shape, place.dtype)
    flat = chunk.reshape(-1).view(np.uint8)
    for (start, size), along in zip(index.reshape(-1, 2).tolist(), product(*parts), strict=True):
        packed = content[start : start + size] if start != _MISSING else content[:0]
        if not _fills(decode, packed, flat):
            return False
        place[tuple(target for target, _ in along)] = chunk[tuple(inside for _, inside in along)]
    return True


def _decoder(codec: ShardingCodec) -> Decode | None:
    """Return what decompresses a chunk, or None for shards of another kind."""
    match (codec.index_location, codec.index_codecs, codec.codecs):
        case (
            "end",
            (BytesCodec(endian="little"), Crc32cCodec()),
            (BytesCodec(endian=order), BloscCodec()),
        ) if order in {None, sys.byteorder}:
            return partial(imagecodecs.blosc_decode, numthreads=1)
        case _:
            return None


def _cut(part: Any, length: int, step: int) -> list[tuple[slice, slice]]:  # noqa: ANN401
    """Cut a part of an axis at the borders of chunks: where each goes, and what of the chunk.

    Empty unless the part has values of each chunk.
    """
    if not isinstance(part, slice):
        return []
    start, stop, stride = part.indices(length)
    if stride != 1 or start >= step or stop <= length - step:
        return []
    pieces = []
    for first in range(0, length, step):
        low, high = max(start, first), min(stop, first + step)
        pieces.append((slice(low - start, high - start), slice(low - first, high - first)))
    return pieces


def _fills(decode: Decode, packed: Values, flat: Values) -> bool:
    """Decompress a chunk; return whether it was there and of the right length."""
    if not len(packed):
        return False
    try:
        return len(decode(packed, out=flat)) == len(flat)
    except (RuntimeError, ValueError):  # not what it says it is: zarr's own code tells
        return False
