"""What a workgroup may ask of the gateway: options, bounds, and the words of a refusal.

dask-gateway caps one cluster; how many clusters an owner has, it leaves open. So the
bound on workers here holds for all clusters of a workgroup together, and the backend
asks `require_share` before it starts another.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from dask_gateway_server.options import Float, Integer, Options

WORKGROUP_PREFIX = "wg-"
GIB = 2**30
MIN_WORKER_GIB = 0.25
SCHEDULER_BYTES = GIB
DEFAULT_WORKERS = 2
DEFAULT_WORKER_GIB = 1.0


class ClusterRefusedError(Exception):
    """A cluster that its owner may not have; dask-gateway shows the text to the caller."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(f"{message} (hint: {hint})")


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """Bounds for one workgroup.

    Attributes
    ----------
    workers : int
        Most workers in all its clusters together.
    worker_cores : int
        Most cores of one worker.
    worker_gib : float
        Most memory of one worker in GiB.
    idle_timeout_s : float
        Seconds after which a cluster without work is stopped.
    """

    workers: int
    worker_cores: int
    worker_gib: float
    idle_timeout_s: float = 1800.0


class Owner(Protocol):
    """Who asks, as dask-gateway knows them."""

    @property
    def name(self) -> str:
        """Hub account, as in ``"wg-murals"``."""


class Wish(Protocol):
    """Options of one cluster, already within the bounds of each."""

    @property
    def workers(self) -> int:
        """Number of workers."""

    @property
    def worker_cores(self) -> int:
        """Cores of each worker."""

    @property
    def worker_memory(self) -> float:
        """Memory of each worker in GiB."""


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
    >>> limits_of_machine(2, 8 * 2**30)
    ClusterLimits(workers=4, worker_cores=2, worker_gib=4.0, idle_timeout_s=1800.0)
    """
    largest_gib = max(DEFAULT_WORKER_GIB, memory_bytes / 2 / GIB)
    return ClusterLimits(max(DEFAULT_WORKERS, 2 * cores), cores, largest_gib)


def this_machine() -> ClusterLimits:
    """Return the bounds for the machine that this process runs on."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return limits_of_machine(os.process_cpu_count() or 1, memory_bytes)


def cluster_options(limits: ClusterLimits) -> Options:
    """Return what a caller may choose, each within its bounds.

    Parameters
    ----------
    limits : ClusterLimits
        The bounds.

    Returns
    -------
    Options
        `workers`, `worker_cores` and `worker_memory` in GiB.
    """

    def configure(wish: Wish, owner: Owner) -> dict[str, object]:
        return cluster_overrides(wish, owner, limits)

    return Options(
        Integer("workers", DEFAULT_WORKERS, min=1, max=limits.workers, label="Workers"),
        Integer("worker_cores", 1, min=1, max=limits.worker_cores, label="Cores of a worker"),
        Float(
            "worker_memory",
            DEFAULT_WORKER_GIB,
            min=MIN_WORKER_GIB,
            max=limits.worker_gib,
            label="Memory of a worker (GiB)",
        ),
        handler=configure,
    )


def cluster_overrides(wish: Wish, owner: Owner, limits: ClusterLimits) -> dict[str, object]:
    """Turn a wish into the settings of one cluster; a pure function.

    Parameters
    ----------
    wish : Wish
        What was chosen.
    owner : Owner
        Who asks.
    limits : ClusterLimits
        The bounds.

    Returns
    -------
    dict of str to object
        Settings of dask-gateway's ``ClusterConfig``.

    Raises
    ------
    ClusterRefusedError
        The owner is not a workgroup.
    """
    if not owner.name.startswith(WORKGROUP_PREFIX):
        raise ClusterRefusedError(
            f"A cluster belongs to a workgroup, not to: {owner.name}",
            hint="open the workgroup's workspace and start it there",
        )
    return {
        "worker_cores": wish.worker_cores,
        "worker_threads": wish.worker_cores,
        "worker_memory": int(wish.worker_memory * GIB),
        "scheduler_memory": SCHEDULER_BYTES,
        "cluster_max_workers": wish.workers,
        "idle_timeout": limits.idle_timeout_s,
    }


def require_share(workers: int, running: Iterable[int], limits: ClusterLimits) -> None:
    """Refuse a cluster for which the workgroup has no workers left.

    Parameters
    ----------
    workers : int
        Workers of the new cluster.
    running : iterable of int
        Most workers of each cluster that the workgroup already has.
    limits : ClusterLimits
        The bounds.

    Raises
    ------
    ClusterRefusedError
        Together they are too many.
    """
    taken = sum(running)
    if taken + workers > limits.workers:
        raise ClusterRefusedError(
            f"The workgroup may have {limits.workers} workers, already in use: {taken}",
            hint="close a running cluster, or ask for fewer workers",
        )
