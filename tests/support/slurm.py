"""A real Slurm of two nodes from Debian's packages, on free ports, for as long as tests need it.

Munge, the controller and two node daemons run in the foreground as whoever runs the tests, root
or not, with a key, sockets and files of their own in a short temporary folder; nothing of the
machine's own Slurm is touched. They end with the thread that started them, even if that is
killed. Jobs are processes of their own and are cancelled first.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from tests.support.hub import free_port
from tests.support.waiting import wait_until

NODES = ("n1", "n2")
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
COMMAND_TIMEOUT_S = 30.0
KEY_BYTES = 1024
PROGRAMS = f"{os.environ['PATH']}:/usr/sbin:/sbin"
PACKAGES = {
    "munged": "munge",
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "sbatch": "slurm-client",
}
CONFIGURATION = """
ClusterName=museion
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
KillWait=2
MailProg=/bin/true
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
MaxJobCount={most_jobs}
PartitionName=main Nodes=n[1-2] Default=YES LLN=YES MaxTime=1-0 State=UP
PartitionName=closed Nodes=n[1-2] State=INACTIVE
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
    "CPUs={cores} RealMemory={memory_mb}\n"
)


@dataclass(frozen=True, slots=True)
class EndedJob:
    """What Slurm's own accounting says of a job."""

    number: str
    name: str
    state: str
    account: str
    cores: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TempSlurm:
    """A running Slurm, and how many jobs its controller takes."""

    folder: Path
    most_jobs: int

    @property
    def configuration(self) -> Path:
        return self.folder / "slurm.conf"

    def run(self, *command: str) -> str:
        """Run one of Slurm's commands; give what it prints."""
        done = subprocess.run(
            command,
            env={"PATH": PROGRAMS, "SLURM_CONF": str(self.configuration)},
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def jobs(self, states: str = "all") -> dict[str, str]:
        """Give the names of the jobs that are queued or running, by their numbers."""
        chosen = [] if states == "all" else [f"--states={states}"]
        lines = self.run("squeue", "--noheader", "--format=%i %j", *chosen).splitlines()
        rows = (line.split(maxsplit=1) for line in lines)
        return {number: name for number, name in rows}  # noqa: C416  exactly two words

    def node_of(self, job: str) -> str:
        return self.run("squeue", "--noheader", "--format=%N", f"--jobs={job}").strip()

    def change_node(self, node: str, state: str) -> None:
        reason = ["reason=test"] if state in {"drain", "down"} else []
        self.run("scontrol", "update", f"nodename={node}", f"state={state}", *reason)

    def ended_jobs(self) -> list[EndedJob]:
        """Read what Slurm wrote of the jobs that have ended."""
        file = self.folder / "jobs.txt"
        lines = file.read_text().splitlines() if file.exists() else []
        return [_ended_job(dict(re.findall(r"(\w+)=(\S*)", line))) for line in lines]

    def cancel_all(self) -> None:
        for number in self.jobs():
            self.run("scancel", "--quiet", number)
        wait_until(lambda: not self.jobs(), "no job is left", STOP_TIMEOUT_S)


def _ended_job(fields: dict[str, str]) -> EndedJob:
    began, ended = (datetime.fromisoformat(fields[name]) for name in ("StartTime", "EndTime"))
    return EndedJob(
        fields["JobId"],
        fields["Name"],
        fields["JobState"],
        fields["Account"],
        int(fields["ProcCnt"]),
        (ended - began).total_seconds(),
    )


def require_packages() -> None:
    """Fail with what is to be installed."""
    missing = [
        package for name, package in PACKAGES.items() if not shutil.which(name, path=PROGRAMS)
    ]
    if missing:
        pytest.fail(f"Slurm is missing\nhint: apt-get install {' '.join(missing)}", pytrace=False)


@contextmanager
def temp_slurm(
    *, cores: int = 4, memory_mb: int = 8000, most_jobs: int = 200
) -> Generator[TempSlurm]:
    """Run a Slurm of its own.

    Parameters
    ----------
    cores, memory_mb
        What each of the two nodes claims to have; more than the machine has is fine.
    most_jobs
        Jobs that the controller takes before it refuses more.
    """
    require_packages()
    with tempfile.TemporaryDirectory(prefix="slurm-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)  # jobs of other accounts find the configuration and the socket
        slurm = TempSlurm(folder, most_jobs)
        stack.callback(_end_steps, slurm.configuration)
        _configure(folder, cores=cores, memory_mb=memory_mb, most_jobs=most_jobs)
        stack.enter_context(_munge(folder))
        stack.enter_context(_daemon(folder, "slurmctld", "slurmctld", "-D"))
        for node in NODES:
            stack.enter_context(_daemon(folder, f"slurmd-{node}", "slurmd", "-D", "-N", node))
        wait_until(lambda: _idle_nodes(slurm) == len(NODES), "nodes are idle", START_TIMEOUT_S)
        try:
            yield slurm
        finally:
            slurm.cancel_all()


def _end_steps(configuration: Path) -> None:
    """End the jobs' own processes, which outlive Slurm's daemons."""
    for process in psutil.process_iter(["name", "environ"]):
        known = process.info["environ"] or {}
        is_step = process.info["name"] == "slurmstepd"
        if is_step and known.get("SLURM_CONF") == str(configuration):
            for each in (*process.children(recursive=True), process):
                with suppress(psutil.NoSuchProcess):
                    each.kill()


def _configure(folder: Path, *, cores: int, memory_mb: int, most_jobs: int) -> None:
    host = socket.gethostname().partition(".")[0]
    user = f"{os.geteuid()}"
    text = CONFIGURATION.format(
        host=host, port=free_port(), folder=folder, user=_user_name(user), most_jobs=most_jobs
    )
    for node in NODES:
        (folder / f"spool-{node}").mkdir()
        text += NODE.format(
            name=node, host=host, port=free_port(), cores=cores, memory_mb=memory_mb
        )
    (folder / "state").mkdir(mode=0o700)
    (folder / "slurm.conf").write_text("SlurmdParameters=config_overrides\n" + text)


def _user_name(number: str) -> str:
    found = subprocess.run(["id", "-un", number], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def _idle_nodes(slurm: TempSlurm) -> int:
    try:
        states = slurm.run("sinfo", "--noheader", "--Node", "--partition=main", "--format=%T")
    except AssertionError:  # the controller is starting
        return 0
    return states.split().count("idle")


@contextmanager
def _munge(folder: Path) -> Generator[None]:
    own = folder / "munge"
    own.mkdir(mode=0o700)
    key = own / "key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(KEY_BYTES))
    options = [f"--key-file={key}", f"--socket={folder}/munge.sock", f"--seed-file={own}/seed"]
    options += [f"--pid-file={own}/pid", f"--log-file={own}/log", "--num-threads=10"]
    with _daemon(folder, "munged", "munged", "--foreground", *options):
        wait_until((folder / "munge.sock").is_socket, "munge listens", START_TIMEOUT_S)
        yield


@contextmanager
def _daemon(folder: Path, name: str, *command: str) -> Generator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *command],
            env={"PATH": PROGRAMS, "SLURM_CONF": str(folder / "slurm.conf")},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
