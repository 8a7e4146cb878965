"""What distributed says of lost workers becomes one sentence with a hint."""

import pickle
from collections import deque
from dataclasses import dataclass

import pytest
from distributed.scheduler import KilledWorker

from museion.clusters.failures import explain
from museion.errors import ComputationError, InputError, MuseionError


@dataclass
class Lost:
    """A worker, as far as the error tells of it."""

    address: str
    memory_limit: int


KILLED = KilledWorker(("unmix-0123456789abcdef0123456789abcdef", 0, 1), Lost("w", 10**9), 3)  # type: ignore[no-untyped-call]


def test_workers_ended_for_memory_are_told_with_the_size_to_ask_for() -> None:
    error = explain(KILLED, deque(["w"]))
    assert isinstance(error, ComputationError)
    assert error.message == "A task needs more memory than a worker has: 'unmix', 0.93 GiB"
    assert 'museion.cluster(memory="2GB")' in error.hint


def test_workers_that_ended_otherwise_are_counted() -> None:
    error = explain(KILLED, deque())
    assert isinstance(error, ComputationError)
    assert error.message == "Each of 4 workers ended while it ran a task: 'unmix'"


def test_refused_allocation_is_told_with_its_size() -> None:
    error = explain(MemoryError("Unable to allocate 8.00 PiB"), deque())
    assert isinstance(error, ComputationError)
    assert "8.00 PiB" in error.message


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyError("x"), None])
def test_other_errors_speak_for_themselves(error: object) -> None:
    assert explain(error, deque()) is None


@pytest.mark.parametrize("kind", [InputError, ComputationError])
def test_error_travels_from_a_worker_whole(kind: type[MuseionError]) -> None:
    sent = pickle.dumps(kind("Not a number: 7", hint="give another."))
    back = pickle.loads(sent)  # noqa: S301 - our own
    assert type(back) is kind
    assert (back.message, back.hint) == ("Not a number: 7", "give another.")
