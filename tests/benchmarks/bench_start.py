"""How long a person waits: the first start with its samples, and every later one."""

import statistics
import time
from pathlib import Path

from tests.support.deployment import running

LATER_STARTS = 3


def seconds_to_start(state: Path) -> float:
    started = time.monotonic()
    with running(state, "--demo"):
        return time.monotonic() - started


def test_first_and_later_starts(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first_s = seconds_to_start(state)
    later_s = statistics.median(seconds_to_start(state) for _ in range(LATER_STARTS))
    print(f"\nfirst start with samples: {first_s:.1f} s")  # noqa: T201  a figure for a person
    print(f"later starts, median of {LATER_STARTS}: {later_s:.1f} s")  # noqa: T201
