"""Speaks with Slurm by its own commands: submits, cancels and looks at jobs.

What makes or ends a job is run by `launcher`, as the account to which jobs belong; what
only looks is run by the gateway itself. No command gets the gateway's environment.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from museion_hub.gateway.slurm.jobs import Job, job_name, sbatch_arguments
from museion_hub.gateway.slurm.states import (
    JOB_FORMAT,
    UNKNOWN_JOB,
    Ending,
    JobState,
    describe_refusal,
    read_jobs,
    read_node_address,
)
from museion_hub.settings.slurm import SlurmOptions, SubmitAs

LAUNCHER = "museion_hub.gateway.slurm.launcher"
PROGRAMS = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

log = logging.getLogger(__name__)


class SubmitRefusedError(Exception):
    """Slurm did not take a job.

    Attributes
    ----------
    ending : Ending
        Why, for whoever asked.
    """

    def __init__(self, ending: Ending) -> None:
        super().__init__(str(ending))
        self.ending = ending


class SlurmClient:
    """Slurm, as the gateway knows it.

    Parameters
    ----------
    options : SlurmOptions
        What the operator decided.
    python : Path
        Interpreter that runs the launcher.
    """

    def __init__(self, options: SlurmOptions, python: Path) -> None:
        self._options = options
        self._python = python
        chosen = {"SLURM_CONF": options.configuration} if options.configuration else {}
        self._environment = {"PATH": PROGRAMS, **chosen}

    async def submit(
        self, job: Job, script: str, folder: Path, files: Mapping[str, str] | None
    ) -> str:
        """Submit a job and return its number.

        Parameters
        ----------
        job : Job
            What is to run.
        script : str
            How it is run.
        folder : Path
            The cluster's folder.
        files : mapping of str to str, optional
            Private files to lay down there before: for the cluster's first job.

        Raises
        ------
        SubmitRefusedError
            Slurm did not take it.
        """
        answer = await self._order(
            job.account,
            action="start",
            command=["sbatch", *sbatch_arguments(self._options, job, folder)],
            script=script,
            folder=str(folder),
            files=files,
        )
        if answer["status"] != 0:
            log.warning("Slurm refused a job: %s", answer["error"])
            raise SubmitRefusedError(describe_refusal(str(answer["error"])))
        return str(answer["output"]).strip().partition(";")[0]

    async def cancel(self, account: str, number: str) -> None:
        """Cancel one job; one that has ended already is no error."""
        await self._order(account, action="stop", command=["scancel", "--quiet", number])

    async def cancel_cluster(self, account: str, cluster: str, folder: Path, log_name: str) -> str:
        """Cancel all jobs of a cluster, known or not, and remove its folder.

        Returns
        -------
        str
            The end of one of its logs.

        Raises
        ------
        RuntimeError
            Slurm does not answer.
        """
        answer = await self._order(
            account,
            action="stop",
            command=["scancel", "--quiet", f"--name={job_name(account, cluster)}"],
            folder=str(folder),
            report=log_name,
        )
        if answer["status"] != 0:
            raise RuntimeError(f"scancel: {answer['error']}")
        return str(answer["report"])

    async def look_at(self, numbers: Sequence[str]) -> dict[str, JobState]:
        """Return what Slurm knows of jobs; of one that it has forgotten, nothing.

        Raises
        ------
        OSError
            Slurm does not answer.
        """
        known = [number for number in numbers if number]
        if not known:
            return {}
        chosen = [f"--format={JOB_FORMAT}", f"--jobs={','.join(known)}"]
        status, output, error = await self._run(["squeue", "--noheader", "--states=all", *chosen])
        if status != 0 and UNKNOWN_JOB not in error:
            raise OSError(f"squeue: {error.strip()}")
        return read_jobs(output)

    async def address_of(self, number: str) -> str:
        """Return the address of the node on which a job's script runs.

        Raises
        ------
        OSError
            Slurm does not know.
        """
        job = (await self.look_at([number])).get(number)
        if job is None:
            raise OSError(f"Slurm does not know job {number!r}")
        _, output, error = await self._run(["scontrol", "--oneliner", "show", "node", job.node])
        try:
            return read_node_address(output)
        except ValueError:
            raise OSError(f"scontrol: {error.strip()}") from None

    async def _order(self, account: str, **order: object) -> dict[str, Any]:
        is_workgroups = self._options.submit_as is SubmitAs.WORKGROUP
        prefix = ["sudo", "-nHu", account] if is_workgroups else []
        command = [*prefix, str(self._python), "-P", "-m", LAUNCHER]
        content = json.dumps({**order, "env": self._environment}).encode()
        status, output, error = await self._run(command, content)
        if status != 0:
            raise RuntimeError(f"the launcher failed: {error}")
        answer: dict[str, Any] = json.loads(output)
        return answer

    async def _run(self, command: Sequence[str], content: bytes = b"") -> tuple[int, str, str]:
        """Run a program to its end; one that nobody waits for any more is ended.

        Raises
        ------
        CancelledError
            Nobody waits.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            env=self._environment,
            cwd="/",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, error = await process.communicate(content)
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise
        return process.returncode or 0, _text(output), _text(error)


def _text(content: bytes) -> str:
    return content.decode(errors="replace")
