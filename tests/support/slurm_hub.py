"""A hub with a compute place on a real Slurm, and clusters there as a workgroup asks for them."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import dask.config
import psutil
from dask_gateway import Gateway, GatewayCluster
from dask_gateway.client import GatewayClusterError
from distributed import Client

from museion_hub.gateway.address import prefix, service_name
from museion_hub.settings import ComputeKind, ComputePlace
from museion_hub.settings.slurm import SlurmOptions
from museion_hub.workplaces import state_paths
from tests.support.gateway import account_token, forget
from tests.support.hub import TempHub, temp_hub
from tests.support.slurm import TempSlurm
from tests.support.waiting import answers, wait_until

PLACE = "hpc"
QUEUE_MINUTES = 0.25
TEARDOWN_TIMEOUT_S = 30.0
WORKERS_TIMEOUT_S = 120.0
MOST_WORKERS = 4
WORKER_GIB = 0.5


@dataclass(frozen=True, slots=True)
class SlurmHub:
    """A hub, and the Slurm on which its workgroups compute."""

    hub: TempHub
    slurm: TempSlurm

    @property
    def url(self) -> str:
        return f"{self.hub.url}{prefix(self.hub.settings, PLACE)}"

    @property
    def staging(self) -> Path:
        return state_paths(self.hub.settings).clusters / PLACE / "jobs"

    @property
    def proxy_address(self) -> str:
        return f"gateway://127.0.0.1:{self.hub.runtime.gateways[PLACE].scheduler_port}"

    @property
    def service(self) -> str:
        return service_name(self.hub.settings, PLACE)

    def token(self, account: str) -> str:
        return account_token(self.hub, account, f"access:services!service={self.service}")

    def process(self) -> psutil.Process:
        """Give the gateway's process, as soon as there is one."""
        return wait_until(self._find_process, "the gateway runs")

    def _find_process(self) -> psutil.Process | None:
        words = {"museion_hub.gateway", PLACE, str(self.hub.paths.settings_file)}
        for process in psutil.process_iter(["cmdline", "environ"]):
            line = process.info["cmdline"] or []
            known = {*line, *(process.info["environ"] or {}).values()}
            if words <= known:
                return process
        return None

    @contextmanager
    def gateway(self, account: str) -> Generator[Gateway]:
        """Give the gateway as a workgroup's kernels know it."""
        auth = {"type": "jupyterhub", "kwargs": {"api_token": self.token(account)}}
        with dask.config.set({"gateway.auth": auth}):
            gateway = Gateway(self.url, proxy_address=self.proxy_address)
        try:
            yield gateway
        finally:
            gateway.close()
            forget(gateway)

    @contextmanager
    def cluster(self, account: str, workers: int) -> Generator["Running"]:
        """Give a workgroup's cluster with its workers; afterwards none of its jobs is left."""
        with self.gateway(account) as gateway:
            cluster = gateway.new_cluster(workers=MOST_WORKERS, worker_memory=WORKER_GIB)
            try:
                cluster.scale(workers)
                client = cluster.get_client()
                client.wait_for_workers(workers, timeout=WORKERS_TIMEOUT_S)
                yield Running(self, cluster, client)
            finally:
                with suppress(GatewayClusterError, OSError):  # it may have ended by itself
                    cluster.shutdown()
                cluster.close(shutdown=False)
                forget(cluster.gateway)
        wait_until(lambda: not self.jobs_of(cluster.name), "its jobs are gone", TEARDOWN_TIMEOUT_S)

    def jobs_of(self, cluster: str, states: str = "pending,running") -> list[str]:
        """Give the numbers of a cluster's jobs."""
        jobs = self.slurm.jobs(states)
        return [number for number, name in jobs.items() if name.endswith(cluster)]


@dataclass(frozen=True, slots=True)
class Running:
    """A cluster of a workgroup with its client."""

    place: SlurmHub
    cluster: GatewayCluster
    client: Client

    @property
    def name(self) -> str:
        return str(self.cluster.name)

    @property
    def jobs(self) -> list[str]:
        """Numbers of the jobs that run, the scheduler's first."""
        return sorted(self.place.jobs_of(self.name, "running"), key=int)

    @property
    def folder(self) -> Path:
        """Where its credentials lie."""
        (folder,) = self.place.staging.glob(f"*/{self.name}")
        return folder


@contextmanager
def temp_slurm_hub(slurm: TempSlurm) -> Generator[SlurmHub]:
    """Run a hub with the usual place on this machine, and one on Slurm."""
    options = SlurmOptions(
        configuration=str(slurm.configuration),
        account="heritage-{workgroup}",
        queue_minutes=QUEUE_MINUTES,
    )
    places = (
        ComputePlace("gateway"),
        ComputePlace(PLACE, ComputeKind.SLURM, slurm=options),
    )
    with temp_hub(compute=places) as hub:
        place = SlurmHub(hub, slurm)
        wait_until(lambda: answers(f"{place.url}/api/health"), "the gateway answers")
        yield place
