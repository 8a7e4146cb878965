"""What a gateway of the kind ``slurm`` is configured with besides what all gateways share.

A pure function of the deployment's settings. It refuses a deployment whose schedulers would
report to it in the clear: on nodes of a cluster, that is another machine's network.
"""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from traitlets.config import Config

from museion_hub.errors import SettingsError
from museion_hub.gateway.site import Site
from museion_hub.gateway.slurm.backend import SlurmBackend
from museion_hub.gateway.slurm.jobs import Nodes, storage_folder
from museion_hub.settings import Isolation, Settings
from museion_hub.settings.slurm import SlurmOptions, SubmitAs
from museion_hub.workplaces import registry_database_url, state_paths

STAGING = "jobs"
HEARTBEAT_PERIOD_S = 5
STATUS_PERIOD_S = 5.0
TIMEOUTS_PERIOD_S = 15.0
"""Longer than a heartbeat: a gateway that comes back first hears what has started meanwhile."""
LOADING_S = 60.0
"""How long a job may take from its start to its first report."""
HANDLERS = 100
"""A handler waits with its worker while Slurm's queue is full."""


def configure_slurm(c: Config, site: Site) -> None:
    """Add what the Slurm backend needs to a gateway's configuration.

    Parameters
    ----------
    c : Config
        Only set, never read.
    site : Site
        The deployment and its compute place.

    Raises
    ------
    SettingsError
        The nodes could not report to the gateway, or not in private.
    """
    options = site.compute.slurm
    nodes = job_nodes(site, options)
    c.DaskGateway.backend_class = SlurmBackend
    c.SlurmBackend.options = options
    c.SlurmBackend.nodes = nodes
    c.SlurmBackend.database_url = registry_database_url(site.settings)
    c.SlurmBackend.api_url = f"{private_address(site.settings)}{site.prefix}/api"
    longest_start_s = options.queue_minutes * 60 + LOADING_S
    c.SlurmBackend.cluster_start_timeout = longest_start_s
    c.SlurmBackend.worker_start_timeout = longest_start_s
    c.SlurmBackend.cluster_heartbeat_period = HEARTBEAT_PERIOD_S
    c.SlurmBackend.check_timeouts_period = TIMEOUTS_PERIOD_S
    c.SlurmBackend.cluster_status_period = STATUS_PERIOD_S
    c.SlurmBackend.worker_status_period = STATUS_PERIOD_S
    c.SlurmBackend.parallelism = HANDLERS

    c.ClusterConfig.environment = {
        **c.ClusterConfig.environment,
        "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
        "MUSEION_STORAGE": storage_folder(nodes),
        "MUSEION_REGISTRY_URL": f"{private_address(site.settings)}/services/registry",
    }


def job_nodes(site: Site, options: SlurmOptions) -> Nodes:
    """Return what jobs find on the nodes.

    Parameters
    ----------
    site : Site
        The deployment and its compute place.
    options : SlurmOptions
        What the operator decided for this place.

    Raises
    ------
    SettingsError
        Jobs belong to accounts that can't use the default folder.
    """
    paths = state_paths(site.settings)
    if options.submit_as is SubmitAs.WORKGROUP and not options.staging_folder:
        raise SettingsError(
            "Workgroups' accounts can't write into the state directory",
            hint="set `staging_folder` to a folder in which each account has one of its own",
        )
    staging = Path(options.staging_folder) if options.staging_folder else site.folder / STAGING
    return Nodes(
        python=site.environment.python,
        readable=site.environment.readable,
        state_dir=paths.root,
        storage=paths.storage,
        staging=staging,
        is_sandboxed=site.settings.isolation is not Isolation.NONE,
    )


def private_address(settings: Settings) -> str:
    """Return the deployment's address for nodes: over TLS, or on this machine.

    Parameters
    ----------
    settings : Settings
        What the operator decided.

    Raises
    ------
    SettingsError
        It is neither.
    """
    parts = urlsplit(settings.address)
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        raise SettingsError(
            f"Jobs on Slurm's nodes would report in the clear to: {settings.address}",
            hint="put the deployment behind TLS and set `public_url` to its https address",
        )
    return settings.address


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
