"""Heavy analysis on clusters: sealed against plain, one worker against two, memory, start.

``MUSEION_BENCH_CLUSTER_MB`` is the size of the cube in 16-bit steps, ``MUSEION_BENCH_WORKER_MB``
the memory of a worker, ``MUSEION_BENCH_FOLDER`` where the cubes lie: 10000 and 1000 for the
large one, which takes some 20 GB of disk.
"""

from collections.abc import Callable, Generator
from functools import partial
from statistics import median

import dask
import numpy as np
import pytest
import xarray as xr
from distributed import Client

from museion.imaging.analysis import map_spectral_angles, principal_components, unmix
from tests.support.cluster_cubes import (
    CUBE_MB,
    ROUNDS,
    WORKER_MB,
    Stored,
    Work,
    measure_on_clusters,
    our_cluster,
    peak_mb,
    plain_cluster,
    spectra,
    stored_cube,
)
from tests.support.kernel import kernel_of
from tests.support.side_by_side import measure, say, table
from tests.support.slurm import temp_slurm
from tests.support.slurm_hub import PLACE, temp_slurm_hub

pytestmark = pytest.mark.timeout(4 * 3600)
PATIENCE_S = 200.0
PRODUCTS = 8
REFERENCES, ENDMEMBERS = spectra(1600, 2), spectra(8, 1)


def pca(cube: xr.DataArray) -> None:
    """Find the covariance and its eigenvectors: one pass."""
    principal_components(cube, 10)["variance"].compute()


def sam(cube: xr.DataArray) -> None:
    """Name each pixel, and keep two numbers of all that."""
    found = map_spectral_angles(cube, REFERENCES)
    dask.compute(found["best"].max(), found["angle"].mean())  # type: ignore[attr-defined,no-untyped-call]


def nnls(cube: xr.DataArray) -> None:
    """Unmix each pixel, and keep a few numbers of all that."""
    found = unmix(cube, ENDMEMBERS)
    dask.compute(found["abundance"].mean(["y", "x"]), found["residual"].mean())  # type: ignore[attr-defined,no-untyped-call]


ANALYSES = {"covariance PCA": pca, "SAM, 1,600 references": sam, "NNLS, 8 endmembers": nnls}


@pytest.fixture(scope="module")
def stored() -> Generator[Stored]:
    with stored_cube() as stored:
        yield stored


@pytest.fixture(scope="module")
def two() -> Generator[Client]:
    with our_cluster(2, "two") as client:
        yield client


def test_sealed_against_plain(stored: Stored, two: Client) -> None:
    with plain_cluster(2) as plain, table(f"analysis, cube of {CUBE_MB} MB, 2 workers") as row:
        for name, analyse in ANALYSES.items():
            timings = measure_on_clusters({
                "ours": Work(two, of(analyse, stored.sealed_cube())),
                "plain": Work(plain, of(analyse, stored.plain_cube())),
            })
            row(f"{name}: sealed against plain Dask", timings["ours"], timings["plain"], "≥ 0.95")


def test_two_workers_against_one(stored: Stored, two: Client) -> None:
    with our_cluster(1, "one") as one, table("analysis, 2 workers against 1") as row:
        for name, analyse in ANALYSES.items():
            work = of(analyse, stored.sealed_cube())
            timings = measure_on_clusters({"two": Work(two, work), "one": Work(one, work)})
            row(name, timings["two"], timings["one"], "≥ 1.80")
        bare = measure({"two": partial(multiply, two), "one": partial(multiply, one)}, ROUNDS)
        row("this machine: matrices alone, nothing read", bare["two"], bare["one"], "")


def multiply(client: Client) -> None:
    """Share a fixed number of matrix products between the workers: all of it can scale."""
    client.gather(client.map(multiply_once, range(PRODUCTS), pure=False))


def multiply_once(seed: int) -> None:
    """Find the best of 1,600 references for 16,384 pixels, four times."""
    random = np.random.default_rng(seed)
    pixels = random.random((16_384, 256), np.float32)
    references = random.random((256, 1_600), np.float32)
    for _ in range(4):
        (pixels @ references).argmax(axis=1)


def test_memory_is_bounded_whatever_the_size(stored: Stored) -> None:
    cube = stored.sealed_cube()
    peaks: dict[str, float] = {}
    for part in (0.25, 1.0):
        rows = int(cube.sizes["y"] * part)
        with our_cluster(2, f"memory-{rows}") as client:
            for analyse in ANALYSES.values():
                analyse(cube.isel(y=slice(0, rows)))
            peaks[f"{cube.nbytes * part / 1e6:,.0f} MB in memory"] = max(peak_mb(client))
    say(f"\npeak memory of a worker of {WORKER_MB} MB, all three analyses")
    for name, peak in peaks.items():
        say(f"  cube of {name}: {peak:.0f} MB")
    assert max(peaks.values()) < WORKER_MB


FIRST_TASK = """
import time, museion
started = time.perf_counter()
client = museion.cluster(workers=1, memory="500MB", place={place!r}, name="bench{number}")
client.submit(sum, [1, 2]).result()
taken = time.perf_counter() - started
client.close()
print(taken)
"""


def test_time_to_the_first_task_in_each_place() -> None:
    say("\ncluster() to first task, in a workspace's notebook")
    with temp_slurm() as slurm, temp_slurm_hub(slurm) as place:
        place.hub.start_servers("wg-murals")
        with kernel_of(place.hub, "wg-murals", "murals-lead") as kernel:
            for name in ("workspace", "gateway", PLACE):
                cells = [FIRST_TASK.format(place=name, number=each) for each in range(ROUNDS)]
                taken = [float(kernel.run(cell, PATIENCE_S)) for cell in cells]
                say(f"  {'Slurm' if name == PLACE else name}: {median(taken):.2f} s")


def of(analyse: Callable[[xr.DataArray], None], cube: xr.DataArray) -> Callable[[], None]:
    """Return an analysis of a cube, which is read anew each time."""

    def work() -> None:
        analyse(cube)

    return work


def test_plain_and_sealed_hold_the_same(stored: Stored) -> None:
    part = {"y": slice(0, 16), "x": slice(0, 16)}
    xr.testing.assert_equal(
        stored.sealed_cube().isel(part).drop_attrs().compute(scheduler="threads"),
        stored.plain_cube().isel(part).drop_attrs().compute(scheduler="threads"),
    )
