"""The way to the registry is cut while a cluster works: it goes on, or fails with one error."""

import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import museion
from museion import _session
from museion_datasets import arrivals
from museion_datasets.errors import KeyUnavailableError, UnavailableError
from tests.integration.cluster_failures.conftest import mapped
from tests.integration.cluster_failures.test_schedulers import saving
from tests.support.granted import FRESCO, Granted, granting_registry, plaster
from tests.support.proxies import Line, line_to
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

CUT_S, BLOCK_S, PATIENCE_S = 20.0, 1.5, 300.0
RESULT = "murals/result"


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Generator[Granted]:
    with granting_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def line(granted: Granted) -> Generator[Line]:
    """Give the only way that this process and the workers have to the registry."""
    with (
        line_to(granted.port) as line,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in granted.environment.items():
            patch.setenv(name, value.replace(str(granted.port), str(line.port)))
        patch.setattr(arrivals, "_libraries", {})
        _session.library.cache_clear()
        with museion.cluster(workers=2, memory="400MB", name="cut"):
            yield line
        _session.library.cache_clear()


def slowly(block: np.ndarray, folder: str) -> np.ndarray:
    """Take a while for each block, and say when one is done."""
    time.sleep(BLOCK_S)
    if block.size > 1:
        (Path(folder) / f"{block.flat[0]:.0f}").touch()
    return block


def slow_result(folder: Path) -> xr.DataArray:
    folder.mkdir()
    cube = museion.open(FRESCO)["plaster"].to_dask().chunk({"y": 4, "x": 64})
    return mapped(cube, slowly, str(folder))  # type: ignore[arg-type]


def done(folder: Path) -> int:
    return len(list(folder.iterdir()))


def test_work_goes_on_while_the_registry_is_out_of_reach_for_20_s(
    line: Line, tmp_path: Path
) -> None:
    folder = tmp_path / "done"
    thread, errors = saving(slow_result(folder), RESULT)
    wait_until(lambda: errors or done(folder), "the first block", PATIENCE_S)
    line.cut()
    before = done(folder)
    threading.Event().wait(CUT_S)
    during = done(folder) - before
    line.mend()
    thread.join(PATIENCE_S)
    assert not errors
    assert during > 0
    saved = museion.open(RESULT)
    np.testing.assert_array_equal(saved["data"].to_xarray(), plaster())
    assert saved.verify(level=2).objects


def test_registry_that_stays_away_is_one_error_and_leaves_the_last_version(
    line: Line, granted: Granted, tmp_path: Path
) -> None:
    museion.save(plaster(), "murals/kept")
    folder = tmp_path / "done"
    thread, errors = saving(slow_result(folder), "murals/kept")
    wait_until(lambda: errors or done(folder), "the first block", PATIENCE_S)
    line.cut()
    thread.join(PATIENCE_S)
    line.mend()
    (error,) = errors
    assert isinstance(error, UnavailableError | KeyUnavailableError)
    assert error.hint
    kept = granted.workspace.open("murals/kept")
    assert kept.version == 1
    assert kept.verify(level=2).objects
