"""A dask-gateway backend that runs each cluster as jobs of Slurm.

It is dask-gateway's own Slurm backend, with five things changed:

- it works from one ordinary account; ``sudo`` to the workgroup's account is a choice;
- a job's arguments, environment and script hold no secret: credentials lie in files of a
  private folder, and a worker never sees the token that speaks for its cluster;
- a job is shut in: it sees the environment, the workgroup's sealed objects, its own
  credentials and a private ``/tmp``. The network is the node's, as schedulers and
  workers sit on several; so each connection is TLS with the cluster's own credentials,
  the gateway's orders to the scheduler included;
- what a scheduler says of its own address is taken only for the port: its host is the node
  on which Slurm runs the job;
- whoever asked is told in one sentence why a cluster could not start, or is no more.

Jobs outlive the gateway. A job that no gateway wants any more ends by itself, see `control`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, web
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.db_base import Cluster, JobStatus, Worker
from dask_gateway_server.backends.jobqueue.slurm import SlurmBackend as DaskSlurmBackend
from dask_gateway_server.models import Cluster as ClusterModel
from dask_gateway_server.models import ClusterStatus, User
from traitlets import Instance, Unicode

from museion_hub.gateway.credentials import cluster_context
from museion_hub.gateway.ledger import Use
from museion_hub.gateway.slurm.client import SlurmClient, SubmitRefusedError
from museion_hub.gateway.slurm.jobs import (
    CERTIFICATE_FILE,
    FOR_SCHEDULER,
    KEY_FILE,
    TOKEN_FILE,
    Job,
    Nodes,
    cluster_folder,
    credentials_folder,
    job_script,
    lifetime_arguments,
)
from museion_hub.gateway.slurm.states import PENDING, Ending, describe_ending
from museion_hub.gateway.workgroups import WorkgroupBackend
from museion_hub.registry.directory import Directory
from museion_hub.registry.views import StorageMount
from museion_hub.settings.slurm import SlurmOptions
from museion_hub.workplaces import PRIVATE

EVERYWHERE = "0.0.0.0"  # noqa: S104  behind mutual TLS; a node's address is the gateway's to know
LOOPBACK = "127.0.0.1"
SCHEDULER = "scheduler"
SERVER_NAME = "dask-internal"
ORDER_TIMEOUT_S = 10.0
ACCEPT_TIMEOUT_S = 30.0
RETRY_PERIOD_S = 5.0


class SlurmBackend(WorkgroupBackend, DaskSlurmBackend):
    """Clusters as jobs of Slurm; needs no privileges."""

    supports_bulk_shutdown = True

    options = Instance(SlurmOptions, help="What the operator decided.", config=True)
    nodes = Instance(Nodes, help="What jobs find on the nodes.", config=True)
    database_url = Unicode(help="Registry: who may see which storage.", config=True)

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401  as in the base class
        super().__init__(**traits)
        self._slurm = SlurmClient(self.options, self.nodes.python)
        self._accepted: dict[str, asyncio.Future[None]] = {}
        self._endings: dict[str, Ending] = {}
        self._began: set[str] = set()
        self._waiting: set[str] = set()

    # --- what a caller sees ----------------------------------------------------------

    async def start_cluster(self, user: User, cluster_options: Mapping[str, object]) -> str:
        """Submit a new cluster and wait until Slurm has taken or refused its first job.

        Raises
        ------
        PublicException
            The workgroup's bounds or Slurm do not allow it.
        """
        name: str = await super().start_cluster(user, cluster_options)
        if self.db.get_cluster(name).status == JobStatus.CREATED:
            accepted = self._accepted[name] = asyncio.get_running_loop().create_future()
            await asyncio.wait([accepted], timeout=ACCEPT_TIMEOUT_S)
        if name in self._endings:
            raise PublicException(str(self._endings[name]))
        return name

    async def get_cluster(self, cluster_name: str, wait: bool = False) -> ClusterModel | None:  # noqa: FBT001, FBT002  as in the base class
        """Return a cluster; to who waits for one that failed, say why.

        Raises
        ------
        HTTPConflict
            It failed.
        """
        model = await super().get_cluster(cluster_name, wait)
        if wait and model is not None and model.status == ClusterStatus.FAILED:
            ending = self._endings.get(cluster_name)
            if ending is not None:
                raise web.HTTPConflict(reason=str(ending))
        return model

    async def on_cluster_heartbeat(self, cluster_name: str, msg: Mapping[str, Any]) -> None:
        """Take a scheduler's report, but not its word for its host.

        Raises
        ------
        PublicException
            There is no such cluster, or its addresses can't be meant.
        """
        cluster = self.db.get_cluster(cluster_name)
        if cluster is None:
            raise PublicException("There is no such cluster")
        known: dict[str, str] = {"dashboard_address": ""}
        if cluster.status < JobStatus.RUNNING == cluster.target:
            host = await self._slurm.address_of(cluster.state.get("job_id", ""))
            known["scheduler_address"] = f"tls://{host}:{_port(msg['scheduler_address'])}"
            known["api_address"] = f"https://{host}:{_port(msg['api_address'])}"
        await super().on_cluster_heartbeat(cluster_name, {**msg, **known})

    async def forward_message_to_scheduler(
        self, cluster: ClusterModel, msg: Mapping[str, object]
    ) -> None:
        """Tell a scheduler how many workers are wanted, over the cluster's TLS.

        Raises
        ------
        PublicException
            The cluster does not run, or its scheduler does not answer.
        """
        if cluster.status != ClusterStatus.RUNNING:
            raise PublicException(f"The cluster is not running: {cluster.name}")
        try:
            async with asyncio.timeout(ORDER_TIMEOUT_S):
                await self.session.post(
                    f"{cluster.api_address}/api/comm",
                    json=msg,
                    headers={"Authorization": f"token {cluster.token}"},
                    ssl=cluster_context(cluster.tls_cert, cluster.tls_key),
                    server_hostname=SERVER_NAME,
                    raise_for_status=True,
                )
        except (ClientError, TimeoutError) as error:
            self.log.warning("The scheduler of cluster %s: %r", cluster.name, error)
            raise PublicException("The cluster's scheduler does not answer") from error

    async def look(self, now_s: float) -> None:
        """Charge what was used, and end each cluster whose scheduler Slurm has ended.

        Parameters
        ----------
        now_s : float
            Seconds since the epoch.
        """
        await super().look(now_s)
        running = [c for c in self.db.active_clusters() if c.status == JobStatus.RUNNING]
        for cluster, is_alive in zip(running, await self._do_check(running), strict=True):
            if not is_alive:
                await self.stop_cluster(cluster.name, failed=True)

    def use_of(self, cluster: Cluster) -> Use:
        """Return what a cluster uses now: a job that waits in the queue costs nothing."""
        jobs = [w for w in cluster.active_workers() if self._has_begun(w)]
        return Use(cluster.name, cluster.username, len(jobs) * int(cluster.config.worker_cores))

    # --- what dask-gateway asks of a backend -----------------------------------------

    async def do_setup(self) -> None:
        """Open the registry's read side."""
        self._directory = Directory(self.database_url)

    async def do_cleanup(self) -> None:
        """Let go of the registry; jobs go on."""
        self._directory.close()

    async def do_start_cluster(self, cluster: Cluster) -> AsyncIterator[dict[str, str]]:
        """Lay down the credentials and submit the scheduler.

        Raises
        ------
        SubmitRefusedError
            Slurm did not take it.
        """
        folder = self._folder(cluster)
        yield {"staging_dir": str(folder)}
        config = cluster.config
        job = Job(
            account=cluster.username,
            cluster=cluster.name,
            part=SCHEDULER,
            cores=int(config.scheduler_cores),
            memory_bytes=int(config.scheduler_memory),
            credentials=FOR_SCHEDULER,
        )
        files = {
            CERTIFICATE_FILE: cluster.tls_cert.decode(),
            KEY_FILE: cluster.tls_key.decode(),
            TOKEN_FILE: cluster.token,
        }
        command, variables = self.get_scheduler_command(cluster), self.get_scheduler_env(cluster)
        try:
            number = await self._submit(job, command, variables, files)
        except SubmitRefusedError as error:
            self._endings[cluster.name] = error.ending
            raise
        finally:
            self._tell_waiter(cluster.name)
        self.log.info("Cluster %s waits as job %s", cluster.name, number)
        yield {"staging_dir": str(folder), "job_id": number}

    async def do_stop_cluster(self, cluster: Cluster) -> None:
        """Cancel all its jobs, known or not, and remove its credentials."""
        if cluster.target == JobStatus.FAILED and cluster.name not in self._endings:
            await self._note_ending(cluster)
        report = await self._slurm.cancel_cluster(
            cluster.username, cluster.name, self._folder(cluster), f"{SCHEDULER}.log"
        )
        if cluster.target == JobStatus.FAILED and report:
            self.log.warning("Last words of cluster %s: %s", cluster.name, report)

    async def do_start_worker(self, worker: Worker) -> AsyncIterator[dict[str, str]]:
        """Submit a worker."""
        cluster = worker.cluster
        job = Job(
            account=cluster.username,
            cluster=cluster.name,
            part=worker.name,
            cores=int(cluster.config.worker_cores),
            memory_bytes=int(cluster.config.worker_memory),
        )
        command = self.get_worker_command(cluster, worker.name)
        variables = self.get_worker_env(cluster)
        while True:
            try:
                number = await self._submit(job, command, variables)
                break
            except SubmitRefusedError as error:
                await self._bear_refusal(worker, error)
        yield {"job_id": number}

    async def _bear_refusal(self, worker: Worker, error: SubmitRefusedError) -> None:
        """Wait before trying again, if the cluster can go on with the workers that it has."""
        cluster = worker.cluster
        has_workers = any(each.status == JobStatus.RUNNING for each in cluster.active_workers())
        if max(worker.target, cluster.target) > JobStatus.RUNNING:
            raise error
        if not has_workers:
            self._endings[cluster.name] = error.ending
            await self.stop_cluster(cluster.name, failed=True)
            raise error
        await asyncio.sleep(RETRY_PERIOD_S)

    async def do_stop_worker(self, worker: Worker) -> None:
        """Cancel a worker's job; one that has ended already is no error."""
        number = worker.state.get("job_id")
        if number is not None:
            await self._slurm.cancel(worker.cluster.username, number)

    async def do_check_clusters(self, clusters: Sequence[Cluster]) -> list[bool]:
        """Tell of each cluster whether it starts: not if it has waited in the queue too long."""
        alive = await self._do_check(clusters)
        longest_ms = self.options.queue_minutes * 60_000
        late = [time.time() * 1000 - each.start_time > longest_ms for each in clusters]
        waits = [each.state.get("job_id") in self._waiting for each in clusters]
        return [a and not (w and x) for a, w, x in zip(alive, waits, late, strict=True)]

    async def check_jobs(self, job_ids: Sequence[str]) -> dict[str, bool]:
        """Tell of each job whether it waits or runs.

        Raises
        ------
        OSError
            Slurm's controller does not answer; nothing is known then.
        """
        jobs = await self._slurm.look_at(job_ids)
        self._began.update(number for number, job in jobs.items() if job.state == "RUNNING")
        self._waiting.difference_update(job_ids)
        waiting = (number for number, job in jobs.items() if job.state == PENDING)
        self._waiting.update(waiting)
        return {number: number in jobs and jobs[number].is_alive for number in job_ids}

    # --- what a job is told ----------------------------------------------------------

    def get_tls_paths(self, cluster: Cluster) -> tuple[str, str]:
        """Return where a job finds the cluster's TLS credentials."""
        folder = credentials_folder(self.nodes, self._folder(cluster))
        return f"{folder}/{CERTIFICATE_FILE}", f"{folder}/{KEY_FILE}"

    def get_scheduler_env(self, cluster: Cluster) -> dict[str, str]:
        """Return a scheduler's variables; instead of its token, the file with it."""
        folder = credentials_folder(self.nodes, self._folder(cluster))
        env: dict[str, str] = super().get_scheduler_env(cluster)
        return {**env, "DASK_GATEWAY_API_TOKEN": f"{folder}/{TOKEN_FILE}"}

    def get_worker_env(self, cluster: Cluster) -> dict[str, str]:
        """Return a worker's variables: without the token, which is the scheduler's alone."""
        env: dict[str, str] = super().get_worker_env(cluster)
        del env["DASK_GATEWAY_API_TOKEN"]
        return env

    def get_scheduler_command(self, cluster: Cluster) -> list[str]:
        """Return the scheduler's command line."""
        return [
            *cluster.config.scheduler_cmd,
            *("--protocol", "tls", "--host", EVERYWHERE, "--port", "0"),
            *("--dashboard-address", f"{LOOPBACK}:0", "--no-dashboard"),
            *("--preload", "museion_hub.gateway.control"),
            *("--dg-api-address", f"{EVERYWHERE}:0"),
            *("--dg-heartbeat-period", str(self.cluster_heartbeat_period)),
            *("--dg-adaptive-period", str(cluster.config.adaptive_period)),
            *("--dg-idle-timeout", str(cluster.config.idle_timeout)),
        ]

    def get_worker_command(
        self, cluster: Cluster, worker_name: str, scheduler_address: str | None = None
    ) -> list[str]:
        """Return a worker's command line; it ends soon after its scheduler has."""
        threads, memory = self.worker_nthreads_memory_limit_args(cluster)
        return [
            *cluster.config.worker_cmd,
            scheduler_address or cluster.scheduler_address,
            *("--dashboard-address", f"{LOOPBACK}:0", "--no-dashboard"),
            *("--name", worker_name, "--nthreads", threads, "--memory-limit", memory),
            *("--death-timeout", "60"),
            *lifetime_arguments(self.options),
        ]

    # --- within ----------------------------------------------------------------------

    async def _submit(
        self,
        job: Job,
        command: Sequence[str],
        variables: Mapping[str, str],
        files: Mapping[str, str] | None = None,
    ) -> str:
        mounts = await asyncio.to_thread(self._find_storage, job.account)
        script = job_script(self.nodes, job, mounts, command, variables)
        folder = cluster_folder(self.nodes, job.account, job.cluster)
        return await self._slurm.submit(job, script, folder, files)

    async def _note_ending(self, cluster: Cluster) -> None:
        number = cluster.state.get("job_id", "")
        try:
            job = (await self._slurm.look_at([number])).get(number)
        except OSError:
            job = None
        ending = describe_ending(job, self.options.queue_minutes)
        self._endings[cluster.name] = ending
        self.log.warning("Cluster %s failed: %s", cluster.name, ending)

    def _tell_waiter(self, name: str) -> None:
        future = self._accepted.pop(name, None)
        if future is not None and not future.done():
            future.set_result(None)

    def _folder(self, cluster: Cluster) -> Path:
        return cluster_folder(self.nodes, cluster.username, cluster.name)

    def _has_begun(self, worker: Worker) -> bool:
        if worker.status >= JobStatus.RUNNING:
            return True
        return worker.state.get("job_id") in self._began

    def _find_storage(self, account: str) -> list[StorageMount]:
        """List what an account sees; its own directory is there even before its first dataset."""
        mounts = self._directory.storage_mounts(account)
        for mount in mounts:
            if mount.is_writable:
                (self.nodes.storage / mount.directory).mkdir(mode=PRIVATE, exist_ok=True)
        return mounts


def _port(address: object) -> int:
    """Return the port of an address that a scheduler reported.

    Raises
    ------
    PublicException
        It has none.
    """
    try:
        port = urlsplit(str(address)).port
    except ValueError:
        port = None
    if port is None:
        raise PublicException("The scheduler's address has no port")
    return port
