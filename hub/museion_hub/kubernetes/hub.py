"""JupyterHub in a pod: what the chart's configuration leaves to this project.

The chart has set addresses, services with their tokens and what a pod is. Accounts, roles and
pages are the same as on one machine and come from the same functions.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from traitlets.config import Config

from museion_hub.configure import (
    SERVER_SCOPES,
    START_TIMEOUT_S,
    configure_accounts,
    configure_pages,
    use_services,
)
from museion_hub.kubernetes.clusters import SETTINGS_FILE
from museion_hub.kubernetes.services import HUB_LISTENS, HUB_PORT, PROXY_URL, REGISTRY_PORT
from museion_hub.kubernetes.spawner import WorkgroupKubeSpawner
from museion_hub.runtime import Ports, Runtime, Tokens, save_runtime
from museion_hub.settings import Settings, load_settings
from museion_hub.workplaces import state_paths


def configure_here(c: Config) -> None:
    """Configure the hub in whose pod this runs; called by the chart's configuration.

    Parameters
    ----------
    c
        JupyterHub's configuration, as the chart has set it.
    """
    configure_hub(load_settings(Path(SETTINGS_FILE)), c)


def configure_hub(settings: Settings, c: Config) -> None:
    """Set what a hub needs besides what its chart sets, and tell the registry its ports.

    Parameters
    ----------
    settings
        The deployment's settings.
    c
        JupyterHub's configuration, as the chart has set it.
    """
    paths = state_paths(settings)
    paths.create()
    save_runtime(pod_runtime(settings, tokens_of(c.JupyterHub.services)), paths.runtime_file)
    configure_accounts(settings, c)
    configure_pages(settings, c)
    c.JupyterHub.spawner_class = WorkgroupKubeSpawner
    c.JupyterHub.allow_named_servers = False
    own = c.WorkgroupKubeSpawner
    own.settings = settings
    own.hub_connect_url = PROXY_URL
    own.server_token_scopes = [*SERVER_SCOPES, *use_services(settings)]
    own.start_timeout = START_TIMEOUT_S
    own.http_timeout = START_TIMEOUT_S


def tokens_of(services: Sequence[Mapping[str, object]]) -> Mapping[str, str]:
    """Return the tokens that the chart has given the services, by name."""
    return {str(each["name"]): str(each["api_token"]) for each in services if "api_token" in each}


def pod_runtime(settings: Settings, tokens: Mapping[str, str]) -> Runtime:
    """Return what the supervisor decides on one machine: here the chart has.

    Parameters
    ----------
    settings
        The deployment's settings.
    tokens
        Tokens of the services, by name.
    """
    paths = state_paths(settings)
    return Runtime(
        ports=Ports(hub=HUB_PORT, proxy_api=0, registry=REGISTRY_PORT),
        tokens=Tokens(proxy="", registry=tokens["registry"], operator=tokens["operator"]),
        cookie_secret_file=paths.cookie_secret_file,
        root_key_file=paths.root_key_file,
        host=HUB_LISTENS,
    )
