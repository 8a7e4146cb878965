"""What is handed to Slurm for one job: pure functions from settings to arguments and a script.

Slurm keeps arguments, environment and script of a job where its administrators, and in part
its users, can read them. So none of them holds a secret: they name files, which lie in a
folder that only the job's account may open.
"""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from museion_hub.gateway.limits import WORKGROUP_PREFIX
from museion_hub.gateway.sandboxing import PACKAGE, PRIVATE_FOLDER, STORAGE_FOLDER
from museion_hub.registry.views import StorageMount
from museion_hub.sandbox.bubblewrap import Mount, Plan, require_hidden, sandbox_arguments
from museion_hub.sandbox.shared import dataset_mounts
from museion_hub.settings.slurm import WORKGROUP_FIELD, SlurmOptions

CREDENTIALS_FOLDER = "/credentials"
CERTIFICATE_FILE = "dask.crt"
KEY_FILE = "dask.pem"
TOKEN_FILE = "token"  # noqa: S105  the name of a file
FOR_SCHEDULER = (CERTIFICATE_FILE, KEY_FILE, TOKEN_FILE)
FOR_WORKERS = (CERTIFICATE_FILE, KEY_FILE)
JOB_FILES = tuple(
    PACKAGE / name
    for name in ("__init__.py", "gateway/__init__.py", "gateway/job.py", "gateway/control.py")
)
JOB_MODULE = "museion_hub.gateway.job"
MIB = 2**20
RETIRE_EARLIER_S = 60


@dataclass(frozen=True, slots=True)
class Nodes:
    """What jobs find on the nodes, each at the same path as on the gateway's machine.

    Attributes
    ----------
    python : Path
        Interpreter of the environment.
    readable : tuple of Path
        What the interpreter needs to see.
    state_dir : Path
        The deployment's state directory, which holds its secrets.
    storage : Path
        Root of the sealed objects.
    staging : Path
        Where each cluster has a folder of its own.
    is_sandboxed : bool
        Whether jobs are shut in.
    """

    python: Path
    readable: tuple[Path, ...]
    state_dir: Path
    storage: Path
    staging: Path
    is_sandboxed: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One scheduler or worker.

    Attributes
    ----------
    account : str
        Hub account that owns the cluster, as in ``"wg-murals"``.
    cluster : str
        Name of the cluster.
    part : str
        ``"scheduler"``, or the worker's name.
    cores : int
        Processor cores.
    memory_bytes : int
        Memory in bytes.
    credentials : tuple of str
        Files of the cluster's folder that it may read.
    """

    account: str
    cluster: str
    part: str
    cores: int
    memory_bytes: int
    credentials: tuple[str, ...] = FOR_WORKERS


def job_name(account: str, cluster: str) -> str:
    """Return the name that all jobs of a cluster have, and no other.

    Examples
    --------
    >>> job_name("wg-murals", "0a1b")
    'museion-murals-0a1b'
    """
    return f"museion-{account.removeprefix(WORKGROUP_PREFIX)}-{cluster}"


def cluster_folder(nodes: Nodes, account: str, cluster: str) -> Path:
    """Return where a cluster's credentials and logs lie while it lives."""
    return nodes.staging / account / cluster


def sbatch_arguments(options: SlurmOptions, job: Job, folder: Path) -> list[str]:
    """Return the arguments of ``sbatch`` for a job.

    Parameters
    ----------
    options : SlurmOptions
        What the operator decided.
    job : Job
        What is to run.
    folder : Path
        The cluster's folder.

    Returns
    -------
    list of str
        A job that fails is not tried again by Slurm: the gateway starts another worker.
    """
    workgroup = job.account.removeprefix(WORKGROUP_PREFIX)
    chosen = {
        "partition": options.partition,
        "account": options.account.replace(WORKGROUP_FIELD, workgroup),
        "qos": options.qos,
        "time": str(options.time_limit_minutes or ""),
    }
    return [
        *("--parsable", "--no-requeue", "--nodes=1", "--ntasks=1"),
        f"--job-name={job_name(job.account, job.cluster)}",
        f"--comment=Museion, workgroup {workgroup}, cluster {job.cluster}, {job.part}",
        f"--cpus-per-task={job.cores}",
        f"--mem={math.ceil(job.memory_bytes / MIB)}M",
        f"--chdir={folder}",
        f"--output={folder}/{job.part}.log",
        *(f"--{name}={value}" for name, value in chosen.items() if value),
        *options.sbatch_arguments,
    ]


def job_script(
    nodes: Nodes,
    job: Job,
    seen: Sequence[StorageMount],
    command: Sequence[str],
    variables: Mapping[str, str],
) -> str:
    """Return the script of a job: nothing of the submitter's or the node's environment.

    Parameters
    ----------
    nodes : Nodes
        What the job finds.
    job : Job
        What is to run.
    seen : sequence of StorageMount
        What of the storage the workgroup sees; what it may write, it may write here.
    command : sequence of str
        Dask's command line.
    variables : mapping of str to str
        Its environment.

    Returns
    -------
    str

    Raises
    ------
    SandboxError
        The sandbox would see the deployment's secrets.
    """
    inside = _shut_in(nodes, job, seen, command)
    environment = {**_base_environment(nodes), **variables}
    pairs = [f"{name}={value}" for name, value in sorted(environment.items())]
    line = shlex.join(["/usr/bin/env", "-i", *pairs, *inside])
    return f"#!/bin/sh\nexec {line}\n"


def credentials_folder(nodes: Nodes, job_folder: Path) -> str:
    """Return where a job finds its cluster's credentials."""
    return CREDENTIALS_FOLDER if nodes.is_sandboxed else str(job_folder)


def storage_folder(nodes: Nodes) -> str:
    """Return where a job finds the sealed objects."""
    return STORAGE_FOLDER if nodes.is_sandboxed else str(nodes.storage)


def lifetime_arguments(options: SlurmOptions) -> list[str]:
    """Let a worker leave in good order before Slurm ends it, its results to the others.

    Examples
    --------
    >>> lifetime_arguments(SlurmOptions(time_limit_minutes=60))
    ['--lifetime', '3540s']
    >>> lifetime_arguments(SlurmOptions())
    []
    """
    seconds = options.time_limit_minutes * 60
    if seconds <= 2 * RETIRE_EARLIER_S:
        return []
    return ["--lifetime", f"{seconds - RETIRE_EARLIER_S}s"]


def _shut_in(
    nodes: Nodes, job: Job, seen: Sequence[StorageMount], command: Sequence[str]
) -> list[str]:
    first = [str(nodes.python), "-P", "-m", JOB_MODULE]
    if not nodes.is_sandboxed:
        return [*first, "--", *command]
    datasets, identities = dataset_mounts(nodes.storage, STORAGE_FOLDER, seen, may_write=True)
    software = [Mount(path, str(path)) for path in (*nodes.readable, *JOB_FILES)]
    require_hidden(nodes.state_dir, [*software, *datasets], nodes.storage)
    folder = cluster_folder(nodes, job.account, job.cluster)
    credentials = [Mount(folder / name, f"{CREDENTIALS_FOLDER}/{name}") for name in job.credentials]
    plan = Plan(
        name=job.account,
        mounts=(*software, *datasets, *credentials),
        private=(PRIVATE_FOLDER,),
        folder=PRIVATE_FOLDER,
        folders=(STORAGE_FOLDER, CREDENTIALS_FOLDER),
        has_host_network=True,
        memory_bytes=job.memory_bytes,
    )
    numbers = [_number_only(identity) for identity in identities]
    return sandbox_arguments(plan, [*first, *numbers, "--", *command])


def _number_only(identity: str) -> str:
    """Leave out the device, which another node numbers otherwise."""
    path, _, pair = identity.rpartition("=")
    return f"{path}={pair.rpartition(':')[2]}"


def _base_environment(nodes: Nodes) -> dict[str, str]:
    return {
        "HOME": PRIVATE_FOLDER,
        "LANG": "C.UTF-8",
        "PATH": f"{nodes.python.parent}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": PRIVATE_FOLDER,
    }
