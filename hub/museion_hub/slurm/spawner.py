"""Starts the servers as jobs of Slurm, through batchspawner, in the same sandbox.

What is laid out, shown to the person and written to the log is the local spawner's; how a job
is submitted, looked up and remembered over a restart of the hub is batchspawner's. The hub
picks the port, so a server need not report one.

Importing batchspawner adds a route to the hub's API by which a server's own token sets any
attribute of its spawner, commands of the hub's shell among them. It is taken away again here,
before the hub reads the routes.
"""

import asyncio
import re
import shlex
import time

from batchspawner import JobStatus, SlurmSpawner
from batchspawner.api import BatchSpawnerAPIHandler
from jupyterhub.apihandlers import default_handlers
from traitlets import Unicode
from traitlets.config import Config

from museion_hub.errors import SandboxError, StartError
from museion_hub.runtime import free_ports
from museion_hub.settings import Isolation, Settings
from museion_hub.slurm.job import job_script
from museion_hub.spawner import SandboxedSpawner
from museion_hub.workplaces import Workplace

default_handlers[:] = [each for each in default_handlers if each[1] is not BatchSpawnerAPIHandler]

POLL_S = 0.5
START_TIMEOUT_S = 120
"""Besides the time in the queue."""
GRACE_S = 15.0
"""How long a server may take to end in good order."""
_NODE_ADDRESS = re.compile(r"\bNodeAddr=(\S+)")


class SlurmSandboxedSpawner(SandboxedSpawner, SlurmSpawner):
    """One server for each account, each a job with a sandbox of its own."""

    req_homedir = Unicode("/", help="Accounts have none on this machine.")
    state_unknown_re = Unicode(
        r"error:(?!.*Invalid job id)", help="A controller that fails to answer ends no server."
    )
    poll_s = POLL_S
    _port = 0
    load_state = SlurmSpawner.load_state
    get_state = SlurmSpawner.get_state
    clear_state = SlurmSpawner.clear_state
    poll = SlurmSpawner.poll

    def _choose_port(self) -> int:
        """Pick one that is free here, which it most likely is on the node too."""
        (self._port,) = free_ports(1)
        return self._port

    async def _run(self, workplace: Workplace) -> tuple[str, int]:
        if self.settings.isolation is Isolation.NONE:
            raise SandboxError(
                "Servers on Slurm need a sandbox",
                hint='set `isolation = "bubblewrap"` in museion.toml',
            )
        return await super()._run(workplace)

    async def _begin(self, workplace: Workplace) -> tuple[str, int]:
        await self._tell(40, "Waiting for a node of the cluster")
        workplace.log.unlink(missing_ok=True)
        try:
            node, port = await SlurmSpawner.start(self)
            self.reached_at = await self._address_of(node)
        except RuntimeError as error:
            raise StartError(
                f"Slurm does not run the server: {_last_line(str(error))}",
                hint="try again later, or ask the operator to look at the queue",
            ) from error
        return self.reached_at, port

    async def submit_batch_script(self) -> str:
        """Submit the job, with the port that the server's environment names."""
        self.port = self._port
        return str(await super().submit_batch_script())

    async def _get_batch_script(self, **_given: object) -> str:
        variables = list(self.get_env())
        options, limits = self.settings.servers.slurm, self.settings.limits
        command = [*self.cmd, *self.get_args()]
        return job_script(self.workplace, command, variables, options, limits)

    async def cancel_batch_job(self) -> None:
        """Ask the server to end, and let Slurm end it if it does not."""
        if await self.query_job_status() is JobStatus.RUNNING:
            await self._slurm(f"scancel --quiet --batch --signal=TERM {self.job_id}")
            deadline = time.monotonic() + GRACE_S
            while await self._runs() and time.monotonic() < deadline:  # noqa: ASYNC110  a query
                await asyncio.sleep(POLL_S)
        await self._slurm(f"scancel --quiet {self.job_id}")

    async def _runs(self) -> bool:
        return await self.query_job_status() is JobStatus.RUNNING

    async def _end(self, *, now: bool) -> None:
        if self.job_id:
            await SlurmSpawner.stop(self, now=now)

    async def _address_of(self, node: str) -> str:
        """Return where the network finds a node."""
        told = await self._slurm(f"scontrol --oneliner show node {shlex.quote(node)}")
        found = _NODE_ADDRESS.search(told)
        return found[1] if found else node

    async def _slurm(self, command: str) -> str:
        return str(await self.run_command(f"{self.exec_prefix} {command}"))


def configure_servers(settings: Settings, c: Config) -> None:
    """Set what servers on Slurm need besides what every server does.

    Parameters
    ----------
    settings
        The deployment's settings.
    c
        JupyterHub's configuration.
    """
    own = c.SlurmSandboxedSpawner
    configuration = settings.servers.slurm.configuration
    c.JupyterHub.spawner_class = SlurmSandboxedSpawner
    own.start_timeout = START_TIMEOUT_S + 60 * settings.servers.slurm.queue_minutes
    # Jobs belong to the hub's own account: the sandbox is what keeps workgroups apart.
    own.exec_prefix = f"env SLURM_CONF={shlex.quote(configuration)}" if configuration else "env"
    c.JupyterHub.cleanup_servers = False


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1].strip() if text.strip() else "it does not say why"
