"""A dask-gateway backend that runs each cluster in a sandbox of its own on this machine.

dask-gateway keeps the books (owners, tokens, TLS credentials, heartbeats, idle timeouts);
this backend answers only how a cluster and a worker start and stop. Its upstream model,
`UnsafeLocalBackend`, runs whatever a caller submits as the gateway's own account; here all
of it happens inside a pod, which outlives the gateway and is found again by the next one.

The pod is not trusted: what its scheduler says of its own addresses is replaced by what the
gateway knows, so that nobody can steer the proxy to another port of this machine.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.db_base import Cluster, JobStatus, Worker
from dask_gateway_server.backends.local import UnsafeLocalBackend
from traitlets import Dict, Instance, Unicode, default

from museion_hub.gateway.keeper import WIRE_FD
from museion_hub.gateway.kept import KeptPod
from museion_hub.gateway.link import LOOPBACK
from museion_hub.gateway.sandboxing import PodPlace, pod_command, pod_environment
from museion_hub.gateway.tending import names_in, remove_sockets, short_path
from museion_hub.gateway.workgroups import PROXY, WorkgroupBackend
from museion_hub.registry.directory import Directory
from museion_hub.registry.views import StorageMount
from museion_hub.workplaces import PRIVATE

SCHEDULER = "scheduler"
CERTIFICATE_FILE = "dask.crt"
KEY_FILE = "dask.pem"
GATEWAY = "gateway"
DASHBOARD_URL = "http://dashboard"


class SandboxedBackend(WorkgroupBackend, UnsafeLocalBackend):
    """Clusters as pods; needs no privileges."""

    supports_bulk_shutdown = True

    place = Instance(PodPlace, help="Where pods run.", config=True)
    destinations = Dict(help="Hosts and ports that every pod may reach, by name.", config=True)
    database_url = Unicode(help="Registry: who may see which storage.", config=True)

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401  as in the base class
        super().__init__(**traits)
        self._pods: dict[str, KeptPod] = {}

    @default("api_url")
    def _default_api_url(self) -> str:
        """Schedulers report to the gateway itself, not through the proxies."""
        return f"http://{self.gateway_address}/api"

    @property
    def own_address(self) -> tuple[str, int]:
        """Where pods' schedulers report, inside and outside the same."""
        host, _, port = self.gateway_address.rpartition(":")
        return host, int(port)

    async def setup(self, app: web.Application) -> None:
        """Find the pods of an earlier gateway, then open the books about them."""
        for name in names_in(self.folder):
            if name != PROXY:
                await self._find(name)
        await super().setup(app)

    async def do_setup(self) -> None:
        """Open the registry's read side, and let pods and books agree."""
        self._directory = Directory(self.database_url)
        started = {
            each.name: each
            for each in self.db.active_clusters()
            if each.status >= JobStatus.SUBMITTED
        }
        for name in set(self._pods) - set(started):
            await self._pods.pop(name).close()
        for name in set(started) - set(self._pods):
            self.log.warning("The pod of cluster %s ended while no gateway ran", name)
            await self.stop_cluster(name, failed=True)

    async def do_start_cluster(self, cluster: Cluster) -> AsyncIterator[dict[str, str]]:
        """Start the pod, then the scheduler in it."""
        destinations = {**self.destinations, GATEWAY: self.own_address}
        pod = self._hold(cluster.name)
        mounts = await asyncio.to_thread(self._find_storage, cluster.username)
        await pod.open(
            self._launch(cluster.username, mounts),
            destinations,
            has_private_network=self.place.has_private_network,
            alone_s=self.alone_s,
        )
        yield {"folder": pod.folder}
        await pod.write(CERTIFICATE_FILE, cluster.tls_cert.decode())
        await pod.write(KEY_FILE, cluster.tls_key.decode())
        env = self.get_scheduler_env(cluster)
        await pod.start(SCHEDULER, self.get_scheduler_command(cluster), env)

    async def do_stop_cluster(self, cluster: Cluster) -> None:
        """Stop the pod with everything in it."""
        pod = self._pods.pop(cluster.name, None)
        if pod is not None:
            await pod.close()

    async def do_check_clusters(self, clusters: Sequence[Cluster]) -> list[bool]:
        """Tell of each cluster whether its scheduler still runs."""
        return [self._runs(cluster, SCHEDULER) for cluster in clusters]

    async def do_start_worker(self, worker: Worker) -> AsyncIterator[dict[str, str]]:
        """Start a worker in its cluster's pod."""
        cluster = worker.cluster
        pod = self._pods[cluster.name]
        scheduler = f"tls://{LOOPBACK}:{pod.ports['scheduler']}"
        command = self.get_worker_command(cluster, worker.name, scheduler)
        await pod.start(worker.name, command, self.get_worker_env(cluster))
        yield {}

    async def do_stop_worker(self, worker: Worker) -> None:
        """Stop a worker; its cluster's other processes go on."""
        pod = self._pods.get(worker.cluster.name)
        if pod is not None:
            await pod.stop(worker.name)

    async def do_check_workers(self, workers: Sequence[Worker]) -> list[bool]:
        """Tell of each worker whether it still runs."""
        return [self._runs(worker.cluster, worker.name) for worker in workers]

    async def do_cleanup(self) -> None:
        """Let go of the pods, which go on, and of the registry."""
        while self._pods:
            self._pods.popitem()[1].leave()
        self._directory.close()

    async def on_cluster_heartbeat(self, cluster_name: str, msg: Mapping[str, object]) -> None:
        """Take a scheduler's report, but not its word for where it is.

        Raises
        ------
        PublicException
            The cluster has ended.
        """
        pod = self._pods.get(cluster_name)
        if pod is None:
            raise PublicException(f"There is no such cluster: {cluster_name}")
        known = {
            "scheduler_address": pod.addresses.scheduler,
            "api_address": pod.addresses.control,
            "dashboard_address": "",
        }
        await super().on_cluster_heartbeat(cluster_name, {**msg, **known})

    @asynccontextmanager
    async def open_dashboard(
        self, cluster: Cluster
    ) -> AsyncGenerator[tuple[aiohttp.ClientSession, str] | None]:
        """Give a way to the scheduler's pages, through a socket in the private folder."""
        pod = self._pods.get(cluster.name)
        if pod is None:
            yield None
            return
        with short_path(self.folder, pod.dashboard_socket) as path:
            way = aiohttp.UnixConnector(path)
            async with aiohttp.ClientSession(connector=way, auto_decompress=False) as session:
                yield session, DASHBOARD_URL

    def get_tls_paths(self, cluster: Cluster) -> tuple[str, str]:
        """Return where the pod keeps the cluster's TLS credentials, inside."""
        folder = self._pods[cluster.name].folder
        return f"{folder}/{CERTIFICATE_FILE}", f"{folder}/{KEY_FILE}"

    def get_worker_env(self, cluster: Cluster) -> dict[str, str]:
        """Return a worker's variables: without the token, which is the scheduler's alone."""
        env: dict[str, str] = super().get_worker_env(cluster)
        del env["DASK_GATEWAY_API_TOKEN"]
        return env

    def get_scheduler_command(self, cluster: Cluster) -> list[str]:
        """Return the scheduler's command line, on ports of the pod."""
        ports = self._pods[cluster.name].ports
        return [
            *cluster.config.scheduler_cmd,
            *("--protocol", "tls"),
            *("--host", LOOPBACK),
            *("--port", str(ports["scheduler"])),
            *("--dashboard-address", f"{LOOPBACK}:{ports['dashboard']}"),
            *("--preload", "dask_gateway.scheduler_preload"),
            *("--dg-api-address", f"{LOOPBACK}:{ports['control']}"),
            *("--dg-heartbeat-period", str(self.cluster_heartbeat_period)),
            *("--dg-adaptive-period", str(cluster.config.adaptive_period)),
            *("--dg-idle-timeout", str(cluster.config.idle_timeout)),
        ]

    async def _find(self, name: str) -> None:
        """Hold a pod that is there already, unless it has just ended."""
        pod = self._hold(name)
        try:
            await pod.find()
        except OSError:
            del self._pods[name]
            remove_sockets(self.folder, name)

    def _hold(self, name: str) -> KeptPod:
        lost = functools.partial(self._note_loss, name)
        pod = self._pods[name] = KeptPod(self.folder, name, lost)
        return pod

    def _find_storage(self, account: str) -> list[StorageMount]:
        """List what an account sees; its own directory is there even before its first dataset."""
        mounts = self._directory.storage_mounts(account)
        for mount in mounts:
            if mount.is_writable:
                (self.place.storage / mount.directory).mkdir(mode=PRIVATE, exist_ok=True)
        return mounts

    def _launch(
        self, account: str, mounts: Sequence[StorageMount]
    ) -> tuple[list[str], dict[str, str]]:
        return pod_command(self.place, account, mounts, WIRE_FD), pod_environment(self.place)

    def _runs(self, cluster: Cluster, name: str) -> bool:
        pod = self._pods.get(cluster.name)
        return pod is not None and pod.is_running(name)

    def _note_loss(self, cluster_name: str) -> None:
        self.log.warning("The pod of cluster %s ended", cluster_name)
        with contextlib.suppress(AttributeError):  # it ended before the books were open
            self.task_pool.spawn(self.stop_cluster(cluster_name, failed=True))
