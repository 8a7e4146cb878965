"""A scan that is worked on part by part, on the disk, is the scan that it would be at once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from museion_datasets.errors import StorageFullError
from museion_datasets.ingest.scans import merging
from museion_datasets.ingest.scans.checkpoints import pack, unpack
from museion_datasets.ingest.scans.group import Coarse, Piece, Simplified, Sphere
from museion_datasets.ingest.scans.means import Means
from museion_datasets.ingest.scans.merging import merge_exactly
from museion_datasets.ingest.scans.partition import CELLS, cut_cells, decode_keys, encode_keys
from museion_datasets.ingest.scans.scratch import Buckets, Scratch, blocks
from museion_datasets.ingest.scans.surface import Surface, choose_grid
from museion_datasets.ingest.scans.weld import PartFaces, weld
from tests.support.scans import build, open_edges, rough_ring

type Array = NDArray[Any]

RING = rough_ring(60, 40)
coordinates = arrays(
    np.int64, st.tuples(st.integers(1, 40), st.just(3)), elements=st.integers(0, 2**21 - 1)
)
odd_points = arrays(
    np.float64,
    st.tuples(st.integers(0, 60), st.just(3)),
    elements=st.sampled_from([0.0, -0.0, 1.0, np.nan]),
)


@given(coordinates)
def test_keys_keep_coordinates(points: Array) -> None:
    assert (decode_keys(encode_keys(points)) == points).all()


@pytest.mark.parametrize("parts", [1, 2, 7, 64])
def test_parts_hold_about_the_same(parts: int) -> None:
    counts = np.zeros(CELLS, np.int64)
    counts[np.random.default_rng(1).choice(CELLS, 20_000, replace=False)] = 10
    held = np.bincount(cut_cells(counts, parts), counts, parts)
    assert held.sum() == 200_000
    assert held.max() <= 1.1 * held.min() + 10


def test_one_full_cell_is_one_part() -> None:
    counts = np.zeros(CELLS, np.int64)
    counts[77] = 5
    assert np.bincount(cut_cells(counts, 9), counts, 9).max() == 5


def corners(surface: Surface, faces: PartFaces) -> Array:
    """Give the measured vertices of all triangles, each from its lowest corner on, sorted."""
    found = surface.ids[np.concatenate([faces.read(part) for part in range(len(faces))])]
    first = found.argmin(axis=1)[:, None]
    turned = np.take_along_axis(found, (first + np.arange(3)) % 3, axis=1)
    return turned[np.lexsort(turned.T)]


@pytest.mark.parametrize("part_triangles", [40, 500, 10**6])
def test_welding_does_not_depend_on_the_parts(part_triangles: int) -> None:
    whole, faces = weld(RING, choose_grid(RING), Scratch())
    other, parts = weld(RING, choose_grid(RING), Scratch(), part_triangles=part_triangles)
    assert (other.vertex_count, other.triangle_count) == (2_400, 4_800)
    assert (corners(other, parts) == corners(whole, faces)).all()
    order, same = np.argsort(whole.ids), np.argsort(other.ids)
    assert (whole.points[order] == other.points[same]).all()
    assert np.abs(whole.normals[order].astype(int) - other.normals[same]).max() <= 2
    assert whole.colors is not None
    assert other.colors is not None
    assert (whole.colors[order] == other.colors[same]).all()


def test_scan_built_in_little_memory_is_whole_at_every_level() -> None:
    ring = rough_ring()
    scan = build(ring, means=Means(workers=3, memory_bytes=1))
    every = set(range(len(scan.head.groups)))
    assert len(scan.visible_triangles(every)) == len(ring.faces)
    for expanded in ({0}, every):
        assert len(open_edges(scan.visible_triangles(expanded))) == 0


def test_number_of_threads_does_not_change_a_byte() -> None:
    assert build(RING, means=Means(workers=1)).objects == build(RING).objects


def test_told_shares_grow_from_nothing_to_all() -> None:
    told: list[float] = []
    build(RING, means=Means(tell=lambda share, _what: told.append(share)))
    assert told == sorted(told)
    assert 0.0 < told[0] < told[-1] == 1.0


class Kept(dict[str, bytes]):
    """Checkpoints in memory."""

    def find(self, name: str, /) -> bytes | None:
        return self.get(name)

    def keep(self, name: str, content: bytes, /) -> None:
        self[name] = content


def test_remembered_groups_give_the_same_scan_and_only_the_same_scan() -> None:
    kept = Kept()
    whole = build(RING, means=Means(checkpoints=kept)).objects
    names, count = set(kept), len(kept)
    assert count >= 3
    assert build(RING, means=Means(checkpoints=kept)).objects == whole
    assert set(kept) == names
    moved = replace(RING, vertices=RING.vertices * [1.0, 1.0, 1.01])
    build(moved, means=Means(checkpoints=kept))
    assert len(kept) > count


def test_finished_groups_come_back_as_they_were() -> None:
    piece = Piece(np.arange(4), np.array([[0, 1, 2], [2, 1, 3]], np.uint16))
    coarse = Coarse(piece, Sphere(np.array([1.0, 2.0, 3.0]), 0.1), np.array([7, 9]))
    for given_, back in zip(
        (Simplified(), one := Simplified((coarse, coarse), 0.1, 0.2, b"page", b"ids")),
        unpack(pack([Simplified(), one])),
        strict=True,
    ):
        assert (given_.page, given_.ids, given_.distance) == (back.page, back.ids, back.distance)
        assert len(given_.clusters) == len(back.clusters)
        for each in back.clusters:
            assert (each.piece.rows == piece.rows).all()
            assert (each.piece.faces == piece.faces).all()
            assert each.piece.faces.dtype == np.uint16
            assert (each.sphere.center == coarse.sphere.center).all()
            assert each.witness_rows.tolist() == [7, 9]


@given(st.integers(1, 9), st.lists(st.lists(st.integers(0, 2**31), max_size=30), max_size=5))
def test_buckets_keep_rows_and_their_order(count: int, batches: list[list[int]]) -> None:
    buckets = Buckets(count, 1, np.uint32)
    for batch in batches:
        rows = np.array(batch, np.uint32)[:, None]
        buckets.add(rows, rows[:, 0] % count)
    everything = [value for batch in batches for value in batch]
    assert buckets.rows == len(everything)
    for bucket in range(count):
        wanted = [value for value in everything if value % count == bucket]
        assert buckets.read(bucket)[:, 0].tolist() == wanted


def test_arrays_on_the_disk_keep_their_values_when_memory_is_let_go() -> None:
    values = Scratch().array((5_000, 3), np.int32)
    for block in blocks(len(values), values, rows=700):
        values[block] = np.arange(block.start, block.stop)[:, None]
    assert (values == np.arange(5_000)[:, None]).all()


def test_full_disk_is_one_clear_error() -> None:
    with pytest.raises(StorageFullError, match="disk for intermediate files is full") as caught:
        Scratch().array((1 << 50,), np.uint8)
    assert "TMPDIR" in caught.value.hint


@given(odd_points)
def test_points_are_merged_as_comparing_them_says(points: Array) -> None:
    first, places = merge_exactly(points)
    for row, point in enumerate(points.tolist()):
        equal = [other for other, each in enumerate(points.tolist()) if each == point]
        assert first[places[row]] == min([*equal, row])


def test_mixed_numbers_that_meet_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "mix", lambda rows: np.zeros(len(rows), np.uint64))
    points = np.array([[1.0, 0, 0], [2.0, 0, 0], [1.0, 0, 0], [3.0, 0, 0], [2.0, -0.0, 0]])
    first, places = merge_exactly(points)
    assert first.tolist() == [0, 1, 3]
    assert places.tolist() == [0, 1, 0, 2, 1]
