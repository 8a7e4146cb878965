"""Where clusters run outside the workspaces, and what one workgroup may use there.

What only one kind of place needs stands in a table of that kind's own, beside this module:
`slurm` and `kubernetes`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from museion_hub.settings import kubernetes, readers, slurm
from museion_hub.settings.kubernetes import KubernetesOptions
from museion_hub.settings.slurm import SlurmOptions

WORKSPACE: Final = "workspace"
"""The place inside every workspace's own sandbox; no compute place has this name."""
MOST_CLUSTERS: Final = 1000
MOST_WORKERS: Final = 100_000
LARGEST_MEMORY_GB: Final = 1e6
MOST_CORE_HOURS: Final = 1e9
LONGEST_IDLE_MINUTES: Final = 10_080
_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?")


class ComputeKind(StrEnum):
    """Who starts the processes of a cluster."""

    LOCAL = "local"
    SLURM = "slurm"
    KUBERNETES = "kubernetes"


@dataclass(frozen=True, slots=True)
class Clusters:
    """What one workgroup may use at each compute place; 0 for no limit.

    Attributes
    ----------
    clusters : int
        Clusters at the same time.
    workers : int
        Workers in all its clusters together; at a local place, 0 is two for each core.
    memory_gb : float
        Memory of all its workers together, in units of 10^9 bytes.
    core_hours : float
        Cores times hours of its workers in a calendar month (UTC).
    idle_minutes : float
        Minutes after which a cluster without work is stopped.
    """

    clusters: int = 4
    workers: int = 0
    memory_gb: float = 0
    core_hours: float = 0
    idle_minutes: float = 30


@dataclass(frozen=True, slots=True)
class ComputePlace:
    """One ``[[compute]]``: a place where clusters run.

    Attributes
    ----------
    name : str
        What people call it: lower-case letters, digits and hyphens.
    kind : ComputeKind
        Who starts the processes.
    jurisdiction : str
        Country in which the processes run; empty for the deployment's.
    slurm : SlurmOptions
        What a place of the kind ``slurm`` needs.
    kubernetes : KubernetesOptions
        What a place of the kind ``kubernetes`` needs.
    """

    name: str
    kind: ComputeKind = ComputeKind.LOCAL
    jurisdiction: str = ""
    slurm: SlurmOptions = field(default_factory=SlurmOptions)
    kubernetes: KubernetesOptions = field(default_factory=KubernetesOptions)


DEFAULT_COMPUTE: Final = (ComputePlace("gateway"),)


def read_compute(key: str, value: object, folder: Path) -> tuple[ComputePlace, ...]:
    """Read the tables ``[[compute]]``; their names differ.

    Raises
    ------
    SettingsError
        A table can't be meant, two have one name, or there is none.
    """
    entry = readers.table(ComputePlace, _COMPUTE)
    places: tuple[ComputePlace, ...] = readers.tables(entry)(key, value, folder)  # type: ignore[assignment]
    given = {place.name for place in places}
    expected = "at least one table, each with a name of its own"
    readers.require(key, value, expected, holds=bool(places) and len(given) == len(places))
    return places


def _name(key: str, value: object, folder: Path) -> str:
    name = readers.text(key, value, folder)
    is_name = _NAME.fullmatch(name) is not None and name != WORKSPACE
    expected = f'up to 30 lower-case letters, digits and hyphens, not "{WORKSPACE}"'
    readers.require(key, value, expected, holds=is_name)
    return name


CLUSTERS: Final[Mapping[str, readers.Reader]] = {
    "clusters": readers.whole_number(0, MOST_CLUSTERS),
    "workers": readers.whole_number(0, MOST_WORKERS),
    "memory_gb": readers.amount(LARGEST_MEMORY_GB),
    "core_hours": readers.amount(MOST_CORE_HOURS),
    "idle_minutes": readers.amount(LONGEST_IDLE_MINUTES),
}
_COMPUTE: Final[Mapping[str, readers.Reader]] = {
    "name": _name,
    "kind": readers.choice(ComputeKind),
    "jurisdiction": readers.jurisdiction,
    "slurm": readers.table(SlurmOptions, slurm.READERS),
    "kubernetes": readers.table(KubernetesOptions, kubernetes.READERS),
}
