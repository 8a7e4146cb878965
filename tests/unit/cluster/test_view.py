"""What a cluster's card leaves in a notebook."""

from typing import Any

import pytest

from museion.widgets.cluster import CLUSTER_MIME, ClusterView

WORKER = {
    "name": "0",
    "memory_bytes": 300_000_000,
    "memory_limit_bytes": 10**9,
    "cpu_percent": 9.0,
    "processing": 2,
}
REPORT = {
    "id": "workspace-pca-1",
    "name": "pca",
    "place": "workspace",
    "label": "<b>pca</b>",
    "state": "running",
    "workers": [WORKER],
    "tasks": {"processing": 2},
    "progress": [{"name": "a-secret-name", "done": 1, "total": 2}],
}


@pytest.fixture
def bundle() -> dict[str, Any]:
    data, _metadata = ClusterView("workspace-pca-1", REPORT)._repr_mimebundle_()
    return data


def test_the_output_names_the_cluster_and_how_it_was(bundle: dict[str, Any]) -> None:
    spec = bundle[CLUSTER_MIME]
    assert (spec["version"], spec["saved"]["id"]) == (1, "workspace-pca-1")
    assert spec["saved"]["workers"] == [WORKER]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_reader_without_any_program_reads_a_table(bundle: dict[str, Any]) -> None:
    assert "running, 1 worker, place workspace" in bundle["text/plain"]
    assert "<td>300 MB of 1.0 GB</td>" in bundle["text/html"]
    assert "&lt;b&gt;pca&lt;/b&gt;" in bundle["text/html"]


def test_what_ran_on_it_is_not_saved(bundle: dict[str, Any]) -> None:
    assert "a-secret-name" not in repr(bundle[CLUSTER_MIME])


def test_a_cluster_that_can_not_be_asked_still_shows() -> None:
    view = ClusterView("hpc-pca-2", {"id": "hpc-pca-2", "place": "hpc", "state": "stopped"})
    assert view.describe() == "Cluster hpc-pca-2: stopped, 0 workers, place hpc"
    assert "<table>" not in view.table()
