"""What a person reads when a cluster's work fails for a reason that is not in the work itself.

A worker that dies is no failure: its tasks run again on others. Three things are: a task with
which several workers died in a row, most often for want of memory; a task that asked for more
memory than there is; and a scheduler that is gone. Each becomes one error with one sentence and
a hint, wherever its future is waited for. What a person's own code raises stays as it is.
"""

import weakref
from collections import deque
from typing import Any

from dask.utils import format_bytes, key_split
from distributed import Client
from distributed.scheduler import KilledWorker

from museion.errors import ComputationError, UnreachableError

RESTARTED = "worker-restart-memory"
"""Topic under which distributed tells of a worker that was ended because it took too much."""

_REMEMBERED = 100
_MORE = 2
_SMALLER = 'or use smaller blocks, as in cube.chunk({"y": 128, "x": 128}).'


class ClearClient(Client):
    """A Dask client whose failed futures say in one sentence what has happened."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the base class has it
        self._ended_for_memory: deque[str] = deque(maxlen=_REMEMBERED)
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        if not self.asynchronous:
            self.subscribe_topic(RESTARTED, _noting(self))  # type: ignore[no-untyped-call]

    def _handle_task_erred(
        self,
        key: Any = None,  # noqa: ANN401 - as the base class has it
        exception: Any = None,  # noqa: ANN401
        traceback: Any = None,  # noqa: ANN401
    ) -> None:
        """Note that a task has failed, in our words if it is not the person's own doing."""
        super()._handle_task_erred(key, exception, traceback)  # type: ignore[no-untyped-call]
        state = self.futures.get(key)
        if state is None:
            return
        clear = explain(state.exception, self._ended_for_memory)
        if clear is not None:
            state.exception, state.traceback = clear, None

    async def _reconnect(self) -> None:
        """Fail what was waited for, then look whether the scheduler comes back."""
        lost = UnreachableError(
            "The cluster's scheduler is gone, and with it what it computed",
            hint="call museion.cluster(...) for a new one, and run the computation again.",
        )
        for state in self.futures.values():
            state.set_error(lost, None)
        self.futures.clear()
        await super()._reconnect()


def explain(error: object, ended_for_memory: "deque[str]") -> Exception | None:
    """Say in our words why a task has failed.

    Parameters
    ----------
    error : object
        What distributed says.
    ended_for_memory : deque of str
        Addresses of workers that were ended because they took too much memory.

    Returns
    -------
    Exception or None
        None if the error speaks for itself.
    """
    if isinstance(error, MemoryError):
        return ComputationError(
            f"A task asked for more memory than its worker has: {error or 'no size given'}",
            hint='give each worker more, as in museion.cluster(memory="4GB"), ' + _SMALLER,
        )
    if not isinstance(error, KilledWorker):
        return None
    name, limit = key_split(error.task), error.last_worker.memory_limit
    if ended_for_memory and limit:
        return ComputationError(
            f"A task needs more memory than a worker has: {name!r:.80}, {format_bytes(limit)}",
            hint=f'give each worker more, as in museion.cluster(memory="{_gb(_MORE * limit)}"), '
            + _SMALLER,
        )
    return ComputationError(
        f"Each of {error.allowed_failures + 1} workers ended while it ran a task: {name!r:.80}",
        hint="most often it needs more memory than a worker has, or its compiled code crashes: "
        "try more memory, smaller blocks, or one block without a cluster.",
    )


def _noting(client: ClearClient) -> Any:  # noqa: ANN401 - an event handler of distributed
    """Return what notes a worker's end; it keeps no client alive."""
    found = weakref.ref(client)

    def note(event: tuple[float, dict[str, Any]]) -> None:
        alive = found()
        if alive is not None:
            _, told = event
            alive._ended_for_memory.append(str(told.get("worker", "")))  # noqa: SLF001 - its own

    return note


def _gb(size_bytes: int) -> str:
    """Return a size as an argument, in whole GB."""
    return f"{-(-size_bytes // 10**9)}GB"
