"""The card of a cluster in a notebook: `ClusterView`.

The card asks the workspace's server, not the kernel, so it works while the kernel computes,
after it is gone, and in the browser of a member who came later. What it leaves in the saved
notebook is what was true when the cell ran, as a table that needs no program.
"""

import html
from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from museion.widgets.base import browser_code

CLUSTER_MIME = "application/vnd.museion.cluster+json"
CARD_VERSION = 1
_MB, _GB = 10**6, 10**9


class ClusterView(anywidget.AnyWidget):
    """A running cluster: state, work, memory, size.

    Parameters
    ----------
    cluster : str
        Its id.
    report : mapping
        What its agent said just now (``cluster.schema.json``); only what a card shows is kept.
    """

    _esm = browser_code("cluster")
    _saved = traitlets.Dict().tag(sync=True)

    def __init__(self, cluster: str, report: Mapping[str, Any]) -> None:
        kept = {name: report[name] for name in _KEPT if name in report}
        super().__init__(_saved={"state": "stopped", **kept, "id": cluster})

    @property
    def spec(self) -> dict[str, Any]:
        """What a browser needs to draw the card: the cluster's id, and how it was."""
        return {"version": CARD_VERSION, "saved": dict(self._saved)}

    def describe(self) -> str:
        """Return one line for where nothing else can be shown."""
        saved = self._saved
        return (
            f"Cluster {saved.get('label') or saved['id']}: {saved['state']}, "
            f"{_count(len(saved.get('workers', ())))}, place {saved.get('place') or 'unknown'}"
        )

    def table(self) -> str:
        """Return how the cluster was, as HTML that stands alone."""
        saved = self._saved
        rows = "".join(map(_row, saved.get("workers", ())))
        head = "<tr><th>Worker</th><th>Memory</th><th>Tasks</th></tr>"
        body = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""
        return f"<p>{html.escape(self.describe())}</p>{body}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if bundle is not None else ({}, {})
        ours = {CLUSTER_MIME: self.spec, "text/html": self.table(), "text/plain": self.describe()}
        return {**data, **ours}, metadata


_KEPT = ("place", "label", "state", "workers", "wanted", "adaptive", "limit", "started")


def _row(worker: Mapping[str, Any]) -> str:
    used, limit = worker["memory_bytes"], worker["memory_limit_bytes"]
    memory = f"{_amount(used)} of {_amount(limit)}" if limit else _amount(used)
    cells = (str(worker["name"]), memory, str(worker["processing"]))
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"


def _amount(size_bytes: int) -> str:
    """Return a size in decimal units, as the card in the browser says it."""
    if size_bytes >= _GB:
        return f"{size_bytes / _GB:.1f} GB"
    return f"{size_bytes / _MB:.0f} MB"


def _count(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"
