"""What one workgroup may use at a compute place, and the words of a refusal.

dask-gateway caps one cluster; how many clusters an owner has, it leaves open. So the bounds
here hold for all clusters of a workgroup together, and a backend asks `require_share` before
it starts another.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from museion_hub.settings import Clusters, ComputeKind, ComputePlace, Settings

WORKGROUP_PREFIX = "wg-"
GIB = 2**30
BYTES_PER_GB = 10**9
S_PER_HOUR = 3600
MIN_WORKER_GIB = 0.25
DEFAULT_WORKERS = 2
DEFAULT_WORKER_GIB = 1.0
WORKERS_PER_CORE = 2
MOST_WORKERS = 1000
MOST_WORKER_CORES = 256
LARGEST_WORKER_GIB = 4096.0
ENVIRONMENT = "default"


class ClusterRefusedError(Exception):
    """A cluster that its owner may not have; dask-gateway shows the text to the caller."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(f"{message} (hint: {hint})")


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """Bounds for one workgroup at one place; 0 where there is none.

    Attributes
    ----------
    workers : int
        Most workers in all its clusters together; always a bound.
    worker_cores : int
        Most cores of one worker; always a bound.
    worker_gib : float
        Most memory of one worker in GiB; always a bound.
    idle_timeout_s : float
        Seconds after which a cluster without work is stopped.
    clusters : int
        Most clusters at the same time.
    memory_bytes : int
        Most memory of all its workers together.
    core_seconds : float
        Most cores times seconds in a calendar month.
    place : str
        Name of the compute place.
    environments : tuple of str
        What its workers' software may be.
    """

    workers: int
    worker_cores: int
    worker_gib: float
    idle_timeout_s: float = 1800.0
    clusters: int = 0
    memory_bytes: int = 0
    core_seconds: float = 0
    place: str = "gateway"
    environments: tuple[str, ...] = (ENVIRONMENT,)


@dataclass(frozen=True, slots=True)
class Share:
    """What one cluster takes of its workgroup's bounds.

    Attributes
    ----------
    workers : int
        The most workers that it was asked for and is allowed.
    memory_bytes : int
        Memory of all of them.
    """

    workers: int
    memory_bytes: int


def limits_of_machine(cores: int, memory_bytes: int) -> ClusterLimits:
    """Return bounds that leave a small machine usable for everybody else.

    Parameters
    ----------
    cores : int
        Processor cores of the host.
    memory_bytes : int
        Memory of the host in bytes.

    Returns
    -------
    ClusterLimits
        At most two workers per core; one worker at most half of the memory.

    Examples
    --------
    >>> limits = limits_of_machine(2, 8 * 2**30)
    >>> (limits.workers, limits.worker_cores, limits.worker_gib)
    (4, 2, 4.0)
    """
    largest_gib = max(DEFAULT_WORKER_GIB, memory_bytes / 2 / GIB)
    return ClusterLimits(max(DEFAULT_WORKERS, WORKERS_PER_CORE * cores), cores, largest_gib)


def this_machine() -> ClusterLimits:
    """Return the bounds for the machine that this process runs on."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return limits_of_machine(os.process_cpu_count() or 1, memory_bytes)


def limits_of(settings: Settings, place: ComputePlace, machine: ClusterLimits) -> ClusterLimits:
    """Return the bounds at one compute place; a pure function.

    Parameters
    ----------
    settings : Settings
        The deployment's settings.
    place : ComputePlace
        The place.
    machine : ClusterLimits
        The bounds for this machine, which hold at a local place.

    Returns
    -------
    ClusterLimits
    """
    given: Clusters = settings.clusters
    is_here = place.kind is ComputeKind.LOCAL
    worker_cores = machine.worker_cores if is_here else MOST_WORKER_CORES
    worker_gib = machine.worker_gib if is_here else LARGEST_WORKER_GIB
    if given.memory_gb:
        most_gib = max(MIN_WORKER_GIB, given.memory_gb * BYTES_PER_GB / GIB)
        worker_gib = min(worker_gib, most_gib)
    return ClusterLimits(
        workers=given.workers or (machine.workers if is_here else MOST_WORKERS),
        worker_cores=worker_cores,
        worker_gib=worker_gib,
        idle_timeout_s=given.idle_minutes * 60,
        clusters=given.clusters,
        memory_bytes=int(given.memory_gb * BYTES_PER_GB),
        core_seconds=given.core_hours * S_PER_HOUR,
        place=place.name,
    )


def require_share(wanted: Share, running: Sequence[Share], limits: ClusterLimits) -> None:
    """Refuse a cluster for which the workgroup has nothing left.

    Parameters
    ----------
    wanted : Share
        What the new cluster takes.
    running : sequence of Share
        What each cluster takes that the workgroup already has.
    limits : ClusterLimits
        The bounds.

    Raises
    ------
    ClusterRefusedError
        Together they are too many, or too large.
    """
    if limits.clusters and len(running) >= limits.clusters:
        raise ClusterRefusedError(
            f"The workgroup may have {limits.clusters} clusters here, already running:"
            f" {len(running)}",
            hint="close one that nobody needs",
        )
    require_scale(wanted, running, limits)


def require_scale(wanted: Share, others: Sequence[Share], limits: ClusterLimits) -> None:
    """Refuse more workers than the workgroup's other clusters leave to one.

    Parameters
    ----------
    wanted : Share
        What the cluster is to take.
    others : sequence of Share
        What each other cluster of the workgroup takes.
    limits : ClusterLimits
        The bounds.

    Raises
    ------
    ClusterRefusedError
        Together they are too many, or too large.
    """
    taken = sum(share.workers for share in others)
    if taken + wanted.workers > limits.workers:
        raise ClusterRefusedError(
            f"The workgroup may have {limits.workers} workers, already in use: {taken}",
            hint="close a running cluster, or ask for fewer workers",
        )
    held = sum(share.memory_bytes for share in others)
    if limits.memory_bytes and held + wanted.memory_bytes > limits.memory_bytes:
        raise ClusterRefusedError(
            f"The workgroup's workers may have {limits.memory_bytes / BYTES_PER_GB:g} GB here,"
            f" already in use: {held / BYTES_PER_GB:.3g} GB",
            hint="close a running cluster, or ask for fewer workers or less memory each",
        )


def require_core_seconds(used: float, limits: ClusterLimits) -> None:
    """Refuse a cluster when the workgroup has used all its time of the month.

    Parameters
    ----------
    used : float
        Core seconds in this calendar month.
    limits : ClusterLimits
        The bounds.

    Raises
    ------
    ClusterRefusedError
        Nothing is left.
    """
    if limits.core_seconds and used >= limits.core_seconds:
        raise ClusterRefusedError(
            f"The workgroup has used its {limits.core_seconds / S_PER_HOUR:g} core hours of this"
            " month here",
            hint="compute in the workspace, wait for next month, or ask the operator for more",
        )
