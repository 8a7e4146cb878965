"""A cube written whole: sealed, hashed and committed, against stock zarr."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import xarray as xr
import zarr
from zarr.storage import LocalStore

from museion_datasets import connect
from tests.support.cube_copies import (
    CODECS,
    PILLARS,
    SHARDS,
    Cube,
    Pipelines,
    begin,
    create_array,
    make_cube,
    working_folder,
)
from tests.support.side_by_side import measure, table

REACH = {"zstd": "≥ 0.90", "uncompressed": "≥ 0.75"}
NUMBERS = count()


@pytest.fixture(scope="module")
def cube() -> Cube:
    return make_cube()


def plain(folder: Path, pipeline: str, fill: Callable[[LocalStore], object]) -> None:
    with zarr.config.set({"codec_pipeline.path": pipeline}):
        fill(LocalStore(folder / "plain"))
    shutil.rmtree(folder / "plain")


def durable(folder: Path, pipeline: str, fill: Callable[[LocalStore], object]) -> None:
    with zarr.config.set({"codec_pipeline.path": pipeline}):
        fill(LocalStore(folder / "plain"))
    for path in (folder / "plain").rglob("*"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    shutil.rmtree(folder / "plain")


def sealed(folder: Path, fill: Callable[..., object], *, is_ingest: bool = False) -> None:
    """Write and commit, which flushes every object."""
    library = connect((folder / "home").as_uri())
    with (
        zarr.config.set({"codec_pipeline.path": Pipelines.OURS}),
        begin(library, f"benchmarks/cube-{next(NUMBERS)}") as draft,
    ):
        fill(draft if is_ingest else draft.store)
    shutil.rmtree(folder / "home")


def works(folder: Path, codec: str, cube: Cube) -> dict[str, Callable[[], object]]:
    def fill(store: object) -> None:
        create_array(store, cube, codec)[:] = cube

    return {
        "stock": partial(plain, folder, Pipelines.STOCK, fill),
        "fused": partial(plain, folder, Pipelines.FUSED, fill),
        "durable": partial(durable, folder, Pipelines.STOCK, fill),
        "ours": partial(sealed, folder, fill),
    }


@pytest.mark.parametrize("codec", ["zstd", "uncompressed"])
def test_write(codec: str, cube: Cube) -> None:
    with working_folder() as folder:
        timings = measure(works(folder, codec, cube))
    with table(f"write and commit, {codec}, in memory") as row:
        row("sealed against stock zarr", timings["ours"], timings["stock"], REACH[codec])
        row("… its fused pipeline", timings["ours"], timings["fused"], "")


def test_write_that_survives_a_power_cut(cube: Cube, tmp_path: Path) -> None:
    timings = measure(works(tmp_path, "uncompressed", cube))
    with table("write and commit, uncompressed, on the disk of temporary files") as row:
        row("sealed, flushed, against stock zarr, flushed", timings["ours"], timings["durable"], "")
        row("… against stock zarr, which does not flush", timings["ours"], timings["stock"], "")


def test_ingest_of_the_layout_that_is_chosen(cube: Cube) -> None:
    data = xr.DataArray(cube, dims=("y", "x", "wavelength"), name="counts")
    encoding = {"counts": {"chunks": PILLARS, "shards": SHARDS, "compressors": CODECS["blosc"]}}

    def stock(store: LocalStore) -> None:
        data.to_dataset().to_zarr(store, group="a", consolidated=False, encoding=encoding)

    def ours(draft: object) -> None:
        draft.put_array("a", data, chunks=PILLARS, shards=SHARDS)  # type: ignore[attr-defined]

    with working_folder() as folder:
        timings = measure({
            "stock": partial(plain, folder, Pipelines.STOCK, stock),
            "ours": partial(sealed, folder, ours, is_ingest=True),
        })
    with table("an xarray cube put into a dataset, blosc, pillars in shards") as row:
        row("put_array against to_zarr of stock zarr", timings["ours"], timings["stock"], "≥ 0.90")
