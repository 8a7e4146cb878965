"""What a kernel learns of its notebook, its server and the deployment's places."""

import json

import pytest

from museion_datasets import environment
from museion_datasets.environment import ComputePlace

HPC = {
    "name": "hpc",
    "kind": "slurm",
    "jurisdiction": "AT",
    "address": "http://127.0.0.1:8000/services/dask-gateway-hpc",
    "proxy_address": "gateway://127.0.0.1:8787",
}


@pytest.mark.parametrize(
    ("named", "found"),
    [
        pytest.param("/workspace/analysis/pca.ipynb", "analysis/pca.ipynb", id="whole path"),
        pytest.param("RTC:analysis/pca.ipynb", "analysis/pca.ipynb", id="live document"),
        pytest.param("analysis/pca.ipynb", "analysis/pca.ipynb", id="below the workspace"),
        pytest.param("", None, id="no notebook"),
    ],
)
def test_a_notebook_is_known_by_its_path_in_the_workspace(
    monkeypatch: pytest.MonkeyPatch, named: str, found: str | None
) -> None:
    monkeypatch.setenv("MUSEION_WORKSPACE", "/workspace")
    monkeypatch.setenv("JPY_SESSION_NAME", named)
    assert environment.find_notebook() == found


def test_compute_places_keep_the_operators_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.find_compute_places() == ()
    monkeypatch.setenv("MUSEION_COMPUTE", json.dumps([HPC, {**HPC, "name": "gateway"}]))
    assert environment.find_compute_places()[0] == ComputePlace(**HPC)
    assert [place.name for place in environment.find_compute_places()] == ["hpc", "gateway"]


def test_each_workspace_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSEION_WORKSPACE", "/state/murals")
    murals = environment.find_clusters_folder()
    monkeypatch.setenv("MUSEION_WORKSPACE", "/state/lapidary")
    assert environment.find_clusters_folder() != murals


def test_what_a_process_starts_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    monkeypatch.setenv("JPY_API_TOKEN", "secret")
    monkeypatch.setenv("MUSEION_WORKSPACE", "/workspace")
    cleaned = environment.clean_environment()
    assert "secret" not in cleaned.values()
    assert cleaned["MUSEION_WORKSPACE"] == "/workspace"


def test_a_token_that_was_handed_over_gives_way_to_a_newer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN", raising=False)
    monkeypatch.delenv("MUSEION_TOKEN_FILE", raising=False)
    environment.hold_token("handed over")
    try:
        assert environment.find_token() == "handed over"
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "newer")
        assert environment.find_token() == "newer"
    finally:
        environment.hold_token("")
    assert environment.find_token() == "newer"


@pytest.mark.parametrize(("given", "expected"), [("", 1800), ("5", 300), ("0.5", 30)])
def test_minutes_without_work_are_the_deployments(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: float
) -> None:
    monkeypatch.setenv("MUSEION_CLUSTER_IDLE_MINUTES", given)
    assert environment.find_cluster_idle_s() == expected
