"""What a compute place of the kind ``slurm`` needs: the table ``[compute.slurm]``.

Every text ends up on a command line of Slurm. So names are checked letter by letter, and of
`sbatch`'s own options only those may be added that choose where a job runs: what a job is,
what it sees and where it writes stays the gateway's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from museion_hub.settings import readers

LONGEST_JOB_MINUTES: Final = 525_600
LONGEST_QUEUE_MINUTES: Final = 10_080
WORKGROUP_FIELD: Final = "{workgroup}"
ADDABLE: Final = frozenset({
    *("cluster-constraint", "constraint", "exclude", "exclusive", "gpus", "gres", "hint"),
    *("licenses", "nice", "nodelist", "oversubscribe", "prefer", "priority", "reservation"),
    *("switches", "threads-per-core", "tmp", "wckey"),
})
"""Options of `sbatch` that an operator may add."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,+-]*")
_ARGUMENT: Final = re.compile(r"--([a-z-]+)(=[A-Za-z0-9_.,:+@%/&|*()\[\]-]+)?")


class SubmitAs(StrEnum):
    """Whose jobs they are: the deployment's own account's, or each workgroup's account's."""

    DEPLOYMENT = "deployment"
    WORKGROUP = "workgroup"


@dataclass(frozen=True, slots=True)
class SlurmOptions:
    """How jobs are submitted.

    Attributes
    ----------
    partition, qos : str
        Where and with which quality of service; empty for Slurm's defaults.
    account : str
        On whose account; ``{workgroup}`` in it stands for the workgroup's name. Empty for
        Slurm's default.
    time_limit_minutes : int
        Longest run of a job; 0 for the partition's own.
    queue_minutes : float
        How long a job may wait in the queue before the gateway gives up.
    staging_folder : str
        Where each cluster's TLS credentials lie while it lives: a folder that the nodes see
        at the same path; empty for one in the state directory.
    submit_as : SubmitAs
        Whose jobs they are.
    sbatch_arguments : tuple of str
        More options of `sbatch`, such as ``--constraint=ssd``.
    configuration : str
        File that describes the Slurm cluster; empty for the machine's own.
    """

    partition: str = ""
    account: str = ""
    qos: str = ""
    time_limit_minutes: int = 0
    queue_minutes: float = 10
    staging_folder: str = ""
    submit_as: SubmitAs = SubmitAs.DEPLOYMENT
    sbatch_arguments: tuple[str, ...] = ()
    configuration: str = ""


def _name(key: str, value: object, folder: Path) -> str:
    name = readers.text(key, value, folder)
    expected = "letters, digits and any of _ . , + -"
    readers.require(key, value, expected, holds=_NAME.fullmatch(name) is not None)
    return name


def _account(key: str, value: object, folder: Path) -> str:
    name = readers.text(key, value, folder)
    plain = name.replace(WORKGROUP_FIELD, "w")
    expected = f"letters, digits, any of _ . , + -, and {WORKGROUP_FIELD} for the workgroup's name"
    readers.require(key, value, expected, holds=_NAME.fullmatch(plain) is not None)
    return name


def _minutes(key: str, value: object, folder: Path) -> float:
    minutes = readers.amount(LONGEST_QUEUE_MINUTES)(key, value, folder)
    readers.require(key, value, "more than 0", holds=minutes != 0)
    return float(str(minutes))


def _arguments(key: str, value: object, folder: Path) -> tuple[str, ...]:
    arguments = readers.texts(key, value, folder)
    for argument in arguments:
        match = _ARGUMENT.fullmatch(argument)
        expected = f'"--option=value" with one of: {", ".join(sorted(ADDABLE))}'
        readers.require(key, argument, expected, holds=match is not None and match[1] in ADDABLE)
    return arguments


READERS: Final[Mapping[str, readers.Reader]] = {
    "partition": _name,
    "account": _account,
    "qos": _name,
    "time_limit_minutes": readers.whole_number(0, LONGEST_JOB_MINUTES),
    "queue_minutes": _minutes,
    "staging_folder": readers.file,
    "submit_as": readers.choice(SubmitAs),
    "sbatch_arguments": _arguments,
    "configuration": readers.file,
}
