"""How an array is cut into chunks and shards.

A chunk is what is decoded at once; a shard is what one object holds. A cube with a spectral
axis is cut into pillars (all bands of a small window), and each pillar into chunks of
neighbouring bands: a spectrum costs one pillar, whose chunks lie together, and an image of
a few bands costs a few chunks of each pillar. Shards gather pillars to objects of some
32 MB. Other arrays get chunks of about 4 MB. Pure functions over shapes.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

SPECTRAL_DIMENSIONS = frozenset({"wavelength", "band", "energy", "channel", "plane"})
PILLAR_BYTES = 4 << 20
CHUNK_BANDS = 8
"""Least bands of a pillar's chunk: fewer cost more to read as spectra than images gain."""
PILLAR_CHUNKS = 32
"""Most chunks of a pillar, whatever the number of bands."""
CHUNK_BYTES = 4 << 20
SHARD_BYTES = 32 << 20
BLOCK_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Chunk and shard of an array.

    Attributes
    ----------
    chunks : tuple of int
        Shape of a chunk.
    shards : tuple of int or None
        Shape of a shard, a multiple of the chunk in each direction; None if each chunk is
        an object of its own.
    """

    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None

    @property
    def object_shape(self) -> tuple[int, ...]:
        """Shape of what one object holds."""
        return self.shards or self.chunks


def choose_layout(shape: Sequence[int], dims: Sequence[Hashable], item_bytes: int) -> Layout:
    """Choose a layout for an array of which nothing else is known.

    Parameters
    ----------
    shape : sequence of int
        Length along each dimension.
    dims : sequence of hashable
        Names of the dimensions.
    item_bytes : int
        Bytes of one value.

    Returns
    -------
    Layout
        Chunks, and shards where chunks are small.
    """
    spectral = [axis for axis, name in enumerate(dims) if name in SPECTRAL_DIMENSIONS]
    if prod(shape) * item_bytes <= CHUNK_BYTES or len(spectral) != 1 or len(shape) == 1:
        return Layout(_shrink(shape, item_bytes, CHUNK_BYTES, keep=()), None)
    pillar = _shrink(shape, item_bytes, PILLAR_BYTES, keep=spectral)
    chunks, pillar = _split(pillar, spectral[0])
    return Layout(chunks, _grow(pillar, shape, item_bytes, SHARD_BYTES))


def fit_layout(shape: Sequence[int], chunks: Sequence[int], shards: Sequence[int] | None) -> Layout:
    """Fit a wished layout to an array.

    Parameters
    ----------
    shape : sequence of int
        Length along each dimension.
    chunks : sequence of int
        Wished chunk.
    shards : sequence of int or None
        Wished shard.

    Returns
    -------
    Layout
        Chunks no longer than the array; shards rounded up to multiples of the chunk.
    """
    fitted = tuple(max(1, min(wish, length)) for wish, length in zip(chunks, shape, strict=True))
    if shards is None:
        return Layout(fitted, None)
    return Layout(
        fitted,
        tuple(
            max(1, -(-min(wish, -(-length // chunk) * chunk) // chunk)) * chunk
            for wish, length, chunk in zip(shards, shape, fitted, strict=True)
        ),
    )


def blocks(
    shape: Sequence[int], object_shape: Sequence[int], item_bytes: int
) -> Iterator[tuple[slice, ...]]:
    """Cut an array into blocks that fit in memory and respect the borders of objects.

    Parameters
    ----------
    shape, object_shape : sequence of int
        Of the array, and of what one object holds.
    item_bytes : int
        Bytes of one value.

    Yields
    ------
    tuple of slice
        One block.
    """
    block = _grow(tuple(object_shape), shape, item_bytes, BLOCK_BYTES)
    starts = (range(0, length, step) for length, step in zip(shape, block, strict=True))
    for corner in product(*starts):
        yield tuple(
            slice(start, min(start + step, length))
            for start, step, length in zip(corner, block, shape, strict=True)
        )


def task_chunks(
    sizes: Mapping[Hashable, int], dims: Sequence[Hashable], layout: Layout, item_bytes: int
) -> dict[Hashable, int]:
    """Choose the blocks of a lazy computation: whole objects, not too small.

    Parameters
    ----------
    sizes : mapping of hashable to int
        Length of each dimension.
    dims : sequence of hashable
        The array's dimensions in order.
    layout : Layout
        How the array is stored.
    item_bytes : int
        Bytes of one value.

    Returns
    -------
    dict of hashable to int
        Block length along each dimension.
    """
    shape = [sizes[name] for name in dims]
    block = _grow(layout.object_shape, shape, item_bytes, SHARD_BYTES)
    return {name: min(step, sizes[name]) for name, step in zip(dims, block, strict=True)}


def region_chunks(
    chunks: Sequence[Sequence[int]], layout: Layout, item_bytes: int
) -> tuple[int | tuple[int, ...], ...]:
    """Choose the blocks in which a lazy array is written: whole objects each.

    Parameters
    ----------
    chunks : sequence of sequence of int
        Lengths of the blocks in which it is computed, for each dimension.
    layout : Layout
        How it will be stored.
    item_bytes : int
        Bytes of one value.

    Returns
    -------
    tuple of int or tuple of int
        The same blocks where each begins and ends with an object; else one length for each
        dimension, near that of the blocks.
    """
    steps = layout.object_shape
    if all(
        not any(length % step for length in lengths[:-1])
        for lengths, step in zip(chunks, steps, strict=True)
    ):
        return tuple(map(tuple, chunks))
    shape = [sum(lengths) for lengths in chunks]
    wished = [
        max(1, min(max(lengths), length) // step) * step
        for lengths, length, step in zip(chunks, shape, steps, strict=True)
    ]
    fits = prod(wished) * item_bytes <= BLOCK_BYTES
    block = tuple(wished) if fits else steps
    return _grow(block, shape, item_bytes, SHARD_BYTES)


def _shrink(
    shape: Sequence[int], item_bytes: int, limit: int, keep: Sequence[int]
) -> tuple[int, ...]:
    """Halve the longest side that need not be kept whole until a chunk fits the limit."""
    chunk = [max(1, length) for length in shape]
    free = [axis for axis in range(len(chunk)) if axis not in keep]
    while prod(chunk) * item_bytes > limit and any(chunk[axis] > 1 for axis in free):
        axis = max(free, key=chunk.__getitem__)
        chunk[axis] = -(-chunk[axis] // 2)
    return tuple(chunk)


def _split(pillar: tuple[int, ...], axis: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a chunk of a pillar, and the pillar in whole chunks."""
    bands = max(1, pillar[axis])
    step = min(bands, max(CHUNK_BANDS, -(-bands // PILLAR_CHUNKS)))
    chunk, whole = list(pillar), list(pillar)
    chunk[axis], whole[axis] = step, -(-bands // step) * step
    return tuple(chunk), tuple(whole)


def _grow(
    start: tuple[int, ...], shape: Sequence[int], item_bytes: int, limit: int
) -> tuple[int, ...]:
    """Double the shortest side that can grow while the block stays within the limit."""
    block = list(start)
    while True:
        open_axes = [axis for axis, length in enumerate(shape) if block[axis] < length]
        if not open_axes or 2 * prod(block) * item_bytes > limit:
            return tuple(block)
        axis = min(open_axes, key=block.__getitem__)
        block[axis] *= 2
