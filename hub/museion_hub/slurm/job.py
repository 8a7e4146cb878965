"""Writes the job that runs one server; a pure function to the script that `sbatch` reads.

The lines that Slurm itself reads hold names and numbers only, checked where the settings were
read. Paths and the command are for the shell, quoted. The job's first process is the outer
relay, so that a signal to the job's shell alone ends the server in good order.
"""

import math
import shlex
from collections.abc import Iterator, Sequence

from museion_hub.registry import names
from museion_hub.settings import Limits, SlurmOptions
from museion_hub.settings.slurm import WORKGROUP_FIELD
from museion_hub.workplaces import Workplace

FORGET_SLURM = r"""for name in $(env | sed -n 's/^\(S\(LURM\|BATCH\)[A-Z0-9_]*\)=.*/\1/p')
do unset "$name"
done"""
"""What Slurm tells the job of itself is nothing to those who work in the sandbox."""
BYTES_PER_GB = 10**9
BYTES_PER_MIB = 2**20
WARNING_S = 60
"""How long before its time limit a job is asked to end."""
PERSONAL = "people"
"""The account of jobs of people's own servers, where accounts are named after workgroups."""


def job_script(
    workplace: Workplace,
    command: Sequence[str],
    variables: Sequence[str],
    options: SlurmOptions,
    limits: Limits,
) -> str:
    """Return the script of the job.

    Parameters
    ----------
    workplace
        The account's directories, which the node sees at the same paths.
    command
        What runs the server.
    variables
        Names of the environment variables that the job is given.
    options
        How jobs are submitted.
    limits
        What the server may use, asked of Slurm too.
    """
    asked = [*_asked(workplace.account, options), *_resources(limits)]
    given = f"--export={','.join(sorted(variables))}"
    lines = [f"#SBATCH {option}" for option in (*asked, given)]
    return "\n".join([
        "#!/bin/sh",
        *lines,
        FORGET_SLURM,
        "umask 007",
        "ulimit -c 0",
        f"cd -- {shlex.quote(str(workplace.run))} || exit",
        f"exec {shlex.join(command)} > {shlex.quote(str(workplace.log))} 2>&1",
        "",
    ])


def _asked(account: str, options: SlurmOptions) -> Iterator[str]:
    yield from (f"--job-name=museion-{account}", "--output=/dev/null", "--chdir=/")
    yield from ("--nodes=1", "--ntasks=1", "--no-requeue", f"--signal=B:TERM@{WARNING_S}")
    workgroup = names.find_slug(account) or PERSONAL
    named = {
        "partition": options.partition,
        "account": options.account.replace(WORKGROUP_FIELD, workgroup),
        "qos": options.qos,
        "time": f"{options.time_limit_minutes}" if options.time_limit_minutes else "",
    }
    yield from (f"--{name}={value}" for name, value in named.items() if value)
    yield from options.sbatch_arguments


def _resources(limits: Limits) -> Iterator[str]:
    if limits.memory_gb:
        yield f"--mem={math.ceil(limits.memory_gb * BYTES_PER_GB / BYTES_PER_MIB)}M"
    yield f"--cpus-per-task={max(1, math.ceil(limits.cpus))}"
