"""What a person may ask of `museion.cluster`, checked before anything starts.

Pure: the machine's size comes in as a value, the answer is a frozen `ClusterRequest`,
and whatever does not fit is refused in words that say what would.
"""

from dataclasses import dataclass
from enum import StrEnum

from dask.utils import format_bytes, parse_bytes

from museion.errors import InputError

MIN_WORKER_BYTES = 256 * 2**20
"""A worker that has imported numpy, xarray and zarr occupies about 180 MB."""

WORKERS_PER_CORE = 4
"""More single-threaded workers than this only take memory from each other."""


class Place(StrEnum):
    """Where a cluster's processes run."""

    WORKSPACE = "workspace"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Machine:
    """What the workspace may use.

    Attributes
    ----------
    cores : int
        Processor cores.
    memory_bytes : int
        Memory in bytes.
    """

    cores: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class ClusterRequest:
    """A cluster as asked for, well formed.

    Attributes
    ----------
    workers : int
        Number of worker processes, each with one thread.
    memory_bytes : int
        Memory of each worker in bytes.
    place : Place
        Where the processes run.
    """

    workers: int
    memory_bytes: int
    place: Place


def require_request(workers: int, memory: str | int, place: str | None) -> ClusterRequest:
    """Turn the arguments of a call into a request.

    Parameters
    ----------
    workers : int
        Number of worker processes, at least 1.
    memory : str or int
        Memory of each worker: text with a unit such as ``"1GB"``, or bytes.
    place : str or None
        ``"workspace"`` or ``"gateway"``; None means the workspace.

    Returns
    -------
    ClusterRequest

    Raises
    ------
    InputError
        An argument has the wrong type, form or size.

    Examples
    --------
    >>> require_request(2, "1GB", None)
    ClusterRequest(workers=2, memory_bytes=1000000000, place=<Place.WORKSPACE: 'workspace'>)
    """
    return ClusterRequest(_require_workers(workers), _require_memory(memory), _require_place(place))


def require_room(request: ClusterRequest, machine: Machine) -> None:
    """Refuse a cluster that the workspace cannot carry.

    Parameters
    ----------
    request : ClusterRequest
        What was asked for.
    machine : Machine
        What there is.

    Raises
    ------
    InputError
        More workers or memory than there is.
    """
    most_workers = machine.cores * WORKERS_PER_CORE
    if request.workers > most_workers:
        raise InputError(
            f"Too many workers for {machine.cores} cores: {request.workers}",
            hint=f'ask for at most {most_workers}, or use place="gateway"',
        )
    wanted_bytes = request.workers * request.memory_bytes
    if wanted_bytes > machine.memory_bytes:
        raise InputError(
            f"Not enough memory for {request.workers} workers: {format_bytes(wanted_bytes)}",
            hint=f"the workspace has {format_bytes(machine.memory_bytes)}: "
            "ask for fewer workers or less memory each",
        )


def _require_workers(workers: int) -> int:
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(
            f"The number of workers must be a whole number of at least 1: {workers!r}",
            hint="for example museion.cluster(workers=2)",
        )
    return workers


def _require_memory(memory: str | int) -> int:
    hint = 'write a number with a unit, for example memory="1GB"'
    if isinstance(memory, bool) or not isinstance(memory, str | int):
        raise InputError(f"A worker's memory is not an amount: {memory!r}", hint=hint)
    try:
        amount_bytes = parse_bytes(memory)
    except ValueError as error:
        raise InputError(f"A worker's memory is not an amount: {memory!r}", hint=hint) from error
    if amount_bytes < MIN_WORKER_BYTES:
        raise InputError(
            f"A worker cannot live on so little memory: {format_bytes(amount_bytes)}",
            hint=f"give each worker at least {format_bytes(MIN_WORKER_BYTES)}",
        )
    return int(amount_bytes)


def _require_place(place: str | None) -> Place:
    try:
        return Place(place or Place.WORKSPACE)
    except ValueError as error:
        known = " or ".join(f'"{known}"' for known in Place)
        raise InputError(
            f"There is no such place to compute: {place!r}", hint=f"use place={known}"
        ) from error
