"""A dask-gateway backend that runs each cluster in a sandbox of its own on this machine.

dask-gateway keeps the books (owners, tokens, TLS credentials, heartbeats, idle timeouts);
this backend answers only how a cluster and a worker start and stop. Its upstream model,
`UnsafeLocalBackend`, runs whatever a caller submits as the gateway's own account; here all
of it happens inside a pod.

The pod is not trusted: what its scheduler says of its own addresses is replaced by what the
gateway knows, so that nobody can steer the proxy to another port of this machine.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.db_base import Cluster, Worker
from dask_gateway_server.backends.local import UnsafeLocalBackend
from dask_gateway_server.models import User
from traitlets import Dict, Instance, Unicode, default

from museion_hub.gateway.limits import ClusterLimits, ClusterRefusedError, require_share
from museion_hub.gateway.link import LOOPBACK, PodLink
from museion_hub.gateway.sandboxing import PodPlace, pod_command, pod_environment
from museion_hub.registry.directory import Directory
from museion_hub.registry.views import StorageMount
from museion_hub.workplaces import PRIVATE

SCHEDULER = "scheduler"
CERTIFICATE_FILE = "dask.crt"
KEY_FILE = "dask.pem"
GATEWAY = "gateway"


class SandboxedBackend(UnsafeLocalBackend):
    """Clusters as pods; needs no privileges."""

    supports_bulk_shutdown = True

    place = Instance(PodPlace, help="Where pods run.", config=True)
    limits = Instance(ClusterLimits, help="Bounds for one workgroup.", config=True)
    destinations = Dict(help="Hosts and ports that every pod may reach, by name.", config=True)
    database_url = Unicode(help="Registry: who may see which storage.", config=True)

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401  as in the base class
        super().__init__(**traits)
        self._links: dict[str, PodLink] = {}
        self._turn = asyncio.Lock()

    @default("api_url")
    def _default_api_url(self) -> str:
        """Schedulers report to the gateway itself, not through the proxies."""
        return f"http://{self.gateway_address}/api"

    @property
    def own_address(self) -> tuple[str, int]:
        """Where pods' schedulers report, inside and outside the same."""
        host, _, port = self.gateway_address.rpartition(":")
        return host, int(port)

    async def start_cluster(self, user: User, cluster_options: Mapping[str, object]) -> str:
        """Submit a new cluster, if the workgroup has workers left.

        Raises
        ------
        PublicException
            The options or the workgroup's limits do not allow it.
        """
        options, _ = await self.process_cluster_options(user, cluster_options)
        async with self._turn:
            active = self.db.list_clusters(username=user.name)
            running = [cluster.config.cluster_max_workers for cluster in active]
            try:
                require_share(options["workers"], running, self.limits)
            except ClusterRefusedError as error:
                raise PublicException(str(error)) from error
            name: str = await super().start_cluster(user, cluster_options)
            return name

    async def do_setup(self) -> None:
        """Open the registry's read side."""
        self._directory = Directory(self.database_url)

    async def do_start_cluster(self, cluster: Cluster) -> AsyncIterator[dict[str, str]]:
        """Start the pod, then the scheduler in it."""
        destinations = {**self.destinations, GATEWAY: self.own_address}
        lost = functools.partial(self._note_loss, cluster.name)
        link = self._links[cluster.name] = PodLink(cluster.name, destinations, lost)
        mounts = await asyncio.to_thread(self._find_storage, cluster.username)
        await link.open(functools.partial(self._launch, cluster.username, mounts))
        yield {"folder": link.folder}
        if self.place.has_private_network:
            for destination in destinations:
                await link.serve(destination)
        await link.write(CERTIFICATE_FILE, cluster.tls_cert.decode())
        await link.write(KEY_FILE, cluster.tls_key.decode())
        env = self.get_scheduler_env(cluster)
        await link.start(SCHEDULER, self.get_scheduler_command(cluster), env)

    async def do_stop_cluster(self, cluster: Cluster) -> None:
        """Stop the pod with everything in it."""
        link = self._links.pop(cluster.name, None)
        if link is not None:
            await link.close()

    async def do_check_clusters(self, clusters: Sequence[Cluster]) -> list[bool]:
        """Tell of each cluster whether its scheduler still runs."""
        return [self._runs(cluster, SCHEDULER) for cluster in clusters]

    async def do_start_worker(self, worker: Worker) -> AsyncIterator[dict[str, str]]:
        """Start a worker in its cluster's pod."""
        cluster = worker.cluster
        link = self._links[cluster.name]
        scheduler = f"tls://{LOOPBACK}:{link.ports['scheduler']}"
        command = self.get_worker_command(cluster, worker.name, scheduler)
        await link.start(worker.name, command, self.get_worker_env(cluster))
        yield {}

    async def do_stop_worker(self, worker: Worker) -> None:
        """Stop a worker; its cluster's other processes go on."""
        link = self._links.get(worker.cluster.name)
        if link is not None:
            await link.stop(worker.name)

    async def do_check_workers(self, workers: Sequence[Worker]) -> list[bool]:
        """Tell of each worker whether it still runs."""
        return [self._runs(worker.cluster, worker.name) for worker in workers]

    async def do_cleanup(self) -> None:
        """Stop the pods that are left and let go of the registry."""
        while self._links:
            _, link = self._links.popitem()
            await link.close()
        self._directory.close()

    async def on_cluster_heartbeat(self, cluster_name: str, msg: Mapping[str, object]) -> None:
        """Take a scheduler's report, but not its word for where it is.

        Raises
        ------
        PublicException
            The cluster has ended.
        """
        link = self._links.get(cluster_name)
        if link is None:
            raise PublicException(f"There is no such cluster: {cluster_name}")
        known = {
            "scheduler_address": link.addresses.scheduler,
            "api_address": link.addresses.control,
            "dashboard_address": "",
        }
        await super().on_cluster_heartbeat(cluster_name, {**msg, **known})

    def get_tls_paths(self, cluster: Cluster) -> tuple[str, str]:
        """Return where the pod keeps the cluster's TLS credentials, inside."""
        folder = self._links[cluster.name].folder
        return f"{folder}/{CERTIFICATE_FILE}", f"{folder}/{KEY_FILE}"

    def get_worker_env(self, cluster: Cluster) -> dict[str, str]:
        """Return a worker's variables: without the token, which is the scheduler's alone."""
        env: dict[str, str] = super().get_worker_env(cluster)
        del env["DASK_GATEWAY_API_TOKEN"]
        return env

    def get_scheduler_command(self, cluster: Cluster) -> list[str]:
        """Return the scheduler's command line, on ports of the pod."""
        ports = self._links[cluster.name].ports
        return [
            *cluster.config.scheduler_cmd,
            *("--protocol", "tls"),
            *("--host", LOOPBACK),
            *("--port", str(ports["scheduler"])),
            *("--dashboard-address", f"{LOOPBACK}:0"),
            *("--preload", "dask_gateway.scheduler_preload"),
            *("--dg-api-address", f"{LOOPBACK}:{ports['control']}"),
            *("--dg-heartbeat-period", str(self.cluster_heartbeat_period)),
            *("--dg-adaptive-period", str(cluster.config.adaptive_period)),
            *("--dg-idle-timeout", str(cluster.config.idle_timeout)),
        ]

    def _find_storage(self, account: str) -> list[StorageMount]:
        """List what an account sees; its own directory is there even before its first dataset."""
        mounts = self._directory.storage_mounts(account)
        for mount in mounts:
            if mount.is_writable:
                (self.place.storage / mount.directory).mkdir(mode=PRIVATE, exist_ok=True)
        return mounts

    def _launch(
        self, account: str, mounts: Sequence[StorageMount], wire: int
    ) -> tuple[list[str], dict[str, str]]:
        return pod_command(self.place, account, mounts, wire), pod_environment(self.place)

    def _runs(self, cluster: Cluster, name: str) -> bool:
        link = self._links.get(cluster.name)
        return link is not None and link.is_running(name)

    def _note_loss(self, cluster_name: str) -> None:
        self.log.warning("The pod of cluster %s ended", cluster_name)
        self.task_pool.spawn(self.stop_cluster(cluster_name, failed=True))
