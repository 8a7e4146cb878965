"""Counts what a scheduler's workers and tasks do; runs in the scheduler's own process.

The cost grows with workers and kinds of tasks, not with tasks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from distributed import Scheduler
from distributed.scheduler import Computation, WorkerState

UNDONE = ("waiting", "queued", "no-worker", "processing")
DONE = ("memory", "released", "erred")


OPERATION = "museion_census"
"""What the scheduler is asked for; a function sent each time would be logged each time."""


def offer_census(dask_scheduler: Scheduler) -> None:
    """Let a scheduler answer how it is, whenever it is asked.

    Parameters
    ----------
    dask_scheduler : Scheduler
        Given by `distributed.Client.run_on_scheduler`.
    """

    def answer() -> dict[str, Any]:
        return census(dask_scheduler)

    dask_scheduler.handlers[OPERATION] = answer


def census(dask_scheduler: Scheduler) -> dict[str, Any]:
    """Return how a cluster is.

    Parameters
    ----------
    dask_scheduler : Scheduler
        Whose workers and tasks are counted.

    Returns
    -------
    dict
        ``workers``, ``tasks``, ``progress``, and ``transitions``, which changes whenever a task
        does.
    """
    counts: Counter[str] = Counter()
    for prefix in dask_scheduler.task_prefixes.values():
        counts.update(prefix.states)
    waiting = counts["waiting"] + counts["queued"] + counts["no-worker"]
    named = {name: counts[name] for name in ("processing", "memory", "erred", "released")}
    return {
        "workers": [_worker(state) for state in dask_scheduler.workers.values()],
        "tasks": {"waiting": waiting, **named},
        "progress": _progress(list(dask_scheduler.computations)),
        "transitions": dask_scheduler.transition_counter,
    }


def _worker(state: WorkerState) -> dict[str, Any]:
    return {
        "name": str(state.name),
        "memory_bytes": int(state.metrics.get("memory", 0)),
        "memory_limit_bytes": int(state.memory_limit),
        "cpu_percent": float(state.metrics.get("cpu", 0)),
        "processing": len(state.processing),
    }


def _progress(computations: list[Computation]) -> list[dict[str, Any]]:
    """Return how far each kind of task is, of the computations that are not done."""
    done: Counter[str] = Counter()
    total: Counter[str] = Counter()
    running = [each for each in computations if _count(each.states, UNDONE)]
    for group in {group for each in running for group in each.groups}:
        name = str(group.prefix.name) if group.prefix else str(group.name)
        done[name] += _count(group.states, DONE)
        total[name] += _count(group.states, (*DONE, *UNDONE))
    return [{"name": name, "done": done[name], "total": total[name]} for name in sorted(total)]


def _count(states: Mapping[Any, int], of: Iterable[str]) -> int:
    return sum(states.get(state, 0) for state in of)
