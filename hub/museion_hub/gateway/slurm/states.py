"""What Slurm says of jobs and nodes, and what a person is told of it; pure functions."""

import re
from dataclasses import dataclass

JOB_FORMAT = "%i|%T|%r|%B"
"""Number, state, reason and the node on which the job's script runs."""
PENDING = "PENDING"
ALIVE = frozenset({
    *("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "RESIZING", "SIGNALING"),
    *("STAGE_OUT", "STOPPED", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD"),
})
UNKNOWN_JOB = "Invalid job id"
_ADDRESS = re.compile(r"\bNodeAddr=([A-Za-z0-9_.:-]+)")
_NOISE = re.compile(r"^(sbatch: )?(error: )?(Batch job submission failed: )?")

_ENDINGS = {
    "TIMEOUT": (
        "The cluster's time at Slurm is over",
        "start it again; the operator may raise `time_limit_minutes`",
    ),
    "NODE_FAIL": ("The node of the cluster's scheduler failed", "start the cluster again"),
    "PREEMPTED": (
        "Slurm gave the cluster's node to a job of higher priority",
        "start the cluster again later",
    ),
    "OUT_OF_MEMORY": (
        "The cluster's scheduler needed more memory than Slurm gave it",
        "compute in fewer, larger chunks",
    ),
    "CANCELLED": ("The cluster's job was cancelled at Slurm", "start the cluster again"),
}
_REFUSALS = {
    "temporarily unable to accept job": "Slurm's queue is full",
    "Resource temporarily unavailable": "Slurm's queue is full",
    "violates accounting/QOS policy": "The account's share at Slurm is used up",
    "Required partition not available": "Slurm's partition is closed",
    "invalid partition": "Slurm does not know the partition of this place",
    "Invalid account": "Slurm does not know the account of this place",
    "Requested node configuration is not available": "No node of Slurm is as large as one worker",
    "Memory required by task is not available": "No node of Slurm is as large as one worker",
    "More processors requested than permitted": "No node of Slurm is as large as one worker",
    "Unable to contact slurm controller": "Slurm's controller does not answer",
}
_OPERATOR = "ask the operator, or compute in another place"
_LATER = "try again later, or compute in another place"
_SMALLER = "ask for smaller workers"


@dataclass(frozen=True, slots=True)
class JobState:
    """What Slurm says of a job."""

    state: str
    reason: str
    node: str

    @property
    def is_alive(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ALIVE


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a cluster is no more, for its owner."""

    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message} (hint: {self.hint})"


def read_jobs(printed: str) -> dict[str, JobState]:
    r"""Read what ``squeue`` printed in `JOB_FORMAT`.

    Examples
    --------
    >>> read_jobs("7|RUNNING|None|n1\n8|PENDING|Resources|n/a\n")["8"].reason
    'Resources'
    """
    rows = [line.split("|") for line in printed.splitlines()]
    return {number: JobState(state, reason, node) for number, state, reason, node in rows}


def read_node_address(printed: str) -> str:
    """Read a node's address from what ``scontrol show node`` printed.

    Raises
    ------
    ValueError
        There is none.

    Examples
    --------
    >>> read_node_address(" NodeName=n1 Arch=x86_64 NodeAddr=10.0.0.7 NodeHostName=n1")
    '10.0.0.7'
    """
    found = _ADDRESS.search(printed)
    if found is None:
        raise ValueError(printed)
    return found[1]


def describe_refusal(error: str) -> Ending:
    """Say why ``sbatch`` refused a job.

    Examples
    --------
    >>> describe_refusal("sbatch: error: invalid partition specified: x").message
    'Slurm does not know the partition of this place'
    """
    for words, message in _REFUSALS.items():
        if words.lower() in error.lower():
            return Ending(message, _remedy(message))
    lines = [line for line in error.strip().splitlines() if line]
    last = _NOISE.sub("", lines[-1]) if lines else "no answer"
    return Ending(f"Slurm refused the job: {last}", _OPERATOR)


def _remedy(message: str) -> str:
    if "large" in message:
        return _SMALLER
    return _LATER if "full" in message or "share" in message else _OPERATOR


def describe_ending(job: JobState | None, queue_minutes: float) -> Ending:
    """Say why a cluster's scheduler is no more.

    Parameters
    ----------
    job : JobState or None
        What Slurm says of the scheduler's job; None if it has forgotten it.
    queue_minutes : float
        How long it may wait in the queue.

    Returns
    -------
    Ending

    Examples
    --------
    >>> describe_ending(JobState("PENDING", "Resources", "n/a"), 10).message
    "Slurm's queue had no room for the cluster within 10 minutes: Resources"
    """
    if job is not None and job.state == PENDING:
        return Ending(
            f"Slurm's queue had no room for the cluster within {queue_minutes:g} minutes: "
            f"{job.reason}",
            _LATER,
        )
    state = "" if job is None else job.state.split()[0]
    message, hint = _ENDINGS.get(
        state, ("The cluster's scheduler ended at Slurm", "ask the operator for the gateway's log")
    )
    return Ending(message, hint)
