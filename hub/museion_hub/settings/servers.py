"""Where the servers of workgroups and people run: the table ``[servers]``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from museion_hub.settings import readers, slurm
from museion_hub.settings.slurm import SlurmOptions

OF_CLUSTERS: Final = frozenset({"staging_folder", "submit_as"})
"""Of Slurm's options those that mean something for Dask clusters only."""


class ServersKind(StrEnum):
    """Who starts a server's processes: the hub itself, or Slurm as a job."""

    LOCAL = "local"
    SLURM = "slurm"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where servers run.

    Attributes
    ----------
    kind : ServersKind
        Who starts them.
    deployment_host : str
        Address at which the nodes reach the deployment; empty for the address on which it
        answers browsers.
    slurm : SlurmOptions
        How jobs are submitted.
    """

    kind: ServersKind = ServersKind.LOCAL
    deployment_host: str = ""
    slurm: SlurmOptions = field(default_factory=SlurmOptions)

    @property
    def are_elsewhere(self) -> bool:
        """Whether servers run on other machines than the hub's own."""
        return self.kind is not ServersKind.LOCAL


def _slurm_options(key: str, value: object, folder: Path) -> SlurmOptions:
    read = readers.table(SlurmOptions, slurm.READERS)
    given = value.items() if isinstance(value, dict) else ()
    default = SlurmOptions()
    for name, option in given:
        is_default = name not in OF_CLUSTERS or option == getattr(default, name)
        expected = "this for a compute place; servers have no such option"
        readers.require(f"{key}.{name}", option, expected, holds=is_default)
    return read(key, value, folder)  # type: ignore[return-value]  # a table reads its own kind


READERS: Final[Mapping[str, readers.Reader]] = {
    "kind": readers.choice(ServersKind),
    "deployment_host": readers.text,
    "slurm": _slurm_options,
}
