"""The stored form of a scan."""

import numpy as np
import pytest

from museion_datasets.errors import IntegrityError
from museion_datasets.ingest.scans.format import (
    PageCluster,
    decode_head,
    decode_ids,
    decode_page,
    encode_head,
    encode_ids,
    encode_page,
)
from museion_datasets.ingest.scans.wasm import thread_meshopt
from tests.support.scans import build, rough_ring

SCAN = build(rough_ring(40, 30))


def make_cluster(*, has_colors: bool = True) -> PageCluster:
    rng = np.random.default_rng(3)
    normals = rng.normal(size=(50, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    colors = rng.integers(0, 256, (50, 3)).astype(np.uint8)
    points = rng.integers(0, 2**21, (50, 3)).astype(np.uint32)
    faces = rng.integers(0, 50, (70, 3)).astype(np.uint32)
    return PageCluster(points, normals, colors if has_colors else None, faces)


@pytest.mark.parametrize("has_colors", [True, False])
def test_pages_come_back_exactly_but_for_rounded_normals(*, has_colors: bool) -> None:
    codec, cluster = thread_meshopt(), make_cluster(has_colors=has_colors)
    first, second = decode_page(encode_page([cluster, cluster], codec), codec)
    assert (first.points == second.points).all()
    assert (first.points == cluster.points).all()
    assert np.abs(first.normals - cluster.normals).max() < 0.006
    assert (first.colors is None) == (cluster.colors is None)
    for decoded, face in zip(first.faces, cluster.faces, strict=True):
        turns = {tuple(np.roll(face, turn).tolist()) for turn in range(3)}
        assert tuple(decoded.tolist()) in turns


def test_ids_come_back_exactly() -> None:
    codec = thread_meshopt()
    ids = [np.array([5, 0, 4_000_000_000]), np.arange(100)]
    back = decode_ids(encode_ids(ids, codec), codec)
    assert [part.tolist() for part in back] == [part.tolist() for part in ids]


def test_head_comes_back_byte_by_byte() -> None:
    stored = SCAN.objects["head"]
    assert encode_head(decode_head(stored)) == stored


HEAD = SCAN.objects["head"]
BAD_HEADS = {
    "empty": b"",
    "short": HEAD[:60],
    "another file": b"PLY!" + HEAD[4:],
    "a later version": HEAD[:4] + b"\x02" + HEAD[5:],
    "cut": HEAD[:-1],
    "longer": HEAD + b"\x00",
}


@pytest.mark.parametrize("name", BAD_HEADS)
def test_damaged_heads_are_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match="head of the scan"):
        decode_head(BAD_HEADS[name])


PAGE = SCAN.objects["pages/1"]
BAD_PAGES = {
    "empty": b"",
    "a later version": b"\x02" + PAGE[1:],
    "cut in its table": PAGE[:20],
    "cut in its streams": PAGE[: len(PAGE) // 2],
    "scrambled": PAGE[:100] + bytes(reversed(PAGE[100:])),
}


@pytest.mark.parametrize("name", BAD_PAGES)
def test_damaged_pages_are_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match="page of the scan"):
        decode_page(BAD_PAGES[name], thread_meshopt())


def test_building_twice_gives_the_same_bytes() -> None:
    assert build(rough_ring(40, 30)).objects == SCAN.objects


def test_sizes_in_the_head_are_those_of_the_pages() -> None:
    stored = [len(SCAN.objects[f"pages/{n}"]) for n in range(1, len(SCAN.head.groups))]
    assert SCAN.head.groups["page_bytes"].tolist() == [len(SCAN.head.root_page), *stored]


@pytest.mark.parametrize("count", [1 << 26, 1 << 28, 1 << 30, 1 << 40])
def test_streams_that_promise_too_much_are_refused_and_nothing_else_is(count: int) -> None:
    codec = thread_meshopt()
    stream = codec.encode_vertices(np.arange(400, dtype=np.uint32).reshape(100, 4))
    with pytest.raises(ValueError, match=r"no room|no meshopt|not a meshopt"):
        codec.decode_view(stream, count, 16, "ATTRIBUTES", "NONE")
    assert (codec.decode_vertices(stream, 100, 4, np.uint32).ravel() == np.arange(400)).all()
