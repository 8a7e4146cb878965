"""The network between a cluster's namespace and the host is cut while it saves a dataset.

The process that keeps the pod is the only way between the two: stopped, it carries nothing.
"""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from museion_hub.gateway.kept import KEEPER_MODULE
from tests.integration.gateway.test_keys import processes_of
from tests.support.hub import TempHub
from tests.support.kernel import Kernel
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

CUT_S, PATIENCE_S = 20.0, 240.0
SAVE = """
import museion, numpy as np, time, xarray as xr
import dask.array as da
def slowly(block):
    time.sleep(2)
    return block
ramp = da.arange(24 * 64, dtype="float32", chunks=64).reshape(24, 64).rechunk((1, 64))
cube = xr.DataArray(ramp.map_blocks(slowly, meta=np.empty((0, 0), "float32")), dims=("y", "x"))
about = dict(title="Cut", kind="cube", rights="CC0-1.0", synthetic=True, description="")
with museion.draft("murals/cut", **about) as draft:
    draft.put_array("data", cube, chunks={"y": 1, "x": 64})
saved = museion.open("murals/cut")
print(saved.version, float(saved["data"].to_xarray().sum()), saved.verify(level=2).objects > 0)
"""
SUM = float(sum(range(24 * 64)))


def keeper_of(cluster: str) -> psutil.Process:
    """Give the process outside that keeps a cluster's pod."""
    parents = {parent for process in processes_of(cluster) for parent in process.parents()}
    (keeper,) = (each for each in parents if KEEPER_MODULE in each.cmdline())
    return keeper


@contextmanager
def stopped(process: psutil.Process) -> Generator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def count_files(folder: Path) -> int:
    return sum(each.is_file() for each in folder.rglob("*"))


def test_a_dataset_is_saved_whole_though_the_network_was_cut_for_20_s(
    hub: TempHub, kernel: Kernel, cluster_name: str
) -> None:
    before = count_files(hub.paths.storage)
    printed: list[str] = []
    saving = threading.Thread(target=lambda: printed.append(kernel.run(SAVE, PATIENCE_S)))
    saving.start()
    wait_until(lambda: count_files(hub.paths.storage) > before + 2, "blocks are written", 60)
    with stopped(keeper_of(cluster_name)):
        threading.Event().wait(CUT_S)
        assert not printed
    saving.join(PATIENCE_S)
    assert printed == [f"1 {SUM} True"]
