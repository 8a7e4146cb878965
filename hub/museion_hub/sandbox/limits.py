"""What a sandbox may use, and what is ended when it uses more; pure functions.

A sandbox's processes form groups: the *server* with the relay and bubblewrap's own process,
one group for each program that the server started (a kernel, a terminal) with all below it,
and the *strays*, whose parents have ended. When a limit is reached, the largest group other
than the server is ended; reached again at once, all of them; and if the server alone is over
the limit, or nothing helps, the sandbox. So what several people have open is the last to go.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from museion_hub.sandbox.processes import Process

BYTES_PER_GB = 1e9
AGAIN_S = 3.0
"""A limit that is reached again within this time is attacked: no kernel restarts that soon."""
MOST_IN_A_ROW = 4
OUT_OF_HAND = 4
"""How many times its limit of processes a sandbox has when only its end helps."""


class Resource(StrEnum):
    """What is limited, in the words of the messages."""

    MEMORY = "memory"
    PROCESSES = "processes"


class GroupKind(StrEnum):
    """What a group of processes is."""

    SERVER = "server"
    PROGRAM = "program"
    STRAYS = "strays"


class Measure(StrEnum):
    """How much is ended."""

    LARGEST = "largest"
    ALL = "all"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one sandbox may use; 0 for no limit.

    Attributes
    ----------
    memory_bytes : int
        Memory of all its processes and of its files in memory.
    tasks : int
        Processes and threads.
    cpus : float
        Processor cores.
    """

    memory_bytes: int = 0
    tasks: int = 0
    cpus: float = 0

    @property
    def is_any(self) -> bool:
        """Whether there is a limit at all."""
        return bool(self.memory_bytes or self.tasks or self.cpus)


@dataclass(frozen=True, slots=True)
class Chain:
    """The processes that make the server what it is, each the parent of the next.

    Attributes
    ----------
    first : int
        Bubblewrap's own, from which all of the sandbox descends.
    relay : int
        The relay inside.
    server : int
        The notebook server, whose other children are kernels and terminals.
    """

    first: int
    relay: int
    server: int

    @property
    def pids(self) -> tuple[int, int, int]:
        """All three."""
        return self.first, self.relay, self.server


@dataclass(frozen=True, slots=True)
class Group:
    """Processes that are ended together.

    Attributes
    ----------
    kind : GroupKind
        What they are.
    roots : tuple of int
        The processes under which all others of the group are.
    tasks : int
        Processes and threads.
    memory_bytes : int
        Memory, shared pages divided.
    """

    kind: GroupKind
    roots: tuple[int, ...]
    tasks: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a sandbox uses at one moment.

    Attributes
    ----------
    memory_bytes : int
        Of all groups and of the files in memory.
    tasks : int
        Processes and threads.
    groups : tuple of Group
        Who they are.
    """

    memory_bytes: int
    tasks: int
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be ended, and why."""

    resource: Resource
    measure: Measure
    groups: tuple[Group, ...]


def group_processes(
    chain: Chain, processes: Sequence[Process], memory: Mapping[int, int]
) -> tuple[Group, ...]:
    """Sort the processes of a sandbox into groups: server, programs, strays.

    Parameters
    ----------
    chain
        What belongs to the server.
    processes
        All of the sandbox, parents before children.
    memory
        Bytes by process.
    """
    parents = {each.pid: each.parent for each in processes}
    root_of: dict[int, int] = {}
    members: dict[int, list[Process]] = {}
    for each in processes:
        is_root = each.pid in chain.pids or each.parent in chain.pids
        root = each.pid if is_root else root_of.get(each.parent, each.pid)
        root_of[each.pid] = root
        members.setdefault(root, []).append(each)
    strays = [root for root in members if _is_stray(root, parents, chain)]
    programs = [root for root in members if root not in {*chain.pids, *strays}]
    return (
        _group(GroupKind.SERVER, [pid for pid in chain.pids if pid in members], members, memory),
        *(_group(GroupKind.PROGRAM, [root], members, memory) for root in programs),
        _group(GroupKind.STRAYS, strays, members, memory),
    )


def _is_stray(root: int, parents: Mapping[int, int], chain: Chain) -> bool:
    return root not in chain.pids and parents[root] not in {chain.relay, chain.server}


def _group(
    kind: GroupKind,
    roots: Sequence[int],
    members: Mapping[int, Sequence[Process]],
    memory: Mapping[int, int],
) -> Group:
    every = [each for root in roots for each in members[root]]
    tasks = sum(each.tasks for each in every)
    return Group(kind, tuple(roots), tasks, sum(memory.get(each.pid, 0) for each in every))


def judge(usage: Usage, bounds: Bounds, in_a_row: int) -> Verdict | None:
    """Decide what is to be ended, None if no limit is reached.

    Parameters
    ----------
    usage
        What the sandbox uses.
    bounds
        What it may use.
    in_a_row
        How often something has just been ended, each time soon after the time before.
    """
    resource = _reached(usage, bounds)
    if resource is None:
        return None
    others = [each for each in usage.groups if each.kind is not GroupKind.SERVER and each.tasks]
    limit = bounds.tasks if resource is Resource.PROCESSES else bounds.memory_bytes
    left = _amount(usage, resource) - sum(_amount(each, resource) for each in others)
    out_of_hand = in_a_row > 1 and bounds.tasks and usage.tasks > OUT_OF_HAND * bounds.tasks
    if left > limit or not others or out_of_hand or in_a_row >= MOST_IN_A_ROW:
        return Verdict(resource, Measure.SANDBOX, usage.groups)
    if in_a_row:
        return Verdict(resource, Measure.ALL, tuple(others))
    largest = max(others, key=lambda each: _amount(each, resource))
    return Verdict(resource, Measure.LARGEST, (largest,))


def _reached(usage: Usage, bounds: Bounds) -> Resource | None:
    if bounds.tasks and usage.tasks > bounds.tasks:
        return Resource.PROCESSES
    if bounds.memory_bytes and usage.memory_bytes > bounds.memory_bytes:
        return Resource.MEMORY
    return None


def _amount(part: Usage | Group, resource: Resource) -> int:
    return part.tasks if resource is Resource.PROCESSES else part.memory_bytes


_ENDED = {
    Measure.LARGEST: "the program that used most of it was ended",
    Measure.ALL: "all its kernels and terminals were ended",
    Measure.SANDBOX: "its server was ended",
}


def sentence(verdict: Verdict, bounds: Bounds) -> str:
    """Say what was reached and what came of it, to the people in the workspace.

    Examples
    --------
    >>> verdict = Verdict(Resource.MEMORY, Measure.LARGEST, ())
    >>> sentence(verdict, Bounds(memory_bytes=4_000_000_000))
    "The workspace's memory limit of 4 GB was reached: the program that used most of it was ended"
    """
    if verdict.resource is Resource.MEMORY:
        limit = f"memory limit of {bounds.memory_bytes / BYTES_PER_GB:.3g} GB"
    else:
        limit = f"limit of {bounds.tasks} processes and threads"
    return f"The workspace's {limit} was reached: {_ENDED[verdict.measure]}"


def cores_beyond(used: float, bounds: Bounds) -> bool:
    """Whether a sandbox keeps more cores busy than it may."""
    return bool(bounds.cpus) and used > bounds.cpus and not math.isinf(used)
