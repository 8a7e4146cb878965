"""A cluster in the workspace itself: scheduler in the agent, workers as its children.

Nothing listens for HTTP on the network: scheduler and workers have no page there, and the
dashboard, loaded when it is first asked for, is served on a unix socket of the user's own.
What listens on the loopback speaks TLS and wants the cluster's own certificate.
"""

import logging
import resource
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from dask.system import CPU_COUNT
from distributed import Nanny, Scheduler, SpecCluster, Worker
from distributed.http.routing import RoutingApplication
from distributed.security import Security
from distributed.system import MEMORY_LIMIT
from tornado.httpserver import HTTPServer

from museion.clusters.backend import Backend, Connection, Dashboard
from museion.clusters.folder import listen
from museion.clusters.request import ClusterRequest, Machine, most_workers, require_room
from museion.errors import UnreachableError

if TYPE_CHECKING:
    from distributed.deploy.adaptive import Adaptive

LOOPBACK = "127.0.0.1"

ONE_THREAD = MappingProxyType({
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "BLOSC_NTHREADS": "1",
})
"""One worker, one thread: otherwise every worker starts a thread for each core."""


class QuietScheduler(Scheduler):
    """A scheduler that opens no port for HTTP."""

    def start_http_server(self, routes: list[tuple[object, ...]], *_: object, **__: object) -> None:
        """Keep the pages for whoever brings a socket."""
        self.http_application = RoutingApplication(routes)
        self.http_server = HTTPServer(self.http_application)
        self.http_server.port = 0  # type: ignore[attr-defined]  # the dashboard reads it


class QuietWorker(Worker):
    """A worker that opens no port for HTTP."""

    def start_http_server(self, *_: object, **__: object) -> None:
        """Serve nothing."""


def this_machine() -> Machine:
    """Return what processes of this workspace may use."""
    largest, _ = resource.getrlimit(resource.RLIMIT_DATA)
    memory_bytes = MEMORY_LIMIT if largest == resource.RLIM_INFINITY else min(MEMORY_LIMIT, largest)
    return Machine(CPU_COUNT, memory_bytes)


class WorkspaceBackend(Backend):
    """One cluster beside the kernels.

    Parameters
    ----------
    request : ClusterRequest
        What was asked for.
    dashboard : Path
        Where the dashboard's socket will be.
    environment : mapping of str to str
        Variables for the workers, besides the agent's own.
    """

    def __init__(
        self, request: ClusterRequest, dashboard: Path, environment: Mapping[str, str]
    ) -> None:
        self._request = request
        self._machine = this_machine()
        self._dashboard_path = dashboard
        self._has_dashboard = False
        self._environment = {**ONE_THREAD, **environment}
        self._adaptive: Adaptive | None = None
        self._cluster: SpecCluster | None = None
        self.memory_bytes = request.memory_bytes
        self.limit = most_workers(request.memory_bytes, self._machine)

    async def start(self) -> Connection:
        """Start scheduler and workers.

        Raises
        ------
        UnreachableError
            They don't come up.
        """
        require_room(self._request, self._machine)
        security = Security.temporary()
        worker = self._worker(security)
        tls = {"host": LOOPBACK, "protocol": "tls://", "security": security}
        try:
            self._cluster = await SpecCluster(
                workers=dict.fromkeys(range(self._request.workers), worker),
                scheduler={
                    "cls": QuietScheduler,
                    "options": {**tls, "port": 0, "dashboard": False},
                },
                worker=worker,
                asynchronous=True,
                security=security,
            )
        except (OSError, RuntimeError) as error:
            raise UnreachableError(
                f"The cluster could not be started: {error}",
                hint="try again with fewer workers or less memory each",
            ) from error
        return Connection(
            self._cluster.scheduler_address, security.tls_client_cert, security.tls_client_key
        )

    async def scale(self, workers: int) -> None:
        """Start or stop workers."""
        self._stop_adapting()
        self._require_cluster().scale(workers)

    async def adapt(self, minimum: int, maximum: int) -> None:
        """Let the scheduler's work decide."""
        self._stop_adapting()
        self._adaptive = self._require_cluster().adapt(minimum=minimum, maximum=maximum)

    async def mend(self) -> None:
        """Start workers in the place of such as ended while they started: Dask gives those up."""
        cluster = self._cluster
        if cluster is None or self._adaptive is not None:
            return
        if len(cluster.workers) < len(cluster.worker_spec):
            cluster.scale(len(cluster.worker_spec))

    async def open_dashboard(self) -> Dashboard | None:
        """Load the dashboard at the first call, and serve it on its socket."""
        scheduler = self._require_scheduler()
        if not self._has_dashboard:
            from distributed.dashboard.scheduler import connect  # noqa: PLC0415  30 MB of plots

            self._has_dashboard = True
            connect(scheduler.http_application, scheduler.http_server, scheduler)
            scheduler.http_server.add_socket(listen(self._dashboard_path))
        return Dashboard("http://localhost/", str(self._dashboard_path))

    async def close(self) -> None:
        """Stop workers, scheduler and dashboard."""
        if self._cluster is not None:
            self._require_scheduler().http_server.stop()
            self._stop_adapting()
            closing = self._cluster.close()
            if closing is not None:
                await closing
        self._dashboard_path.unlink(missing_ok=True)

    def _worker(self, security: Security) -> dict[str, object]:
        options = {
            "host": LOOPBACK,
            "protocol": "tls://",
            "security": security,
            "nthreads": 1,
            "memory_limit": self._request.memory_bytes,
            "local_directory": tempfile.gettempdir(),
            "env": self._environment,
            "worker_class": QuietWorker,
            "dashboard": False,
            "silence_logs": logging.WARNING,
        }
        return {"cls": Nanny, "options": options}

    def _require_cluster(self) -> SpecCluster:
        if self._cluster is None:
            raise UnreachableError("The cluster is still starting", hint="try again in a moment")
        return self._cluster

    def _require_scheduler(self) -> QuietScheduler:
        scheduler: QuietScheduler = self._require_cluster().scheduler  # type: ignore[assignment]  # untyped there
        return scheduler

    def _stop_adapting(self) -> None:
        if self._adaptive is not None:
            self._adaptive.stop()
            self._adaptive = None
