"""The same notebook computes the same in the workspace, on the hub's machine and on Slurm."""

from collections.abc import Generator

import pytest

from tests.support.kernel import Kernel, kernel_of
from tests.support.slurm_hub import PLACE, SlurmHub
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

ACCOUNT = "wg-murals"
PATIENCE_S = 200.0
MAKE = """
import museion, numpy as np, xarray as xr
ramp = xr.DataArray(np.arange(64, dtype="float32").reshape(8, 8), dims=("y", "x"))
about = dict(title="Ramp", kind="cube", rights="CC0-1.0", synthetic=True, description="")
with museion.draft("murals/ramp", **about) as draft:
    draft.put_array("ramp", ramp, chunks={"y": 4, "x": 4})
"""
NOTEBOOK = (
    "import os, museion",
    'client = museion.cluster(workers=1, memory="512MiB", place=place)',
    'ramp = museion.open("murals/ramp")["ramp"].to_dask()',
    "print(float(ramp.sum().compute()), float(ramp.isel(x=0).max().compute()))",
    "print(all(client.run(os.getpid).values()))",
    "client.close()",
)


@pytest.fixture(scope="module")
def kernel(place: SlurmHub) -> Generator[Kernel]:
    """Give a kernel of a workspace with a dataset."""
    place.hub.start_servers(ACCOUNT)
    with kernel_of(place.hub, ACCOUNT, "murals-lead") as kernel:
        kernel.run(MAKE, PATIENCE_S)
        yield kernel


@pytest.mark.parametrize("name", ["workspace", "gateway", PLACE])
def test_the_same_notebook_passes_in(name: str, kernel: Kernel, place: SlurmHub) -> None:
    printed = [kernel.run(cell, PATIENCE_S) for cell in (f"place = {name!r}", *NOTEBOOK)]
    assert [text for text in printed if text] == ["2016.0 56.0", "True"]
    wait_until(lambda: not place.slurm.jobs("pending,running"), "no job is left")


def test_a_cluster_that_slurm_has_no_room_for_is_one_sentence_in_the_notebook(
    kernel: Kernel,
) -> None:
    attempt = f"""
from museion.errors import MuseionError
try:
    museion.cluster(workers=1, memory="900GB", place={PLACE!r})
except MuseionError as error:
    print(error)
"""
    message, hint = kernel.run(attempt, PATIENCE_S).splitlines()
    assert "No node of Slurm is as large as one worker" in message
    assert hint.startswith("hint: ")
    assert kernel.run("print(6 * 7)") == "42"
