"""A cube read whole through Dask: sealed, against stock zarr on plain files."""

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.cube_copies import (
    THREADS,
    Copies,
    Cube,
    Pipelines,
    copies,
    make_cube,
    read_all,
)
from tests.support.side_by_side import measure, table

PIECE_BYTES = 256 << 10
STOCK, FUSED = "stock zarr, plain files", "stock zarr's fused pipeline, plain files"
REACH = {
    "zstd": {STOCK: "≥ 1.20", FUSED: "≥ 0.95", "level 2": "≥ 0.95"},
    "uncompressed": {STOCK: "≥ 1.00", FUSED: "≥ 0.85", "level 2": "≥ 0.70"},
    "blosc": {STOCK: "", FUSED: "", "level 2": ""},
}


@pytest.fixture(scope="module")
def cube() -> Cube:
    return make_cube()


@pytest.fixture(params=["zstd", "uncompressed"])
def both(cube: Cube, request: pytest.FixtureRequest) -> Generator[tuple[str, Copies]]:
    with copies(cube, request.param) as made:
        yield request.param, made


def read_and_decrypt(path: Path) -> None:
    """Read a file and run AES over it, through two buffers that the processor's cache holds."""
    cipher = AESGCM(bytes(32))
    stored, out = bytearray(PIECE_BYTES), bytearray(PIECE_BYTES + 16)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(stored):
            cipher.encrypt_into(  # as fast as decrypting, and anything may be encrypted
                bytes(12), memoryview(stored)[:count], None, memoryview(out)[: count + 16]
            )


def read_raw(paths: list[Path]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read_and_decrypt, paths))


def test_full_read(both: tuple[str, Copies]) -> None:
    codec, made = both
    reach = REACH[codec]
    timings = measure({
        STOCK: partial(read_all, made.plain, Pipelines.STOCK),
        FUSED: partial(read_all, made.plain, Pipelines.FUSED),
        "level 1": partial(read_all, made.sealed(), Pipelines.OURS),
        "level 2": partial(read_all, made.sealed(level=2), Pipelines.OURS),
        "sealed, zarr's fused pipeline": partial(read_all, made.sealed(), Pipelines.FUSED),
        "raw": partial(read_raw, made.sealed_files()),
    })
    with table(f"full read through Dask, {codec}") as row:
        row(f"sealed, level 1, against {STOCK}", timings["level 1"], timings[STOCK], reach[STOCK])
        row("… against its fused pipeline", timings["level 1"], timings[FUSED], reach[FUSED])
        row("level 2 against the default", timings["level 2"], timings[STOCK], reach["level 2"])
        fused = timings["sealed, zarr's fused pipeline"]
        row("our pipeline against zarr's fused, both sealed", timings["level 1"], fused, "")
        if codec == "uncompressed":
            row("level 1 against raw read + AES", timings["level 1"], timings["raw"], "≥ 0.75")


def test_full_read_of_the_layout_that_is_chosen(cube: Cube) -> None:
    with copies(cube, "blosc", is_sharded=True) as made:
        timings = measure({
            STOCK: partial(read_all, made.plain, Pipelines.STOCK),
            FUSED: partial(read_all, made.plain, Pipelines.FUSED),
            "level 1": partial(read_all, made.sealed(), Pipelines.OURS),
        })
    with table("full read through Dask, pillars in shards, blosc") as row:
        row(f"sealed, level 1, against {STOCK}", timings["level 1"], timings[STOCK], "")
        row("… against its fused pipeline", timings["level 1"], timings[FUSED], "")


def test_cube_is_as_large_as_promised(cube: Cube) -> None:
    assert cube.nbytes >= 1_000_000_000 or "MUSEION_BENCH_MB" in os.environ
    assert np.ptp(cube) > 0
