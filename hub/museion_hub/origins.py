"""A host name for each server, so that browsers keep workspaces and the hub's pages apart.

With `separate_origins`, ``https://museion.example.org`` has the hub and its services, and
``https://wg-murals.museion.example.org`` the workspace of *murals*: another origin, with cookies,
storage and service workers of its own. Processes of the deployment go on using its address on
the loopback, where only services answer.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from jupyterhub.utils import subdomain_hook_idna
from traitlets.config import Config

from museion_hub.errors import SettingsError
from museion_hub.settings import Settings

LOOPBACK: Final = "127.0.0.1"


def configure_origins(settings: Settings, services: Mapping[str, str], c: Config) -> None:
    """Give each server a host name of its own, if the settings ask for it.

    Parameters
    ----------
    settings : Settings
        What the operator decided.
    services : mapping of str to str
        Path of each service, and where it listens.
    c : Config
        JupyterHub's configuration.

    Raises
    ------
    SettingsError
        If the deployment has no name below which servers could have theirs.
    """
    if not settings.separate_origins:
        return
    require_name(settings.address)
    c.JupyterHub.subdomain_host = settings.address
    c.JupyterHub.subdomain_hook = host_name
    c.ConfigurableHTTPProxy.extra_routes = {
        f"{host}{path}": target
        for host in sorted(set(_inner_hosts(settings)))
        for path, target in services.items()
    }


def host_name(name: str, domain: str, kind: str) -> str:
    """Return the host of a server; services share the hub's."""
    return str(subdomain_hook_idna(name, domain, kind)) if kind == "user" else domain


def require_name(address: str) -> str:
    """Return the host of an address, if others can be named below it.

    Raises
    ------
    SettingsError
        If it is a number, or missing.
    """
    host = urlsplit(address).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        if host:
            return host
    raise SettingsError(
        f"Setting `separate_origins` needs a host name in `public_url`, not: {address}",
        hint='give one such as "https://museion.example.org", with a wildcard below it in the DNS',
    )


def _inner_hosts(settings: Settings) -> Iterator[str]:
    """Yield by which hosts processes of the deployment reach it."""
    yield LOOPBACK
    yield settings.connect_host
    if settings.servers.deployment_host:
        yield settings.servers.deployment_host
