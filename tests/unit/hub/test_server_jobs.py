"""Servers as jobs of Slurm: the script that is submitted, and the settings behind it."""

import re
import subprocess
from pathlib import Path

import pytest

from museion_hub.errors import SettingsError
from museion_hub.sandbox.door import Door, Outward, outer_options
from museion_hub.settings import Limits, Servers, ServersKind, SlurmOptions, settings_from
from museion_hub.slurm.job import FORGET_SLURM, job_script
from museion_hub.slurm.spawner import SlurmSandboxedSpawner
from museion_hub.workplaces import StatePaths, Workplace

OPTIONS = SlurmOptions(
    partition="interactive",
    account="heritage-{workgroup}",
    time_limit_minutes=720,
    sbatch_arguments=("--constraint=ssd",),
)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return StatePaths(tmp_path / "it's a state").workplace("wg-murals")


def script_of(workplace: Workplace, limits: Limits | None = None) -> list[str]:
    command = ["/bin/echo", "$HOME", "it's"]
    bounds = limits or Limits(memory_gb=2, cpus=1.5)
    return job_script(workplace, command, ["B", "A"], OPTIONS, bounds).splitlines()


def test_slurm_is_asked_for_what_the_settings_allow(workplace: Workplace) -> None:
    asked = [line.removeprefix("#SBATCH ") for line in script_of(workplace) if "#SBATCH" in line]
    assert set(asked) >= {
        "--job-name=museion-wg-murals",
        "--partition=interactive",
        "--account=heritage-murals",
        "--time=720",
        "--constraint=ssd",
        "--mem=1908M",
        "--cpus-per-task=2",
        "--export=A,B",
        "--no-requeue",
    }


def test_limits_that_are_off_are_not_asked_for(workplace: Workplace) -> None:
    script = "\n".join(script_of(workplace, Limits(memory_gb=0, cpus=0, processes=0)))
    assert "--mem" not in script
    assert "--cpus-per-task=1" in script


def test_job_of_a_person_is_on_a_common_account(tmp_path: Path) -> None:
    script = script_of(StatePaths(tmp_path).workplace("chiara"))
    assert "#SBATCH --account=heritage-people" in script


@pytest.mark.parametrize(
    ("said", "is_unknown"),
    [
        ("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", True),
        ("slurm_load_jobs error: Zero Bytes were transmitted or received", True),
        ("squeue: error: Munge encode failed: Failed to access socket", True),
        ("slurm_load_jobs error: Invalid job id specified", False),
        ("COMPLETED n1", False),
        ("", False),
    ],
)
def test_no_answer_of_slurm_is_not_the_end_of_a_job(said: str, is_unknown: bool) -> None:  # noqa: FBT001
    unknown = SlurmSandboxedSpawner.class_traits()["state_unknown_re"].default_value
    assert bool(re.search(unknown, said)) is is_unknown


def test_shell_takes_paths_and_arguments_as_they_are(workplace: Workplace) -> None:
    workplace.create()
    subprocess.run(["/bin/sh"], input="\n".join(script_of(workplace)), text=True, check=True)
    assert workplace.log.read_text() == "$HOME it's\n"


def test_what_slurm_tells_the_job_is_forgotten() -> None:
    environment = {"SLURM_CONF": "x", "SLURM_JOB_ID": "1", "SBATCH_A": "2", "KEPT": "SLURM_X=1\ny"}
    script = f"{FORGET_SLURM}\nenv"
    told = subprocess.run(
        ["/bin/sh", "-c", script],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.partition("=")[0] for line in told.stdout.splitlines()}
    assert "KEPT" in names
    assert not names & {"SLURM_CONF", "SLURM_JOB_ID", "SBATCH_A"}


def test_server_listens_for_the_proxy_of_another_machine() -> None:
    door = Door(8888, (Outward("public", "10.0.0.5", 8000),), "0.0.0.0")  # noqa: S104  a node's
    assert "tcp:0.0.0.0:8888=unix:inward.sock" in outer_options(door)


def test_settings_say_where_servers_run(tmp_path: Path) -> None:
    table = {"kind": "slurm", "slurm": {"partition": "main", "queue_minutes": 5}}
    servers = settings_from({"servers": table}, folder=tmp_path).servers
    assert servers == Servers(
        ServersKind.SLURM, slurm=SlurmOptions(partition="main", queue_minutes=5)
    )


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "cloud"},
        {"slurm": {"partition": "main; rm"}},
        {"slurm": {"sbatch_arguments": ["--wrap=id"]}},
        {"slurm": {"staging_folder": "/shared"}},
        {"slurm": {"submit_as": "workgroup"}},
    ],
    ids=["kind", "partition", "arguments", "staging", "submitter"],
)
def test_settings_that_cannot_be_meant_are_named(tmp_path: Path, table: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="servers"):
        settings_from({"servers": table}, folder=tmp_path)
