"""A cluster at one of the deployment's compute places, through its dask-gateway.

The gateway's clusters outlive the workspace. So an agent looks first for one that bears its
label, and takes it up; only if there is none it asks for a new one.
"""

import asyncio
import contextlib
import warnings
from typing import Any

from dask_gateway import Gateway, JupyterHubAuth
from dask_gateway.client import (
    ClusterReport,
    ClusterStatus,
    GatewayClusterError,
    GatewayWarning,
)
from dask_gateway.options import Options

from museion.clusters.backend import Backend, Connection, Dashboard
from museion.clusters.refusals import PASSING, explain, failed, over_limit
from museion.clusters.request import ClusterRequest
from museion_datasets.environment import ComputePlace, find_token

GIB = 2**30
POLL_S = 0.5
OUTAGE_S = 60.0
"""How long a gateway may be away, as while it is started anew."""
ANY_NUMBER = 10**6
LOCAL = "local"
"""The kind of place whose gateway shows dashboards."""
ENDED = frozenset({ClusterStatus.STOPPING, ClusterStatus.STOPPED, ClusterStatus.FAILED})


class WorkspaceAuth(JupyterHubAuth):  # type: ignore[misc]  # dask-gateway is untyped
    """Signs in with the newest hub token of the workspace."""

    def __init__(self) -> None:
        super().__init__(api_token="")

    def pre_request(self, resp: object) -> tuple[dict[str, str], None]:
        """Return the headers to sign in with."""
        del resp
        return authorization(), None


def authorization() -> dict[str, str]:
    """Return the header by which a gateway knows the workgroup."""
    return {"Authorization": f"jupyterhub {find_token() or ''}"}


class GatewayBackend(Backend):
    """One cluster at a compute place.

    Parameters
    ----------
    request : ClusterRequest
        What was asked for.
    place : ComputePlace
        Where.
    label : str
        By which the cluster is found again.
    """

    def __init__(self, request: ClusterRequest, place: ComputePlace, label: str) -> None:
        self._request = request
        self._place = place
        self._label = label
        self._gateway: Any = None
        self._adapts = False
        self.has_dashboard = place.kind == LOCAL
        self.name = ""
        self.memory_bytes = request.memory_bytes
        self.limit = ANY_NUMBER

    async def start(self) -> Connection:
        """Take up the cluster with the label, or submit one, and wait for its scheduler."""
        self._gateway = Gateway(
            self._place.address,
            proxy_address=self._place.proxy_address,
            auth=WorkspaceAuth(),
            asynchronous=True,
        )
        with self._explained():
            self.name = await self._find() or await self._submit()
            report = await self._wait()
            return Connection(
                report.scheduler_address, report.tls_cert or "", report.tls_key or "", self.name
            )

    async def scale(self, workers: int) -> None:
        """Ask the gateway for so many workers."""
        with self._explained(), _limits():
            if self._adapts:
                await self._gateway.adapt_cluster(self.name, active=False)
            await self._gateway.scale_cluster(self.name, workers)
        self._adapts = False

    async def adapt(self, minimum: int, maximum: int) -> None:
        """Let the scheduler ask for as many workers as its work needs."""
        with self._explained(), _limits():
            await self._gateway.adapt_cluster(self.name, minimum=minimum, maximum=maximum)
        self._adapts = True

    async def open_dashboard(self) -> Dashboard | None:
        """Return the gateway's own route to it, where it has one."""
        if not self.has_dashboard:
            return None
        url = f"{self._place.address}/api/v1/clusters/{self.name}/dashboard/"
        return Dashboard(url, headers=authorization())

    async def close(self) -> None:
        """Have the gateway stop it; a gateway that is gone is no error."""
        if self._gateway is None:
            return
        if self.name:
            with contextlib.suppress(*PASSING, ValueError):
                await self._gateway.stop_cluster(self.name)
        await self.leave()

    async def leave(self) -> None:
        """Let go of the gateway; the cluster goes on."""
        if self._gateway is not None:
            await self._gateway.close()
            self._gateway = None

    async def has_ended(self) -> bool:
        """Tell whether the gateway has stopped the cluster, as for want of work.

        Raises
        ------
        UnreachableError
            The cluster has failed.
        """
        try:
            report = await self._gateway.get_cluster(self.name, wait=True)
        except ValueError:
            return True
        except GatewayClusterError as error:
            failure = failed(self._place.name, str(error))
            raise failure from error
        except PASSING:
            return False
        if report.status is ClusterStatus.FAILED:
            failure = failed(self._place.name)
            raise failure
        return report.status in ENDED

    def _explained(self) -> contextlib.AbstractContextManager[None]:
        return _explaining(self._place.name)

    async def _find(self) -> str:
        """Return the name of the running cluster with the label, empty if there is none.

        One with workers of another size makes room for what is asked for now.
        """
        for report in await self._gateway.list_clusters():
            if report.options.get("label") != self._label:
                continue
            if round(report.options["worker_memory"] * GIB) == self.memory_bytes:
                return str(report.name)
            await self._gateway.stop_cluster(report.name)
        return ""

    async def _submit(self) -> str:
        options = await self._gateway.cluster_options(use_local_defaults=False)
        wish = {
            "workers": self._request.workers,
            "worker_memory": self._request.memory_bytes / GIB,
            "place": self._place.name,
            "environment": self._request.environment,
            "label": self._label,
        }
        for name, value in wish.items():
            if name in options:
                options[name] = value
        self.limit = _most(options)
        return str(await self._gateway.submit(options))

    async def _wait(self) -> ClusterReport:
        """Wait until the scheduler runs.

        Raises
        ------
        GatewayClusterError
            It ended before.
        """
        while True:
            report = await self._report()
            if report.status is ClusterStatus.RUNNING:
                break
            if report.status in ENDED:
                await self._gateway.get_cluster(self.name, wait=True)  # raises why, if it is known
                raise GatewayClusterError("it ended before it ran")
            await asyncio.sleep(POLL_S)
        if self.limit == ANY_NUMBER:
            self.limit = _most(await self._gateway.cluster_options(use_local_defaults=False))
        return report

    async def _report(self) -> ClusterReport:
        """Ask how the cluster is, for a while also if nobody answers."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OUTAGE_S):
                while True:
                    with contextlib.suppress(*PASSING):
                        return await self._gateway.get_cluster(self.name)
                    await asyncio.sleep(POLL_S)
        return await self._gateway.get_cluster(self.name)


def _most(options: Options) -> int:
    """Return the largest number of workers that the gateway offers."""
    field = vars(options)["_fields"].get("workers")
    most = getattr(field, "max", None)
    return int(most) if most else ANY_NUMBER


@contextlib.contextmanager
def _explaining(place: str) -> Any:  # noqa: ANN401  a generator of nothing
    """Raise what the gateway or its client says in our words."""
    try:
        yield
    except (*PASSING, ValueError) as error:
        explained = explain(error, place)
        raise explained from error


@contextlib.contextmanager
def _limits() -> Any:  # noqa: ANN401  a generator of nothing
    """Raise what the gateway refuses, or only warns of: more workers than there may be."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", GatewayWarning)
        try:
            yield
        except GatewayClusterError as error:
            refusal = over_limit(str(error))
            raise refusal from error
    for warning in told:
        if issubclass(warning.category, GatewayWarning):
            refusal = over_limit(str(warning.message))
            raise refusal
