"""The gateway's configuration: a pure function of the deployment's settings and runtime.

Only sets. Three things are decided here and nowhere else:

- a caller needs a hub token that may use the service *dask-gateway*; the cluster belongs
  to the token's account, which is the workgroup's in its workspace;
- pods die with the gateway, so its books are kept in memory: a database would only put
  TLS keys and tokens of dead clusters on disk;
- no dashboard and no other page of a cluster is served: they would know no sign-in.
"""

from traitlets.config import Config

from museion_hub.environment import Environment
from museion_hub.gateway.address import PREFIX, SERVICE
from museion_hub.gateway.backend import SandboxedBackend
from museion_hub.gateway.limits import ClusterLimits, cluster_options
from museion_hub.gateway.sandboxing import PodPlace, storage_environment
from museion_hub.runtime import LOOPBACK, Runtime
from museion_hub.server import server_url
from museion_hub.settings import Isolation, Network, Settings
from museion_hub.workplaces import registry_database_url, state_paths

SIGN_IN_CACHE_S = 10
"""How long a revoked token still works at the gateway."""

WORKER_ENVIRONMENT = {
    "DASK_DISTRIBUTED__P2P__STORAGE__DISK": "False",
    "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
    "BLOSC_NTHREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Decrypted chunks stay in memory, one thread a core, no pages over HTTP."""


def gateway_config(
    settings: Settings,
    runtime: Runtime,
    *,
    environment: Environment,
    limits: ClusterLimits,
) -> Config:
    """Return the traitlets configuration of dask-gateway-server.

    Parameters
    ----------
    settings : Settings
        What the operator decided.
    runtime : Runtime
        What the supervisor decided.
    environment : Environment
        Where the software is.
    limits : ClusterLimits
        Bounds for one workgroup.

    Returns
    -------
    Config
    """
    c = Config()
    c.DaskGateway.authenticator_class = "dask_gateway_server.auth.JupyterHubAuthenticator"
    c.DaskGateway.backend_class = SandboxedBackend
    c.DaskGateway.address = f"{LOOPBACK}:0"

    c.Authenticator.cache_max_age = SIGN_IN_CACHE_S
    c.JupyterHubAuthenticator.jupyterhub_service_name = SERVICE
    c.JupyterHubAuthenticator.jupyterhub_api_token = runtime.tokens.gateway
    c.JupyterHubAuthenticator.jupyterhub_api_url = f"http://{LOOPBACK}:{runtime.ports.hub}/hub/api"

    c.Proxy.address = f"{LOOPBACK}:{runtime.ports.gateway}"
    c.Proxy.tcp_address = f"{LOOPBACK}:{runtime.ports.gateway_scheduler}"
    c.Proxy.prefix = PREFIX

    place = pod_place(settings, environment)
    c.Backend.cluster_options = cluster_options(limits)
    c.SandboxedBackend.place = place
    c.SandboxedBackend.limits = limits
    c.SandboxedBackend.database_url = registry_database_url(settings)
    c.SandboxedBackend.destinations = {"hub": (settings.connect_host, settings.port)}
    c.SandboxedBackend.inherited_environment = []

    python = [str(environment.python), "-P", "-m"]
    c.ClusterConfig.scheduler_cmd = [*python, "distributed.cli.dask_scheduler"]
    c.ClusterConfig.worker_cmd = [*python, "distributed.cli.dask_worker", "--host", LOOPBACK]
    c.ClusterConfig.environment = {
        **WORKER_ENVIRONMENT,
        **storage_environment(place),
        "MUSEION_REGISTRY_URL": f"{server_url(settings)}/services/registry",
    }
    return c


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
