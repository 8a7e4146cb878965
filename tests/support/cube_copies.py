"""One cube, written plain by stock zarr and sealed by us, with the same chunks and codecs."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.storage import LocalStore

from museion_datasets import connect
from museion_datasets.arrays.pipeline import SealedCodecPipeline
from museion_datasets.library import Library

THREADS = 2
PATH = "benchmarks/cube"
DEFAULT_MB = 1100
COLUMNS, BANDS = 1024, 256
CHUNKS = (256, 256, 64)
PILLARS, SHARDS = (32, 32, BANDS), (256, 256, BANDS)
CODECS: dict[str, Any] = {
    "zstd": [ZstdCodec(level=3)],
    "uncompressed": None,
    "blosc": [BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle")],
}

type Cube = NDArray[np.uint16]


class Pipelines:
    """Values of zarr's ``codec_pipeline.path``."""

    STOCK = "zarr.core.codec_pipeline.BatchedCodecPipeline"
    FUSED = "zarr.core.codec_pipeline.FusedCodecPipeline"
    OURS = f"{SealedCodecPipeline.__module__}.{SealedCodecPipeline.__qualname__}"


def make_cube() -> Cube:
    """Return (y, x, wavelength) counts: smooth mixed spectra, texture and shot noise.

    ``MUSEION_BENCH_MB`` says how large it is, in steps of 134 MB.
    """
    wished = int(os.environ.get("MUSEION_BENCH_MB", DEFAULT_MB)) * 1_000_000
    rows = max(1, wished // (COLUMNS * BANDS * 2 * CHUNKS[0])) * CHUNKS[0]
    random = np.random.default_rng(1)
    x = np.linspace(0, 1, COLUMNS, dtype=np.float32)[:, None]
    band = np.linspace(0, 1, BANDS, dtype=np.float32)
    peaks = [np.exp(-(((band - at) / width) ** 2)) for at, width in ((0.2, 0.1), (0.6, 0.2))]
    cube = np.empty((rows, COLUMNS, BANDS), np.uint16)
    for row in range(rows):
        y = row / rows
        mixed = (0.5 + 0.4 * np.sin(7 * x + 3 * y)) * peaks[0] + (0.5 + 0.4 * y * x) * peaks[1]
        texture = 1 + random.normal(0, 0.02, (COLUMNS, 1)).astype(np.float32)
        signal = 200 + 3000 * mixed * texture
        noise = random.standard_normal(signal.shape, np.float32) * np.sqrt(signal)
        cube[row] = np.clip(signal + noise, 0, 65535)
    return cube


@dataclass(frozen=True, slots=True)
class Copies:
    """Where the copies are.

    Attributes
    ----------
    folder : Path
        Holds them; in memory where the system has such a place.
    library : Library
        Has the sealed copy as `PATH`.
    plain : LocalStore
        Has the plain one.
    """

    folder: Path
    library: Library
    plain: LocalStore

    def sealed(self, level: int = 1) -> Any:  # noqa: ANN401 - any store
        """Return the sealed copy, read at a level."""
        return self.library.open(PATH, level=level).store

    def sealed_files(self) -> list[Path]:
        """Return the stored objects."""
        return [path for path in (self.folder / "home").rglob("objects/??/*") if path.is_file()]


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give a folder in memory where there is such a place, and remove it again."""
    shared = Path("/dev/shm")  # noqa: S108  private by mkdtemp
    folder = Path(tempfile.mkdtemp(prefix="museion-", dir=shared if shared.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def copies(cube: Cube, codec: str, *, is_sharded: bool = False) -> Iterator[Copies]:
    """Write a cube twice, as array ``arrays/cube``."""
    with working_folder() as folder:
        plain = LocalStore(folder / "plain")
        library = connect((folder / "home").as_uri())
        create_array(plain, cube, codec, is_sharded=is_sharded)[:] = cube
        with begin(library, PATH) as draft:
            create_array(draft.store, cube, codec, is_sharded=is_sharded)[:] = cube
        yield Copies(folder, library, plain)


def begin(library: Library, path: str) -> Any:  # noqa: ANN401 - a draft
    """Begin a dataset."""
    return library.draft(path, title="Benchmark", kind="cube", rights="CC-BY-4.0", synthetic=True)


def create_array(
    store: Any,  # noqa: ANN401 - any store
    cube: Cube,
    codec: str,
    *,
    is_sharded: bool = False,
) -> zarr.Array[Any]:
    """Make an empty array for a cube."""
    return zarr.create_array(
        store,
        name="arrays/cube",
        shape=cube.shape,
        dtype=cube.dtype,
        chunks=PILLARS if is_sharded else CHUNKS,
        shards=SHARDS if is_sharded else None,
        compressors=CODECS[codec],
    )


def read_all(store: Any, pipeline: str) -> None:  # noqa: ANN401 - any store
    """Read a whole cube through Dask, block by block, and keep nothing."""
    with (
        zarr.config.set({"codec_pipeline.path": pipeline}),
        dask.config.set(scheduler="threads", num_workers=THREADS),
    ):
        array = zarr.open_array(store, path="arrays/cube", mode="r")
        blocks = da.from_array(array, chunks=array.shards or array.chunks, asarray=False)
        blocks.map_blocks(lambda block: block[:1, :1, :1], chunks=(1, 1, 1)).compute()
