"""Layouts keep chunks and shards within their sizes, whatever the array."""

from math import prod

import pytest

from museion_datasets.arrays.layout import (
    CHUNK_BANDS,
    CHUNK_BYTES,
    PILLAR_BYTES,
    PILLAR_CHUNKS,
    SHARD_BYTES,
    Layout,
    blocks,
    choose_layout,
    fit_layout,
    task_chunks,
)

CUBE = (2000, 1600, 240)
DIMS = ("y", "x", "wavelength")


@pytest.mark.parametrize("bands", [18, 186, 240, 256, 4096])
def test_cube_is_cut_into_pillars_of_few_chunks_that_lie_in_one_object(bands: int) -> None:
    layout = choose_layout((2000, 1600, bands), DIMS, 2)
    rows, columns, step = layout.chunks
    assert step >= CHUNK_BANDS
    assert -(-bands // step) <= PILLAR_CHUNKS
    assert rows * columns * bands * 2 <= PILLAR_BYTES
    assert layout.shards is not None
    assert bands <= layout.shards[2] < bands + step
    assert PILLAR_BYTES < prod(layout.shards) * 2 <= SHARD_BYTES
    assert all(s % c == 0 for s, c in zip(layout.shards, layout.chunks, strict=True))


def test_small_array_is_one_chunk() -> None:
    assert choose_layout((100, 100, 8), DIMS, 2) == Layout((100, 100, 8), None)


def test_image_is_cut_into_chunks_without_shards() -> None:
    layout = choose_layout((9000, 7000), ("y", "x"), 4)
    assert layout.shards is None
    assert prod(layout.chunks) * 4 <= CHUNK_BYTES


def test_array_without_length_still_has_a_chunk() -> None:
    assert choose_layout((0, 5), ("y", "x"), 4).chunks == (1, 5)
    assert choose_layout((), (), 8).chunks == ()


@pytest.mark.parametrize(
    ("chunks", "shards", "expected"),
    [
        ((10, 10), None, Layout((10, 10), None)),
        ((99, 99), None, Layout((25, 30), None)),
        ((10, 10), (20, 20), Layout((10, 10), (20, 20))),
        ((10, 10), (15, 99), Layout((10, 10), (20, 30))),
    ],
)
def test_wished_layout_is_fitted_to_the_array(
    chunks: tuple[int, int], shards: tuple[int, int] | None, expected: Layout
) -> None:
    assert fit_layout((25, 30), chunks, shards) == expected


def test_blocks_cover_the_array_once_and_respect_objects() -> None:
    seen = set()
    for rows, columns in blocks((50, 33), (8, 4), 1 << 18):
        assert rows.start % 8 == 0
        assert columns.start % 4 == 0
        cells = {(y, x) for y in range(50)[rows] for x in range(33)[columns]}
        assert not seen & cells
        seen |= cells
    assert len(seen) == 50 * 33


def test_tasks_cover_whole_objects() -> None:
    layout = Layout((8, 8, 240), (256, 256, 240))
    chunks = task_chunks(dict(zip(DIMS, CUBE, strict=True)), DIMS, layout, 2)
    assert chunks == {"y": 256, "x": 256, "wavelength": 240}
