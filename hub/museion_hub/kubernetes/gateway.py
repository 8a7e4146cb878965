"""dask-gateway in a cluster: its clusters within a workgroup's bounds, with its datasets mounted.

The chart's own configuration comes first and says where everything is. What is added here
needs the deployment's settings, which the pod gets as one environment variable from the hub's
secret.
"""

import asyncio
import os
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.kubernetes import KubeBackend
from dask_gateway_server.models import User
from dask_gateway_server.options import Options
from traitlets import Instance
from traitlets.config import Config

from museion_hub.errors import SettingsError
from museion_hub.gateway.limits import (
    ClusterLimits,
    ClusterRefusedError,
    Share,
    require_share,
)
from museion_hub.gateway.options import cluster_options
from museion_hub.kubernetes.clusters import (
    SETTINGS_FILE,
    cluster_limits,
    cluster_traits,
    container_config,
    find_place,
    share_of_one,
)
from museion_hub.registry.directory import Directory
from museion_hub.settings import ComputePlace, Settings, settings_from
from museion_hub.workplaces import registry_database_url

SETTINGS_VARIABLE: Final = "MUSEION_SETTINGS"


class WorkgroupKubeBackend(KubeBackend):
    """Bounds for workgroups, and the datasets that each may see."""

    limits = Instance(ClusterLimits, help="Bounds for one workgroup.", config=True)
    directory = Instance(Directory, help="The registry's tables.", config=True)

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401  as in the base class
        super().__init__(**traits)
        self._turn = asyncio.Lock()
        self._begun: dict[str, set[str]] = {}

    async def start_cluster(self, user: User, cluster_options: Mapping[str, object]) -> str:
        """Ask for a new cluster, if the workgroup's bounds allow it.

        Raises
        ------
        PublicException
            The options or the workgroup's bounds do not allow it.
        """
        async with self._turn:
            each = share_of_one(self.limits)
            share = Share(each.workers, each.memory_bytes)
            running = await self._running(user.name)
            try:
                require_share(share, [share] * len(running), self.limits)
            except ClusterRefusedError as error:
                raise PublicException(str(error)) from error
            name: str = await super().start_cluster(user, cluster_options)
            self._begun.setdefault(user.name, set()).add(name)
            return name

    async def _running(self, username: str) -> set[str]:
        """Name the clusters of an owner, those included that Kubernetes has not yet told of."""
        unseen = {name for name in self._begun.get(username, ()) if name not in self.clusters}
        self._begun[username] = unseen
        return unseen | {cluster.name for cluster in await self.list_clusters(username)}

    async def process_cluster_options(
        self, user: User, request: Mapping[str, object]
    ) -> tuple[Any, Any]:
        """Return options and settings of a cluster, with what its workgroup may see mounted."""
        options, config = await super().process_cluster_options(user, request)
        seen = await asyncio.to_thread(self.directory.storage_mounts, user.name)
        config.worker_extra_container_config = container_config(seen)
        return options, config


def configure_gateway(settings: Settings, place: ComputePlace, c: Config) -> None:
    """Set what one gateway needs besides what its chart sets.

    Parameters
    ----------
    settings
        The deployment's settings.
    place
        The gateway's own place.
    c
        dask-gateway's configuration.
    """
    limits = cluster_limits(settings, place)
    c.DaskGateway.backend_class = WorkgroupKubeBackend
    c.KubeClusterConfig.update(cluster_traits(settings, place))
    c.WorkgroupKubeBackend.limits = limits
    c.WorkgroupKubeBackend.directory = Directory(registry_database_url(settings))
    c.Backend.cluster_options = place_options(limits)


def place_options(limits: ClusterLimits) -> Options:
    """Return what a caller may choose of one cluster, its share of the bounds."""
    return cluster_options(share_of_one(limits))


def configure_here(place: str, c: Config) -> None:
    """Configure the gateway in whose pod this runs; called by the chart's configuration.

    Parameters
    ----------
    place
        Name of its compute place.
    c
        dask-gateway's configuration.

    Raises
    ------
    SettingsError
        The settings don't know the place.
    """
    text = os.environ[SETTINGS_VARIABLE]
    settings = settings_from(tomllib.loads(text), folder=SETTINGS_FILE.parent)
    found = find_place(settings, place)
    if found is None:
        raise SettingsError(
            f"No compute place has this name: {place}", hint="make the chart's values again"
        )
    configure_gateway(settings, found, c)
