"""Chunks decoded straight into the result are what zarr itself would have read."""

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, GzipCodec, ShardingCodec, ZstdCodec

from museion_datasets.arrays.fused import prefer_fused_pipeline
from museion_datasets.arrays.pipeline import SealedCodecPipeline
from museion_datasets.arrays.store import SealedStore
from museion_datasets.library import Library
from tests.support.datasets import PANEL, begin_panel

CODECS: dict[str, Any] = {
    "uncompressed": None,
    "zstd": [ZstdCodec(level=3, checksum=True)],
    "blosc": [BloscCodec(cname="zstd", shuffle="bitshuffle")],
    "two": [ZstdCodec(), BloscCodec()],
    "gzip": [GzipCodec()],
}
TYPES = ["u1", "bool", "<u2", ">u2", "<f8", "<c8", "datetime64[ns]"]
CHUNKS = (8, 8, 4)


@pytest.fixture(autouse=True)
def _pipeline() -> Generator[None]:
    path = f"{SealedCodecPipeline.__module__}.{SealedCodecPipeline.__qualname__}"
    with zarr.config.set({"codec_pipeline.path": path}):
        yield


def values(dtype: str) -> np.ndarray[Any, np.dtype[Any]]:
    return np.arange(20 * 16 * 8).reshape(20, 16, 8).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("codec", CODECS)
def test_whole_and_part_read_as_written(codec: str, dtype: str, library: Library) -> None:
    written = values(dtype)
    with begin_panel(library) as draft:
        zarr.create_array(
            draft.store, name="a", data=written, chunks=CHUNKS, compressors=CODECS[codec]
        )
    array = zarr.open_array(library.open(PANEL).store, path="a", mode="r")
    for part in (np.s_[:], np.s_[8:16, :8, 4:], np.s_[3], np.s_[:, :, 2], np.s_[::2], np.s_[16:]):
        np.testing.assert_array_equal(array[part], written[part])


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "<f4"])
@pytest.mark.parametrize("codec", CODECS)
def test_shards_read_as_written_whole_and_in_part(codec: str, dtype: str, library: Library) -> None:
    written = values(dtype)
    written[8:] = 0  # chunks that are not stored
    with begin_panel(library) as draft:
        shards = {"chunks": (4, 8, 3), "shards": (8, 16, 9), "compressors": CODECS[codec]}
        zarr.create_array(draft.store, name="a", data=written, **shards)
    array = zarr.open_array(library.open(PANEL).store, path="a", mode="r")
    parts = (
        np.s_[:],
        np.s_[:8],
        np.s_[1:7, 2:, 1:],
        np.s_[4:],
        np.s_[3],
        np.s_[:, :, 2],
        np.s_[::2],
    )
    for part in parts:
        np.testing.assert_array_equal(array[part], written[part])
    np.testing.assert_array_equal(array.oindex[:, 2:, np.array([0, 7])], written[:, 2:, [0, 7]])


def test_whole_shard_is_decoded_without_zarr_and_a_part_of_it_with(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = values("<u2") + np.uint16(1)
    with begin_panel(library) as draft:
        shards = {"chunks": (4, 8, 3), "shards": (8, 16, 9), "compressors": CODECS["blosc"]}
        zarr.create_array(draft.store, name="a", data=written, **shards)
    array = zarr.open_array(library.open(PANEL).store, path="a", mode="r")

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ShardingCodec, "_decode_partial_sync", refuse)
    np.testing.assert_array_equal(array[1:8], written[1:8])
    with pytest.raises(AssertionError):
        array[1:3]


@pytest.mark.parametrize("codec", ["uncompressed", "zstd", "blosc"])
def test_chunk_of_another_length_raises_and_leaves_no_part_unread(
    codec: str, library: Library
) -> None:
    with begin_panel(library) as draft:
        array = zarr.create_array(
            draft.store, name="a", shape=(64,), chunks=(32,), dtype="u2", compressors=CODECS[codec]
        )
        array[:] = 7
        short = zarr.create_array(
            draft.store, name="b", shape=(16,), chunks=(16,), dtype="u2", compressors=CODECS[codec]
        )
        short[:] = 9
        draft.write_bytes("a/c/0", draft.read_bytes("b/c/0"))
    damaged = zarr.open_array(library.open(PANEL).store, path="a", mode="r")
    with pytest.raises(ValueError, match="reshape"):
        damaged[:32]


def test_our_pipeline_is_chosen_unless_somebody_has_chosen_another() -> None:
    stock = "zarr.core.codec_pipeline.BatchedCodecPipeline"
    with zarr.config.set({"codec_pipeline.path": stock}):
        prefer_fused_pipeline()
        assert zarr.config.get("codec_pipeline.path").endswith(".SealedCodecPipeline")
    other = "zarr.core.codec_pipeline.FusedCodecPipeline"
    with zarr.config.set({"codec_pipeline.path": other}):
        prefer_fused_pipeline()
        assert zarr.config.get("codec_pipeline.path") == other


def test_plain_stores_are_read_as_ever() -> None:
    store = zarr.storage.MemoryStore()
    zarr.create_array(store, name="a", data=values("<u2"), chunks=CHUNKS)
    np.testing.assert_array_equal(zarr.open_array(store, path="a")[:], values("<u2"))


def test_value_of_another_length_is_not_read_into_a_place(library: Library) -> None:
    with begin_panel(library) as draft:
        draft.write_bytes("files/a", b"twelve bytes")
    store = library.open(PANEL).store
    assert isinstance(store, SealedStore)
    exact, longer = np.empty(12, np.uint8), np.zeros(13, np.uint8)
    assert store.read_into("files/a", exact)
    assert exact.tobytes() == b"twelve bytes"
    assert not store.read_into("files/a", longer)
    assert not store.read_into("files/b", exact)
    assert not longer.any()
