"""The gateway's configuration: a pure function of the deployment's settings and runtime.

Only sets. Three things are decided here and nowhere else:

- a caller needs a hub token that may use the service *dask-gateway*; the cluster belongs
  to the token's account, which is the workgroup's in its workspace;
- clusters outlive the gateway, so its books are a private file; TLS keys and tokens stand
  in it encrypted, under a key that lies elsewhere;
- the proxy knows no page of a cluster, as it would ask nobody for a token; the gateway
  itself serves them to the owner (`dashboard`).
"""

import base64
from collections.abc import Callable, Mapping
from typing import Final

from traitlets.config import Config

from museion_hub.environment import Environment
from museion_hub.errors import SettingsError
from museion_hub.gateway.backend import SandboxedBackend
from museion_hub.gateway.options import cluster_options
from museion_hub.gateway.sandboxing import PodPlace, storage_environment
from museion_hub.gateway.site import Site
from museion_hub.gateway.slurm.config import configure_slurm
from museion_hub.gateway.variables import WORKER_ENVIRONMENT
from museion_hub.runtime import LOOPBACK
from museion_hub.server import server_url
from museion_hub.settings import ComputeKind, Isolation, Network, Settings
from museion_hub.workplaces import registry_database_url, state_paths

type AddSettings = Callable[[Config, Site], None]

SIGN_IN_CACHE_S = 10
"""How long a revoked token still works at the gateway."""
START_TIMEOUT_S = 120.0
HEARTBEAT_TIMEOUT_S = 60.0
"""How long a cluster may be out of reach: three times a cut of the network that work outlives.
Whether its processes have ended is known at once, from whoever runs them."""


def gateway_config(site: Site) -> Config:
    """Return the traitlets configuration of one gateway.

    Parameters
    ----------
    site : Site
        The deployment, and the gateway's own place in it.

    Returns
    -------
    Config

    Raises
    ------
    SettingsError
        A place of this kind has no gateway here.
    """
    c = Config()
    _set_addresses(c, site)
    _set_books(c, site)
    _set_clusters(c, site)
    find_kind(site.compute.kind)(c, site)
    return c


def find_kind(kind: ComputeKind) -> AddSettings:
    """Return what adds the settings of a kind of places.

    Raises
    ------
    SettingsError
        No gateway of ours starts clusters there.
    """
    if kind not in KINDS:
        known = " or ".join(f'"{each.value}"' for each in KINDS)
        raise SettingsError(f"No gateway runs here for: {kind.value}", hint=f"give {known}")
    return KINDS[kind]


def _set_addresses(c: Config, site: Site) -> None:
    own = site.own
    c.DaskGateway.authenticator_class = "museion_hub.gateway.callers.HubAuthenticator"
    c.DaskGateway.address = f"{LOOPBACK}:{own.api_port}"

    c.Authenticator.cache_max_age = SIGN_IN_CACHE_S
    c.JupyterHubAuthenticator.jupyterhub_service_name = site.service
    c.JupyterHubAuthenticator.jupyterhub_api_token = own.token
    hub = f"http://{LOOPBACK}:{site.runtime.ports.hub}/hub/api"
    c.JupyterHubAuthenticator.jupyterhub_api_url = hub

    c.Proxy.address = f"{LOOPBACK}:{own.port}"
    c.Proxy.tcp_address = f"{LOOPBACK}:{own.scheduler_port}"
    c.Proxy.prefix = site.prefix
    c.Proxy.api_token = own.proxy_token
    c.Proxy.externally_managed = True


def _set_books(c: Config, site: Site) -> None:
    c.DBBackendBase.db_url = f"sqlite:///{site.books_file}"
    c.DBBackendBase.db_encrypt_keys = [base64.urlsafe_b64encode(site.books_key).decode()]
    c.DBBackendBase.stop_clusters_on_shutdown = False
    c.DBBackendBase.cluster_start_timeout = START_TIMEOUT_S
    c.DBBackendBase.worker_start_timeout = START_TIMEOUT_S
    c.DBBackendBase.cluster_heartbeat_timeout = HEARTBEAT_TIMEOUT_S
    c.WorkgroupBackend.folder = site.folder
    c.WorkgroupBackend.limits = site.limits


def _set_clusters(c: Config, site: Site) -> None:
    c.Backend.cluster_options = cluster_options(site.limits)
    python = [str(site.environment.python), "-P", "-m"]
    c.ClusterConfig.scheduler_cmd = [*python, "distributed.cli.dask_scheduler"]
    c.ClusterConfig.worker_cmd = [*python, "distributed.cli.dask_worker"]
    c.ClusterConfig.environment = {
        **WORKER_ENVIRONMENT,
        "MUSEION_REGISTRY_URL": f"{server_url(site.settings)}/services/registry",
    }


def local_config(c: Config, site: Site) -> None:
    """Add what a place on this machine needs: pods, each a sandbox of its own.

    Parameters
    ----------
    c : Config
        What is set for every kind of place.
    site : Site
        The deployment, and the gateway's own place in it.
    """
    settings = site.settings
    place = pod_place(settings, site.environment)
    c.DaskGateway.backend_class = SandboxedBackend
    c.SandboxedBackend.place = place
    c.SandboxedBackend.database_url = registry_database_url(settings)
    c.SandboxedBackend.destinations = {"hub": (settings.connect_host, settings.port)}
    c.SandboxedBackend.inherited_environment = []
    c.ClusterConfig.worker_cmd = [*c.ClusterConfig.worker_cmd, "--host", LOOPBACK]
    c.ClusterConfig.environment = {**c.ClusterConfig.environment, **storage_environment(place)}


def pod_place(settings: Settings, environment: Environment) -> PodPlace:
    """Return where pods run.

    Parameters
    ----------
    settings : Settings
        What the operator decided.
    environment : Environment
        Where the software is.

    Returns
    -------
    PodPlace
    """
    paths = state_paths(settings)
    return PodPlace(
        python=environment.python,
        readable=environment.readable,
        state_dir=paths.root,
        storage=paths.storage,
        is_sandboxed=settings.isolation is not Isolation.NONE,
        has_host_network=settings.network is Network.HOST,
    )


KINDS: Final[Mapping[ComputeKind, AddSettings]] = {
    ComputeKind.LOCAL: local_config,
    ComputeKind.SLURM: configure_slurm,
}
"""Each kind of place, and what adds its settings to those of all."""
