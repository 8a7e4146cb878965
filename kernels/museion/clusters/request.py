"""What a person may ask of `museion.cluster`, checked before anything starts.

Pure: the machine's size and the deployment's places come in as values, the answer is a frozen
`ClusterRequest`, and whatever does not fit is refused in words that say what would.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dask.utils import format_bytes, parse_bytes

from museion.errors import InputError

MIN_WORKER_BYTES = 256 * 2**20
"""A worker that has imported numpy, xarray and zarr occupies about 180 MB."""

WORKERS_PER_CORE = 4
"""More single-threaded workers than this only take memory from each other."""

WORKSPACE = "workspace"
"""The place beside the kernel, which is always there."""

DEFAULT_ENVIRONMENT = "default"


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
    place : str or None
        Where the processes run; None for the first place that it fits.
    environment : str
        Which of the place's software environments.
    """

    workers: int
    memory_bytes: int
    place: str | None = None
    environment: str = DEFAULT_ENVIRONMENT


def require_request(
    workers: int,
    memory: str | int,
    place: str | None,
    *,
    environment: str | None = None,
    places: Sequence[str] = (),
) -> ClusterRequest:
    """Turn the arguments of a call into a request.

    Parameters
    ----------
    workers : int
        Number of worker processes, at least 1.
    memory : str or int
        Memory of each worker: text with a unit such as ``"1GB"``, or bytes.
    place : str or None
        ``"workspace"`` or one of `places`.
    environment : str, optional
        A software environment of the place.
    places : sequence of str
        Where the deployment computes besides the workspace.

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
    ClusterRequest(workers=2, memory_bytes=1000000000, place=None, environment='default')
    """
    return ClusterRequest(
        require_workers(workers),
        _require_memory(memory),
        _require_place(place, places),
        environment or DEFAULT_ENVIRONMENT,
    )


def require_workers(workers: object, least: int = 1) -> int:
    """Return a number of workers, if it is one.

    Raises
    ------
    InputError
        It is not a whole number, or too small.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < least:
        raise InputError(
            f"The number of workers must be a whole number of at least {least}: {workers!r}",
            hint="for example museion.cluster(workers=2)",
        )
    return workers


def require_room(request: ClusterRequest, machine: Machine, places: Sequence[str] = ()) -> None:
    """Refuse a cluster that the workspace cannot carry.

    Parameters
    ----------
    request : ClusterRequest
        What was asked for.
    machine : Machine
        What there is.
    places : sequence of str
        Where else one may compute.

    Raises
    ------
    InputError
        More workers or memory than there is, or other software.
    """
    elsewhere = f', or use place="{places[0]}"' if places else ""
    if request.environment != DEFAULT_ENVIRONMENT:
        raise InputError(
            f"The workspace has no such environment: {request.environment!r}",
            hint=f'leave out environment=, or use "{DEFAULT_ENVIRONMENT}"{elsewhere}',
        )
    most_workers = machine.cores * WORKERS_PER_CORE
    if request.workers > most_workers:
        raise InputError(
            f"Too many workers for {machine.cores} cores: {request.workers}",
            hint=f"ask for at most {most_workers}{elsewhere}",
        )
    wanted_bytes = request.workers * request.memory_bytes
    if wanted_bytes > machine.memory_bytes:
        raise InputError(
            f"Not enough memory for {request.workers} workers: {format_bytes(wanted_bytes)}",
            hint=f"the workspace has {format_bytes(max(0, machine.memory_bytes))} left: "
            f"ask for fewer workers or less memory each{elsewhere}",
        )


def most_workers(memory_bytes: int, machine: Machine) -> int:
    """Return how many workers of a size the workspace can carry.

    Examples
    --------
    >>> most_workers(10**9, Machine(cores=2, memory_bytes=3 * 10**9))
    3
    """
    return min(machine.cores * WORKERS_PER_CORE, machine.memory_bytes // memory_bytes)


def require_limit(workers: int, most: int) -> None:
    """Refuse more workers than a cluster may have.

    Raises
    ------
    InputError
        There would be more.
    """
    if workers > most:
        raise InputError(
            f"More workers than this cluster may have: {workers}",
            hint=f"ask for at most {most}",
        )


def require_range(minimum: object, maximum: object, most: int) -> tuple[int, int]:
    """Return between how many workers a cluster adapts, if it may.

    Raises
    ------
    InputError
        They are no numbers of workers, in the wrong order, or too many.
    """
    least, largest = require_workers(minimum, 0), require_workers(maximum)
    if least > largest:
        raise InputError(
            f"The minimum is larger than the maximum: {least} > {largest}",
            hint="for example client.adapt(minimum=0, maximum=4)",
        )
    require_limit(largest, most)
    return least, largest


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


def _require_place(place: str | None, places: Sequence[str]) -> str | None:
    known = (WORKSPACE, *places)
    if place is None or place in known:
        return place
    choice = " or ".join(f'"{name}"' for name in known)
    raise InputError(f"There is no such place to compute: {place!r}", hint=f"use place={choice}")
