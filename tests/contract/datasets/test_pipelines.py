"""Under every codec pipeline: what is read is what was written, and none of it is in clear."""

from collections.abc import Generator
from pathlib import Path

import dask
import numpy as np
import pytest
import xarray as xr
import zarr

from museion_datasets.library import Library
from tests.support.datasets import PANEL, begin_panel, stored_files

PIPELINES = [
    "zarr.core.codec_pipeline.BatchedCodecPipeline",
    "zarr.core.codec_pipeline.FusedCodecPipeline",
    "museion_datasets.arrays.pipeline.SealedCodecPipeline",
]
CANARY = b"ultramarine-ash-canary--"
LAYOUTS = [
    pytest.param({"chunks": (16, 16, 8)}, id="chunks"),
    pytest.param({"chunks": (8, 8, 8), "shards": (32, 32, 8)}, id="shards"),
    pytest.param({}, id="chosen"),
]


@pytest.fixture(params=PIPELINES, ids=[path.rpartition(".")[2] for path in PIPELINES])
def _pipeline(request: pytest.FixtureRequest) -> Generator[None]:
    with zarr.config.set({"codec_pipeline.path": request.param}):
        yield


def canary_cube() -> xr.DataArray:
    values = np.frombuffer(CANARY * (64 * 48 * 8 // len(CANARY)), np.uint8)
    return xr.DataArray(
        values.reshape(64, 48, 8),
        dims=("y", "x", "wavelength"),
        name="canary",
        attrs={"note": CANARY.decode()},
    )


def write(library: Library, cube: xr.DataArray, layout: dict[str, tuple[int, ...]]) -> None:
    with begin_panel(library) as draft:
        draft.put_array("vnir", cube, **layout)  # type: ignore[arg-type]
        zarr.create_array(draft.store, name="bare", data=cube.to_numpy(), compressors=None)


@pytest.mark.usefixtures("_pipeline")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_plaintext_reaches_the_storage(
    layout: dict[str, tuple[int, ...]], library: Library, home: Path
) -> None:
    write(library, canary_cube(), layout)
    files = stored_files(home)
    assert len(files) > 3
    for path in files:
        content = path.read_bytes()
        assert CANARY[:12] not in content
        assert b"zarr" not in content
        assert b"canary" not in str(path).encode()


@pytest.mark.usefixtures("_pipeline")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_reading_gives_what_was_written(
    layout: dict[str, tuple[int, ...]], library: Library
) -> None:
    cube = canary_cube()
    write(library, cube, layout)
    item = library.open(PANEL)["vnir"]
    assert item.to_xarray().identical(cube.assign_attrs(museion=item.to_xarray().attrs["museion"]))
    np.testing.assert_array_equal(item.to_xarray()[3, 5].to_numpy(), cube[3, 5].to_numpy())
    np.testing.assert_array_equal(item.to_xarray()[:, :, 2].to_numpy(), cube[:, :, 2].to_numpy())
    with dask.config.set(scheduler="threads", num_workers=2):
        assert int(item.to_dask().sum()) == int(cube.sum())


@pytest.mark.usefixtures("_pipeline")
def test_overwriting_part_of_a_shard_keeps_the_rest(library: Library) -> None:
    with begin_panel(library) as draft:
        array = zarr.create_array(
            draft.store, name="a", shape=(32, 32), chunks=(8, 8), shards=(16, 16), dtype="u2"
        )
        array[:] = 1
        array[4:9, 4:9] = 5
    values = zarr.open_array(library.open(PANEL).store, path="a", mode="r")[:]
    expected = np.ones((32, 32), "u2")
    expected[4:9, 4:9] = 5
    np.testing.assert_array_equal(values, expected)


@pytest.mark.usefixtures("_pipeline")
def test_chunk_that_was_never_written_reads_as_fill_value(library: Library) -> None:
    with begin_panel(library) as draft:
        zarr.create_array(
            draft.store, name="a", shape=(32,), chunks=(8,), dtype="i4", fill_value=7
        )[:8] = 1
    values = zarr.open_array(library.open(PANEL).store, path="a", mode="r")[:]
    np.testing.assert_array_equal(values, [1] * 8 + [7] * 24)


@pytest.mark.usefixtures("_pipeline")
def test_version_cannot_be_written_through_zarr(library: Library) -> None:
    write(library, canary_cube(), {})
    store = library.open(PANEL).store
    with pytest.raises(ValueError, match="read-only"):
        zarr.open_array(store, path="bare", mode="r+")[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        zarr.create_array(store.with_read_only(read_only=False), name="b", shape=(1,), dtype="u1")
