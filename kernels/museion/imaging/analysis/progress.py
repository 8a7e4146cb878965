"""How far an analysis is, and what it has found so far, one part after the other.

What is computed at once, such as a covariance, tells a `Progress` after each block; what stays
lazy is computed by `compute`, which tells likewise. In a notebook a bar is drawn if nothing
else is asked for.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any, Protocol

import dask
import xarray as xr
from dask.base import get_scheduler
from dask.callbacks import Callback

from museion_datasets.ingest.progress import bar_text


class Progress(Protocol):
    """Told how far an analysis is; what it raises stops the analysis."""

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Take note."""


def silent(_done: int, _total: int, _what: str, /) -> None:
    """Tell nobody."""


class Bar:
    """A bar in a notebook's output, which screen readers announce."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._last = ""

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Draw the bar if it has moved."""
        percent = 100 * done // max(1, total)
        label = escape(what)
        html = (
            f'<label style="display:block">{label} <progress max="100" value="{percent}" '
            f'style="width:20em"></progress> {percent} %</label>'
        )
        if html != self._last:
            self._last = html
            self._show({"text/html": html, "text/plain": bar_text(done, total, what)})

    def _show(self, bundle: dict[str, str]) -> None:
        from IPython.display import display  # noqa: PLC0415 - only in notebooks

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)


def find_progress(progress: Progress | None) -> Progress:
    """Return whom to tell: the one given, else a bar in a notebook, else nobody.

    Parameters
    ----------
    progress : Progress, optional
        As the caller was given it.

    Returns
    -------
    Progress
        Never None.
    """
    if progress is not None:
        return progress
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return silent if getattr(shell, "kernel", None) is None else Bar()


def run_each(tasks: Sequence[Any], what: str, progress: Progress) -> Iterator[Any]:
    """Compute tasks where the current scheduler computes, and yield each result.

    Parameters
    ----------
    tasks : sequence of Delayed
        Their results are small.
    what : str
        What is being done.
    progress : Progress
        Told after each.

    Yields
    ------
    object
        The results: on a cluster as they come, else in order.
    """
    if (client := find_client()) is None:
        with _Telling(what, progress):
            yield from dask.compute(*tasks)  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
        return
    from distributed import as_completed  # noqa: PLC0415 - there is a cluster, so it is loaded

    for done, future in enumerate(as_completed(client.compute(list(tasks))), 1):
        result = future.result()
        progress(done, len(tasks), what)
        yield result


def compute[Lazy: (xr.DataArray, xr.Dataset)](
    lazy: Lazy, what: str = "analysing", progress: Progress | None = None
) -> Lazy:
    """Compute what is lazy, all of it at once, and tell how far it is.

    Parameters
    ----------
    lazy : DataArray or Dataset
        Such as an analysis returns; the result must fit in memory (else `museion.save` it).
    what : str
        What is being done, for the bar.
    progress : Progress, optional
        Called with what is done, the total and `what`; a bar in a notebook by default.

    Returns
    -------
    DataArray or Dataset
        In memory.
    """
    told = find_progress(progress)
    if (client := find_client()) is None:
        with _Telling(what, told):
            return lazy.compute()
    from distributed import as_completed, futures_of  # noqa: PLC0415 - as above

    kept = client.persist(lazy)
    futures = futures_of(kept)
    for done, _ in enumerate(as_completed(futures), 1):
        told(done, len(futures), what)
    found: Lazy = kept.compute()
    return found


def find_client() -> Any:  # noqa: ANN401 - distributed is loaded only where it is used
    """Return the client of the cluster that computes now, or None if threads do."""
    scheduler: Callable[..., Any] | None = get_scheduler()  # type: ignore[no-untyped-call,unused-ignore]
    client = getattr(scheduler, "__self__", None)
    return client if hasattr(client, "scheduler_info") else None


class _Telling(Callback):  # type: ignore[misc,unused-ignore]
    """Tells how many tasks of Dask's own schedulers are done."""

    def __init__(self, what: str, progress: Progress) -> None:
        super().__init__()  # type: ignore[no-untyped-call,unused-ignore]
        self._what, self._progress = what, progress

    def _posttask(self, *about: Any) -> None:  # noqa: ANN401 - Dask's
        """Take note of a task: its key, its result, the graph, the state, the thread."""
        state = about[3]
        done = len(state["finished"])
        left = sum(len(state[each]) for each in ("ready", "waiting", "running"))
        self._progress(done, done + left, self._what)
