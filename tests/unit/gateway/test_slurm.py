"""What is handed to Slurm, and what is said of what it answers: pure functions, as tables."""

import re
from pathlib import Path

import pytest

from museion_hub.errors import SettingsError
from museion_hub.gateway.config import gateway_config
from museion_hub.gateway.job import require_numbers
from museion_hub.gateway.slurm.config import job_nodes, private_address
from museion_hub.gateway.slurm.jobs import (
    FOR_SCHEDULER,
    Job,
    Nodes,
    job_script,
    sbatch_arguments,
)
from museion_hub.gateway.slurm.states import JobState, describe_ending, describe_refusal
from museion_hub.settings import settings_from
from museion_hub.settings.slurm import SlurmOptions
from tests.unit.gateway.sites import site

FOLDER = Path("/staging/wg-murals/0a1b")
WORKER = Job("wg-murals", "0a1b", "w1", cores=2, memory_bytes=2**30 + 1)
OPTIONS = SlurmOptions(
    partition="long",
    account="heritage-{workgroup}",
    qos="high",
    time_limit_minutes=90,
    sbatch_arguments=("--constraint=ssd",),
)


def hpc(**slurm: object) -> dict[str, object]:
    return {"name": "hpc", "kind": "slurm", "slurm": slurm}


def nodes_of(tmp_path: Path, *, is_sandboxed: bool) -> Nodes:
    storage = tmp_path / "state" / "storage"
    storage.mkdir(parents=True)
    staging = tmp_path / "state" / "clusters" / "hpc" / "jobs"
    python = Path("/env/bin/python")
    return Nodes(python, (Path("/env"),), tmp_path / "state", storage, staging, is_sandboxed)


@pytest.mark.parametrize(
    "argument",
    [
        "--parsable",
        "--no-requeue",
        "--job-name=museion-murals-0a1b",
        "--partition=long",
        "--account=heritage-murals",
        "--qos=high",
        "--time=90",
        "--cpus-per-task=2",
        "--mem=1025M",
        "--chdir=/staging/wg-murals/0a1b",
        "--output=/staging/wg-murals/0a1b/w1.log",
        "--constraint=ssd",
    ],
)
def test_a_job_asks_slurm_for(argument: str) -> None:
    assert argument in sbatch_arguments(OPTIONS, WORKER, FOLDER)


def test_what_is_not_set_is_left_to_slurm() -> None:
    names = {
        argument.partition("=")[0] for argument in sbatch_arguments(SlurmOptions(), WORKER, FOLDER)
    }
    assert names.isdisjoint({"--partition", "--account", "--qos", "--time", "--export"})


@pytest.mark.parametrize("is_sandboxed", [True, False], ids=["shut in", "in the open"])
def test_a_script_is_one_quoted_command_with_an_environment_of_its_own(
    tmp_path: Path, *, is_sandboxed: bool
) -> None:
    nodes = nodes_of(tmp_path, is_sandboxed=is_sandboxed)
    command = ["/env/bin/python", "-c", "print('$HOME; rm')"]
    script = job_script(nodes, WORKER, [], command, {"A": "two words"})
    first, line, *rest = script.split("\n", 2)
    assert (first, rest) == ("#!/bin/sh", [""])
    assert line.startswith("exec /usr/bin/env -i 'A=two words' ")
    assert line.endswith("""-- /env/bin/python -c 'print('"'"'$HOME; rm'"'"')'""")
    assert ("bwrap" in line) is is_sandboxed


@pytest.mark.parametrize(
    ("credentials", "sees_token"), [(FOR_SCHEDULER, True), (WORKER.credentials, False)]
)
def test_only_a_scheduler_sees_the_token(
    tmp_path: Path, *, credentials: tuple[str, ...], sees_token: bool
) -> None:
    job = Job("wg-murals", "0a1b", "x", 1, 2**30, credentials)
    script = job_script(nodes_of(tmp_path, is_sandboxed=True), job, [], ["/bin/true"], {})
    assert ("/credentials/token" in script) is sees_token
    assert "/credentials/dask.pem" in script


@pytest.mark.parametrize(
    ("slurm", "words"),
    [
        ({"partition": "main --wrap=id"}, "partition"),
        ({"partition": "-x"}, "partition"),
        ({"account": "a;b"}, "account"),
        ({"account": "{other}"}, "account"),
        ({"qos": "a b"}, "qos"),
        ({"sbatch_arguments": ["--wrap=id"]}, "sbatch_arguments"),
        ({"sbatch_arguments": ["--export=ALL"]}, "sbatch_arguments"),
        ({"sbatch_arguments": ["--uid=0"]}, "sbatch_arguments"),
        ({"sbatch_arguments": ["--constraint=a b"]}, "sbatch_arguments"),
        ({"sbatch_arguments": ["--constraint=$(id)"]}, "sbatch_arguments"),
        ({"sbatch_arguments": ["-C", "ssd"]}, "sbatch_arguments"),
        ({"queue_minutes": 0}, "queue_minutes"),
        ({"submit_as": "root"}, "submit_as"),
    ],
)
def test_settings_that_could_mean_more_are_refused(slurm: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=f"compute.slurm.{words}"):
        site(compute=[hpc(**slurm)])


@pytest.mark.parametrize(
    ("section", "key", "expected"),
    [
        ("SlurmBackend", "api_url", "http://127.0.0.1:8000/services/dask-gateway/api"),
        ("SlurmBackend", "cluster_start_timeout", 660),
        ("SlurmBackend", "database_url", "sqlite:////srv/museion/registry/registry.sqlite"),
        ("JupyterHubAuthenticator", "jupyterhub_service_name", "dask-gateway"),
        ("DBBackendBase", "stop_clusters_on_shutdown", False),
    ],
)
def test_a_gateway_of_slurm_is_configured_with(section: str, key: str, expected: object) -> None:
    assert gateway_config(site(compute=[hpc()]))[section][key] == expected


def test_no_page_of_a_scheduler_is_open_on_a_node() -> None:
    variables = gateway_config(site(compute=[hpc()]))["ClusterConfig"]["environment"]
    assert variables["DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES"] == "[]"
    assert variables["DASK_DISTRIBUTED__WORKER__HTTP__ROUTES"] == "[]"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"public_url": "https://museion.example.org/"}, "https://museion.example.org"),
        ({"public_url": "http://localhost:8000"}, "http://localhost:8000"),
    ],
)
def test_nodes_report_to_the_deployments_address(settings: dict[str, object], address: str) -> None:
    given = settings_from({"state_dir": "/srv/museion", **settings}, folder=Path("/"))
    assert private_address(given) == address


def test_nodes_never_report_in_the_clear_to_another_machine() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        gateway_config(site(compute=[hpc()], public_url="http://museion.example.org"))


def test_workgroups_accounts_need_a_folder_of_their_own() -> None:
    place = site(compute=[hpc(submit_as="workgroup")])
    with pytest.raises(SettingsError, match="can't write into the state directory"):
        job_nodes(place, place.compute.slurm)
    place = site(compute=[hpc(submit_as="workgroup", staging_folder="/scratch/dask")])
    assert job_nodes(place, place.compute.slurm).staging == Path("/scratch/dask")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("Slurm temporarily unable to accept job, sleeping and retrying", "queue is full"),
        ("Job violates accounting/QOS policy (job submit limit)", "share at Slurm is used up"),
        ("Required partition not available (inactive or drain)", "partition is closed"),
        ("Requested node configuration is not available", "No node of Slurm is as large"),
        ("Unable to contact slurm controller (connect failure)", "does not answer"),
        ("Something nobody has seen", "refused the job: Something nobody has seen"),
        ("", "refused the job: no answer"),
    ],
)
def test_a_refusal_is_one_sentence_with_a_hint(error: str, message: str) -> None:
    ending = describe_refusal(f"sbatch: error: {error}" if error else "")
    assert message in ending.message
    assert "\n" not in str(ending)
    assert ending.hint


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (JobState("PENDING", "Resources", "n/a"), "no room .* within 0.5 minutes: Resources"),
        (JobState("TIMEOUT", "TimeLimit", "n1"), "time at Slurm is over"),
        (JobState("NODE_FAIL", "None", "n1"), "node .* failed"),
        (JobState("CANCELLED", "None", "n1"), "cancelled"),
        (JobState("OUT_OF_MEMORY", "None", "n1"), "more memory"),
        (JobState("FAILED", "NonZeroExitCode", "n1"), "ended at Slurm"),
        (None, "ended at Slurm"),
    ],
)
def test_the_end_of_a_cluster_is_one_sentence(job: JobState | None, message: str) -> None:
    assert re.search(message, describe_ending(job, 0.5).message)


def test_another_folder_in_the_place_of_a_dataset_ends_the_job(tmp_path: Path) -> None:
    meant = tmp_path / "murals"
    meant.mkdir()
    number = meant.stat().st_ino
    require_numbers([f"{meant}={number}"])
    meant.rename(tmp_path / "moved")
    meant.symlink_to(tmp_path)
    with pytest.raises(PermissionError, match="another folder"):
        require_numbers([f"{meant}={number}"])
