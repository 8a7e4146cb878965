"""A scheduler or agent that is killed: one clear error, nothing half-written, a new start."""

import os
import signal
import threading
from pathlib import Path

import psutil
import pytest

import museion
from museion.clusters.client import ClusterClient
from museion.errors import UnreachableError
from museion_datasets import Library
from tests.integration.cluster_failures.conftest import lazy_ramp, mapped
from tests.integration.cluster_failures.test_workers import wait_for_marker
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

RESULT, NAME = "murals/result", "killed"


def scheduler_pid(client: ClusterClient) -> int:
    pid = client.run_on_scheduler(os.getpid)
    assert isinstance(pid, int)
    assert pid != os.getpid()
    return pid


def saving(cube: object, name: str) -> tuple[threading.Thread, list[BaseException]]:
    """Save in a thread, as a cell would; give its errors."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            museion.save(cube, name)
        except Exception as error:  # noqa: BLE001 - whatever a cell would show
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, errors


def test_killed_scheduler_is_one_error_and_the_next_call_starts_anew(
    library: Library, tmp_path: Path
) -> None:
    museion.save(lazy_ramp(), RESULT)
    client = museion.cluster(workers=1, memory="400MB", name=NAME)
    workers = client.run(os.getpid).values()
    thread, errors = saving(mapped(lazy_ramp(), wait_for_marker, str(tmp_path / "go")), RESULT)
    wait_until(lambda: errors or (tmp_path / "go.runs").exists(), "a task runs")
    assert not errors
    os.kill(scheduler_pid(client), signal.SIGKILL)
    thread.join(60)
    (error,) = errors
    assert isinstance(error, UnreachableError)
    assert "scheduler is gone" in error.message
    assert "museion.cluster(" in error.hint
    assert library.open(RESULT).version == 1
    assert library.open(RESULT).verify(level=2).objects
    wait_until(lambda: not any(map(psutil.pid_exists, workers)), "its workers have ended", 60)
    with museion.cluster(workers=1, memory="400MB", name=NAME) as again:
        assert again is not client
        assert again.submit(max, [1, 2]).result(60) == 2
        assert museion.save(lazy_ramp() + 1, RESULT).version == 2
