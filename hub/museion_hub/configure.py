"""Turns settings and the supervisor's decisions into JupyterHub's configuration.

Only sets, never reads what is set; so the whole configuration of a deployment can be read
here from top to bottom, and tested as a mapping.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from traitlets.config import Config

from museion_hub.authenticator import RegistryAuthenticator
from museion_hub.gateway.address import service_name, service_names
from museion_hub.origins import configure_origins
from museion_hub.pages import setup as pages
from museion_hub.registry.directory import Directory
from museion_hub.registry.sessions import CALLBACK
from museion_hub.runtime import Runtime
from museion_hub.server import OPEN_URL, server_url
from museion_hub.settings import ServersKind, Settings, SignInProvider
from museion_hub.sign_in.authenticator import ProviderAuthenticator
from museion_hub.sign_in.secret import state_key
from museion_hub.spawner import SandboxedSpawner
from museion_hub.workplaces import registry_database_url, state_paths

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 120
STARTS_AT_ONCE = 10
ACTIVITY_EVERY_S = 60
DATABASE_BUSY_S = 30
REGISTRAR_SCOPES = ["admin:users", "list:users", "read:users", "servers", "tokens"]
"""Make the accounts of workgroups; end servers and tokens of those who leave."""
OPERATOR_SCOPES = [
    "access:services!service=registry",
    "list:users",
    "read:hub",
    "read:users",
    "servers",
    "shutdown",
    "tokens",
]
"""What the supervisor and the command line do."""
SERVER_SCOPES = ["users:activity!user", "access:servers!server"]
"""What a server's own token may do besides using the services; every member can read it."""


def configure(settings: Settings, runtime: Runtime, c: Config) -> None:
    """Set everything that a deployment sets.

    Parameters
    ----------
    settings
        What the operator decided.
    runtime
        What the supervisor decided.
    c
        JupyterHub's configuration.
    """
    _set_addresses(settings, runtime, c)
    _set_state(settings, runtime, c)
    configure_accounts(settings, c)
    _set_services(settings, runtime, c)
    _set_servers(settings, runtime, c)
    configure_origins(settings, _listeners(settings, runtime), c)
    configure_pages(settings, c)


def _set_addresses(settings: Settings, runtime: Runtime, c: Config) -> None:
    c.JupyterHub.bind_url = f"http://{settings.host}:{settings.port}/"
    c.JupyterHub.hub_bind_url = f"http://{LOOPBACK}:{runtime.ports.hub}"
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://{LOOPBACK}:{runtime.ports.proxy_api}"
    c.ConfigurableHTTPProxy.auth_token = runtime.tokens.proxy


def _set_state(settings: Settings, runtime: Runtime, c: Config) -> None:
    c.JupyterHub.db_url = f"sqlite:///{state_paths(settings).hub_database}"
    c.JupyterHub.db_kwargs = {"connect_args": {"timeout": DATABASE_BUSY_S}}
    c.JupyterHub.cookie_secret_file = str(runtime.cookie_secret_file)
    c.JupyterHub.pid_file = ""
    c.JupyterHub.cleanup_servers = True


def configure_accounts(settings: Settings, c: Config) -> None:
    """Set who may sign in, and what accounts and services may do."""
    c.JupyterHub.authenticator_class = RegistryAuthenticator
    c.RegistryAuthenticator.database_url = registry_database_url(settings)
    c.RegistryAuthenticator.allow_all = True
    c.RegistryAuthenticator.auth_refresh_age = settings.auth_refresh_s
    if settings.sign_in.provider is SignInProvider.OIDC:
        c.JupyterHub.authenticator_class = ProviderAuthenticator
        c.ProviderAuthenticator.settings = settings
        c.CryptKeeper.keys = [state_key(state_paths(settings).sign_in_key_file)]
    c.JupyterHub.extra_user_scopes = use_services(settings)
    c.JupyterHub.load_roles = [
        {"name": "registrar", "scopes": REGISTRAR_SCOPES, "services": ["registry"]},
        {"name": "operator", "scopes": OPERATOR_SCOPES, "services": ["operator"]},
    ]


def _set_services(settings: Settings, runtime: Runtime, c: Config) -> None:
    ports, tokens = runtime.ports, runtime.tokens
    paths = state_paths(settings)
    environment = {
        "MUSEION_CONFIG": str(paths.settings_file),
        "MUSEION_RUNTIME": str(paths.runtime_file),
    }
    c.JupyterHub.services = [
        # Its pages belong to the hub: nobody is asked whether they may know who looks.
        _service("registry", ports.registry, tokens.registry, environment)
        | {"oauth_no_confirm": True, "oauth_redirect_uri": CALLBACK},
        *_gateways(settings, runtime, environment),
        {"name": "operator", "api_token": tokens.operator, "display": False},
    ]


def use_services(settings: Settings) -> list[str]:
    """Return the scopes with which an account uses the registry and every gateway."""
    names = ("registry", *service_names(settings))
    return [f"access:services!service={name}" for name in names]


def _gateways(
    settings: Settings, runtime: Runtime, environment: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for place in settings.compute:
        own = runtime.gateways[place.name]
        name = service_name(settings, place.name)
        service = _service(name, own.port, own.token, environment)
        module = [sys.executable, "-P", "-m", "museion_hub.gateway"]
        yield {**service, "command": [*module, "--place", place.name]}


def _listeners(settings: Settings, runtime: Runtime) -> dict[str, str]:
    ports = {"registry": runtime.ports.registry} | {
        service_name(settings, place.name): runtime.gateways[place.name].port
        for place in settings.compute
    }
    return {f"/services/{name}/": f"http://{LOOPBACK}:{port}" for name, port in ports.items()}


def _service(name: str, port: int, token: str, environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "url": f"http://{LOOPBACK}:{port}",
        "command": [sys.executable, "-P", "-m", f"museion_hub.{name}"],
        "environment": dict(environment),
        "api_token": token,
        "display": False,
        "timeout": START_TIMEOUT_S,
    }


def _set_servers(settings: Settings, runtime: Runtime, c: Config) -> None:
    c.JupyterHub.spawner_class = SandboxedSpawner
    c.SandboxedSpawner.settings = settings
    c.SandboxedSpawner.gateways = dict(runtime.gateways)
    c.SandboxedSpawner.hub_connect_url = server_url(settings)
    c.SandboxedSpawner.default_url = OPEN_URL
    c.SandboxedSpawner.disable_user_config = True
    c.SandboxedSpawner.server_token_scopes = [*SERVER_SCOPES, *use_services(settings)]
    c.SandboxedSpawner.start_timeout = START_TIMEOUT_S
    c.SandboxedSpawner.http_timeout = START_TIMEOUT_S
    if settings.servers.kind is ServersKind.SLURM:
        from museion_hub.slurm.spawner import (  # noqa: PLC0415  changes the hub's routes
            configure_servers,
        )

        configure_servers(settings, c)
    c.JupyterHub.allow_named_servers = False
    c.JupyterHub.concurrent_spawn_limit = STARTS_AT_ONCE
    c.JupyterHub.activity_resolution = ACTIVITY_EVERY_S
    c.JupyterHub.last_activity_interval = ACTIVITY_EVERY_S


def configure_pages(settings: Settings, c: Config) -> None:
    """Set what the hub's own pages are."""
    directory = Directory(registry_database_url(settings))
    c.JupyterHub.template_paths = pages.template_paths()
    c.JupyterHub.template_vars = pages.template_vars(directory, settings)
    c.JupyterHub.default_url = "/hub/home"
    c.JupyterHub.redirect_to_server = False
    c.JupyterHub.tornado_settings = {
        "headers": {"Content-Security-Policy": "frame-ancestors 'self'"},
    }
