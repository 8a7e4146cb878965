"""Workers beside the kernel open sealed datasets themselves; keys do not travel with tasks."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from museion import cluster
from museion_datasets import Library, connect

pytestmark = pytest.mark.integration


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = connect(f"file://{tmp_path}/library")
    ramp = xr.DataArray(
        np.arange(64 * 64 * 4, dtype="float32").reshape(64, 64, 4), dims=("y", "x", "band")
    )
    with library.draft(
        "murals/ramp",
        title="Ramp",
        kind="cube",
        rights="CC0-1.0",
        synthetic=True,
        description="Counts upwards",
    ) as draft:
        draft.put_array("ramp", ramp, chunks={"y": 16, "x": 16, "band": 4})
    return library


def test_a_mean_over_a_sealed_array_is_computed_by_the_workers(library: Library) -> None:
    chunks = library.open("murals/ramp")["ramp"].to_dask()
    with cluster(workers=2, memory="512MiB") as client:
        mean = client.compute(chunks.mean()).result()
        tasks = client.run(lambda dask_worker: len(dask_worker.state.log))
    assert float(mean) == pytest.approx((64 * 64 * 4 - 1) / 2)
    assert sum(tasks.values()) > 0


def test_the_graph_that_goes_to_the_workers_holds_no_key(library: Library) -> None:
    dataset = library.open("murals/ramp")
    key = library._catalogue.open_dataset("murals/ramp").keys[1]
    graph = pickle.dumps(dataset["ramp"].to_dask().__dask_graph__())
    assert b"murals/ramp" in graph
    assert key not in graph
