"""Starts clusters: in the workspace itself, or through the deployment's dask-gateway.

Both promise the same:

- every connection is TLS with credentials made for this one cluster;
- a worker has one thread, and so have the numerical libraries in it;
- decrypted chunks stay in memory: nothing spills to disk, shuffles included. What does
  not fit ends the worker with an error that says so, instead of a silent standstill.

Where the gateway is, and who asks, comes from Dask's own configuration, which the hub
sets in the environment (``DASK_GATEWAY__ADDRESS``, ``DASK_GATEWAY__PROXY_ADDRESS``,
``DASK_GATEWAY__AUTH__TYPE``), so that plain `dask_gateway.Gateway()` works as well.
"""

import asyncio
import contextlib
import tempfile
from types import MappingProxyType
from typing import Any, Protocol

import dask.config
from aiohttp import ClientError, ClientResponseError
from dask.system import CPU_COUNT
from dask_gateway import GatewayCluster
from dask_gateway.client import GatewayClusterError, GatewayServerError
from distributed import Client, LocalCluster, default_client
from distributed.security import Security
from distributed.system import MEMORY_LIMIT

from museion._cluster_access import Access
from museion._cluster_request import ClusterRequest, Machine, Place, require_room
from museion.errors import InputError, MuseionError, RefusedError, UnreachableError
from museion_datasets.environment import find_connection

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 90.0
DISTRIBUTED = "dask.distributed"
FORBIDDEN = frozenset({401, 403})

ONE_THREAD = MappingProxyType({
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "BLOSC_NTHREADS": "1",
})
"""One worker, one thread: otherwise every worker starts a thread for each core."""

MEMORY_ONLY = MappingProxyType({
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,  # a paused worker that cannot spill never wakes
    "distributed.p2p.storage.disk": False,
})
"""What keeps decrypted chunks off every disk."""


class Closable(Protocol):
    """A cluster, as far as its client cares."""

    def close(self) -> object:
        """Stop every process of the cluster."""


class ClusterClient(Client):
    """A Dask client that owns its cluster: closing the one stops the other."""

    _has_stopped = False

    def close(self, timeout: Any = None) -> Any:  # noqa: ANN401  as in the base class
        """Close the client, then stop the cluster's processes.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for the client.

        Returns
        -------
        object
            What the base class returns.
        """
        waits = () if timeout is None else (timeout,)
        closed = super().close(*waits)  # type: ignore[no-untyped-call]  # as distributed has it
        if not self._has_stopped:
            self._has_stopped = True
            # Once only: Python may collect a closed client while distributed starts another
            # one's event loop, under a lock that stopping a cluster takes as well.
            cluster: Closable | None = self.cluster
            if isinstance(cluster, GatewayCluster):
                _close_at_gateway(cluster)
            elif cluster is not None:
                cluster.close()
        _forget_scheduler()
        return closed


def _forget_scheduler() -> None:
    """Let Dask compute without a cluster again, once no client is open.

    A client puts back the setting that it found. One that was opened beside another finds
    the other's, and would leave it behind for ever.
    """
    try:
        default_client()
    except ValueError:
        if dask.config.get("scheduler", None) == DISTRIBUTED:
            dask.config.config.pop("scheduler")


def start_cluster(request: ClusterRequest) -> ClusterClient:
    """Start the cluster of a request and wait until its workers are there.

    Parameters
    ----------
    request : ClusterRequest
        What was asked for.

    Returns
    -------
    ClusterClient
        Connected, with `request.workers` workers.

    Raises
    ------
    MuseionError
        It cannot be had; the error says why.
    """
    if request.place is Place.GATEWAY:
        return _start_at_gateway(request)
    return _start_in_workspace(request)


def _start_in_workspace(request: ClusterRequest) -> ClusterClient:
    require_room(request, Machine(CPU_COUNT, MEMORY_LIMIT))
    with dask.config.set(MEMORY_ONLY):
        cluster = LocalCluster(
            n_workers=request.workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=request.memory_bytes,
            host=LOOPBACK,
            protocol="tls",
            security=Security.temporary(),
            dashboard_address=f"{LOOPBACK}:0",
            local_directory=tempfile.gettempdir(),
            env=dict(ONE_THREAD),
        )
    return _connect(cluster, request)


def _start_at_gateway(request: ClusterRequest) -> ClusterClient:
    try:
        cluster = GatewayCluster(
            workers=request.workers, worker_memory=request.memory_bytes / 2**30
        )
    except (ClientError, OSError, ValueError, GatewayClusterError, GatewayServerError) as error:
        raise _explain(error) from error
    try:
        cluster.scale(request.workers)
    except (ClientError, OSError, GatewayClusterError) as error:
        _close_at_gateway(cluster)
        raise _explain(error) from error
    client = _connect(cluster, request)
    if connection := find_connection():
        Access(connection.url, connection.token, connection.storage).grant(client)
    return client


def _connect(cluster: LocalCluster | GatewayCluster, request: ClusterRequest) -> ClusterClient:
    try:
        client = ClusterClient(  # type: ignore[no-untyped-call]  # as distributed has it
            cluster, security=cluster.security, timeout=START_TIMEOUT_S
        )
        client.wait_for_workers(request.workers, timeout=START_TIMEOUT_S)
    except (OSError, TimeoutError) as error:
        cluster.close()
        raise UnreachableError(
            f"The cluster's workers did not arrive within {START_TIMEOUT_S:.0f} s",
            hint="try again with fewer workers or less memory each",
        ) from error
    return client


def _close_at_gateway(cluster: GatewayCluster) -> None:
    """Stop a cluster; a gateway that is gone has stopped it already."""
    with contextlib.suppress(ClientError, OSError, GatewayClusterError, GatewayServerError):
        cluster.close()
    # dask-gateway 2026.3 closes its client again when that is collected, and then complains.
    vars(cluster.gateway).pop("_loop_runner", None)


def _explain(error: Exception) -> MuseionError:
    """Say in our words what the gateway or its client said."""
    if isinstance(error, ClientResponseError) and error.status in FORBIDDEN:
        return RefusedError(
            f"This account may not start clusters at the gateway: status {error.status}",
            hint="sign in again, or ask the operator for access to the service dask-gateway",
        )
    if isinstance(error, ClientError | OSError | asyncio.TimeoutError):
        return UnreachableError(
            f"The gateway does not answer: {error}",
            hint='compute in the workspace with place="workspace", or ask the operator',
        )
    if isinstance(error, ValueError):
        return InputError(
            f"The gateway does not accept this cluster: {error}",
            hint="change the number of workers or their memory",
        )
    return UnreachableError(
        f"The gateway could not start the cluster: {error}",
        hint="try again in a minute; if it goes on, ask the operator for the gateway's log",
    )
