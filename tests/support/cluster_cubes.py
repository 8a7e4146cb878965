"""A cube larger than a worker's memory, sealed and plain, and the clusters that analyse it."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import sample
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from distributed import Client, LocalCluster
from numpy.typing import NDArray
from zarr.storage import LocalStore

import museion
from museion import _session
from museion_datasets.dataset import Dataset
from tests.support.memory import cpu_s
from tests.support.side_by_side import Timing

PATH, ITEM = "benchmarks/cube", "data"
COLUMNS, BANDS, BLOCK = 512, 256, 128
STEP = 1e-4
DEFAULT_MB, DEFAULT_WORKER_MB, DEFAULT_ROUNDS = 800, 500, 3
NM = np.linspace(400, 1000, BANDS)


def setting(name: str, default: int) -> int:
    """Return a number from the environment, as in ``MUSEION_BENCH_CLUSTER_MB``."""
    return int(os.environ.get(f"MUSEION_BENCH_{name}", default))


CUBE_MB = setting("CLUSTER_MB", DEFAULT_MB)
WORKER_MB = setting("WORKER_MB", DEFAULT_WORKER_MB)
ROUNDS = setting("ROUNDS", DEFAULT_ROUNDS)


def spectra(count: int, seed: int) -> xr.DataArray:
    """Return smooth reflectance spectra, each another."""
    random = np.random.default_rng(seed)
    centre, width = random.uniform(400, 1000, (count, 3, 1)), random.uniform(20, 150, (count, 3, 1))
    height = random.uniform(0.05, 0.3, (count, 3, 1))
    values = 0.05 + (height * np.exp(-(((NM - centre) / width) ** 2))).sum(axis=1)
    return xr.DataArray(values, dims=("reference", "wavelength"), coords={"wavelength": NM})


def make_block(block_id: tuple[int, ...], mixed: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return mixtures of a few spectra with noise, in steps of 0.0001."""
    random = np.random.default_rng(block_id)
    shares = random.dirichlet(np.full(len(mixed), 0.3), (BLOCK, BLOCK)).astype(np.float32)
    values = shares @ mixed.astype(np.float32)
    values += random.standard_normal(values.shape, np.float32) * np.float32(0.003)
    return (values.clip(0, 1) / STEP).astype(np.uint16)


def lazy_cube(size_mb: int) -> xr.DataArray:
    """Return a cube of about so many MB in 16-bit steps; its values are made when needed."""
    rows = max(1, round(size_mb * 1e6 / (COLUMNS * BANDS * 2 * BLOCK))) * BLOCK
    chunks = ((BLOCK,) * (rows // BLOCK), (BLOCK,) * (COLUMNS // BLOCK), (BANDS,))
    mixed = spectra(8, 1).to_numpy()
    values = da.map_blocks(make_block, mixed=mixed, chunks=chunks, dtype=np.uint16)
    return xr.DataArray(
        values,
        dims=("y", "x", "wavelength"),
        coords={"wavelength": ("wavelength", NM, {"units": "nm"})},
        name="reflectance",
        attrs={"scale_factor": STEP, "_FillValue": 65535},
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """The cube twice, in the same chunks and codecs: the plain one is the sealed one opened.

    Attributes
    ----------
    dataset : Dataset
        Sealed.
    plain : Path
        A zarr store of files.
    """

    dataset: Dataset
    plain: Path

    def sealed_cube(self) -> xr.DataArray:
        """Return the cube as a notebook opens it."""
        return self.dataset[ITEM].to_dask()  # type: ignore[return-value]

    def plain_cube(self) -> xr.DataArray:
        """Return the cube as stock xarray and zarr open it, in the same blocks."""
        chunks = dict(zip(("y", "x", "wavelength"), self.sealed_cube().data.chunksize, strict=True))
        raw = xr.open_zarr(
            LocalStore(self.plain),
            group=f"arrays/{ITEM}",
            consolidated=False,
            chunks=chunks,
            decode_cf=False,
        )
        raw["reflectance"].attrs["scale_factor"] = np.float32(STEP)  # as float64 twice the memory
        return xr.decode_cf(raw)["reflectance"]


@contextmanager
def stored_cube(size_mb: int = CUBE_MB) -> Iterator[Stored]:
    """Store a cube, sealed by the workers of a cluster, and plain beside it."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("MUSEION_BENCH_FOLDER")) as name:
        folder = Path(name)
        os.environ["MUSEION_REGISTRY_URL"] = (folder / "home").as_uri()
        _session.library.cache_clear()
        about = {"title": "Benchmark", "kind": "cube", "rights": "CC0-1.0", "synthetic": True}
        with our_cluster(2, "make"), museion.draft(PATH, **about) as draft:  # type: ignore[arg-type]
            draft.put_array(ITEM, lazy_cube(size_mb))
        dataset = museion.open(PATH)
        for key in dataset.keys("arrays/"):
            path = folder / "plain" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(dataset.read_bytes(key))
        yield Stored(dataset, folder / "plain")


@contextmanager
def our_cluster(workers: int, name: str) -> Iterator[Client]:
    """Give a cluster in the workspace, as a notebook gets it."""
    with museion.cluster(workers=workers, memory=f"{WORKER_MB}MB", name=f"bench-{name}") as client:
        yield client


@contextmanager
def plain_cluster(workers: int) -> Iterator[Client]:
    """Give a cluster of plain Dask: no TLS, no agent, and spilling off as in ours."""
    memory = {f"distributed.worker.memory.{name}": False for name in ("target", "spill", "pause")}
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLOSC_NTHREADS"), "1")
    import dask  # noqa: PLC0415

    with (
        dask.config.set(memory),  # type: ignore[attr-defined,unused-ignore]
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=WORKER_MB * 1_000_000,
            dashboard_address=None,
            env=single,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@dataclass(frozen=True, slots=True)
class Work:
    """Something that a cluster does.

    Attributes
    ----------
    client : Client
        The cluster's.
    run : callable
        Does it on the client that is the default.
    """

    client: Client
    run: Callable[[], object]


def measure_on_clusters(works: Mapping[str, Work], rounds: int = ROUNDS) -> dict[str, Timing]:
    """Measure side by side; CPU seconds are those of the workers."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name in sample(list(works), len(works)):
            wall_s, used_s = _timed(works[name])
            if number:  # the first round warms up
                taken[name].append((wall_s, used_s))
    return {
        name: Timing(tuple(wall for wall, _ in pairs), tuple(cpu for _, cpu in pairs))
        for name, pairs in taken.items()
    }


def _timed(work: Work) -> tuple[float, float]:
    pids = set(work.client.run(os.getpid).values())
    used_s, started_s = cpu_s(pids), time.perf_counter()
    with work.client.as_current():
        work.run()
    return time.perf_counter() - started_s, cpu_s(pids) - used_s


def peak_mb(client: Client) -> list[float]:
    """Return the most memory that each worker has ever had, in MB."""
    return [each / 1e3 for each in client.run(_peak_kb).values()]


def _peak_kb() -> int:
    status: Any = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
