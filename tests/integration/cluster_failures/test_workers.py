"""Workers that are killed or run out of memory: the work goes on, or says what it needs."""

import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

import museion
from museion.clusters.client import ClusterClient
from museion.errors import ComputationError
from museion_datasets import Library
from tests.integration.cluster_failures.conftest import lazy_ramp, mapped, ramp
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

RESULT = "murals/result"


def die_once(block: np.ndarray, marker: str) -> np.ndarray:
    """End the worker's process with the first block."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return block
    os.kill(os.getpid(), signal.SIGKILL)
    return block


def die(block: np.ndarray) -> np.ndarray:
    """End the worker's process with every block."""
    os.kill(os.getpid(), signal.SIGKILL)
    return block


def grow(block: np.ndarray) -> np.ndarray:
    """Take more memory than the worker has, and wait for what comes of it."""
    kept = [bytearray(os.urandom(1 << 20)) * 16 for _ in range(30)]
    threading.Event().wait(60 * len(kept))
    return block


def wait_for_marker(block: np.ndarray, marker: str) -> np.ndarray:
    """Say that it runs, and wait until it may go on."""
    Path(f"{marker}.runs").touch()
    wait_until(Path(marker).exists, "the test goes on", 60)
    return block


@pytest.mark.usefixtures("client")
def test_save_goes_on_when_a_worker_is_killed(library: Library, tmp_path: Path) -> None:
    dying = mapped(lazy_ramp(), die_once, str(tmp_path / "died"))
    saved = museion.save(dying, RESULT)
    assert (tmp_path / "died").exists()
    np.testing.assert_allclose(saved["data"].to_xarray(), lazy_ramp(), rtol=1e-6)
    assert library.open(RESULT).verify(level=2).objects


def test_worker_killed_from_outside_in_the_middle_is_replaced(
    client: ClusterClient, library: Library, tmp_path: Path
) -> None:
    marker = tmp_path / "go"
    first = client.run(os.getpid)
    future = client.compute(mapped(lazy_ramp(), wait_for_marker, str(marker)).sum().data)
    wait_until((tmp_path / "go.runs").exists, "a task runs")
    os.kill(next(iter(first.values())), signal.SIGKILL)
    marker.touch()
    assert float(future.result(60)) == pytest.approx(float(lazy_ramp().sum()), rel=1e-5)
    wait_until(lambda: len(client.nthreads()) == 2, "the worker was replaced", 60)
    assert library.open("murals/panel").version == 1


@pytest.mark.usefixtures("client")
def test_task_that_kills_every_worker_is_one_clear_error_and_saves_nothing(
    library: Library,
) -> None:
    museion.save(lazy_ramp(), RESULT)
    with pytest.raises(ComputationError) as caught:
        museion.save(mapped(ramp().chunk(), die), RESULT)
    assert "workers ended while it ran a task" in caught.value.message
    assert "die" in caught.value.message
    assert "more memory" in caught.value.hint
    assert library.open(RESULT).version == 1
    assert library.open(RESULT).verify(level=2).objects


def test_too_little_memory_names_the_remedy_and_the_cluster_lives_on(
    client: ClusterClient, library: Library
) -> None:
    with pytest.raises(ComputationError) as caught:
        museion.save(mapped(ramp().chunk(), grow), RESULT)  # one block: workers die in turn
    assert "A task needs more memory than a worker has" in caught.value.message
    assert "grow" in caught.value.message
    assert 'museion.cluster(memory="1GB")' in caught.value.hint
    assert "smaller blocks" in caught.value.hint
    assert RESULT not in {record.path for record in library.datasets()}
    assert client.submit(sum, [1, 2]).result(60) == 3


def test_allocation_that_cannot_be_is_told_the_same_way(client: ClusterClient) -> None:
    with pytest.raises(ComputationError, match="asked for more memory") as caught:
        client.submit(np.ones, 1 << 50).result(60)
    assert "memory=" in caught.value.hint


def test_error_of_the_persons_own_code_stays_what_it_is(client: ClusterClient) -> None:
    with pytest.raises(ZeroDivisionError):
        client.submit(divmod, 1, 0).result(60)
