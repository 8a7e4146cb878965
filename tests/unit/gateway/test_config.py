"""The gateway's configuration as a table: settings in, traitlets out."""

from pathlib import Path
from typing import Any

import pytest

from museion_hub.environment import Environment
from museion_hub.gateway.address import workspace_environment
from museion_hub.gateway.config import gateway_config
from museion_hub.gateway.limits import ClusterLimits
from museion_hub.runtime import Ports, Runtime, Tokens
from museion_hub.settings import settings_from

STATE = Path("/srv/museion")
RUNTIME = Runtime(
    ports=Ports(hub=1, proxy_api=2, registry=3, gateway=4, gateway_scheduler=5),
    tokens=Tokens(proxy="p", registry="r", gateway="g", operator="o"),
    cookie_secret_file=STATE / "secrets/cookie-secret",
    root_key_file=STATE / "secrets/root-key",
)
SOFTWARE = Environment(
    python=Path("/env/bin/python"),
    readable=(Path("/env"),),
    relay=Path("/hub/relay.py"),
    notebooks=None,
    jupyter_path=(),
    jupyter_config_path=(),
)


def config(**settings: object) -> Any:  # noqa: ANN401  traitlets' Config has any attribute
    return gateway_config(
        settings_from({"state_dir": str(STATE), **settings}, folder=Path("/")),
        RUNTIME,
        environment=SOFTWARE,
        limits=ClusterLimits(4, 2, 4.0),
    )


@pytest.mark.parametrize(
    ("section", "key", "expected"),
    [
        ("JupyterHubAuthenticator", "jupyterhub_service_name", "dask-gateway"),
        ("JupyterHubAuthenticator", "jupyterhub_api_url", "http://127.0.0.1:1/hub/api"),
        ("JupyterHubAuthenticator", "jupyterhub_api_token", "g"),
        ("Proxy", "address", "127.0.0.1:4"),
        ("Proxy", "tcp_address", "127.0.0.1:5"),
        ("Proxy", "prefix", "/services/dask-gateway"),
        ("DaskGateway", "address", "127.0.0.1:0"),
        ("SandboxedBackend", "destinations", {"hub": ("127.0.0.1", 8000)}),
        ("SandboxedBackend", "inherited_environment", []),
        ("SandboxedBackend", "database_url", "sqlite:////srv/museion/registry/registry.sqlite"),
    ],
)
def test_each_decision_is_set_once(section: str, key: str, expected: object) -> None:
    assert config()[section][key] == expected


def test_nobody_gets_in_without_the_scope_of_the_service() -> None:
    from dask_gateway_server.auth import JupyterHubAuthenticator  # noqa: PLC0415

    authenticator = JupyterHubAuthenticator(config=config())
    assert authenticator.use_service_access_scopes is True
    assert authenticator.cache.max_age <= 10


@pytest.mark.parametrize(
    ("settings", "is_sandboxed", "has_private_network"),
    [
        pytest.param({}, True, True, id="default"),
        pytest.param({"network": "host"}, True, False, id="host network"),
        pytest.param({"isolation": "none"}, False, False, id="no isolation"),
    ],
)
def test_pods_are_shut_in_as_the_settings_say(
    settings: dict[str, object], *, is_sandboxed: bool, has_private_network: bool
) -> None:
    place = config(**settings).SandboxedBackend.place
    assert (place.is_sandboxed, place.has_private_network) == (is_sandboxed, has_private_network)


def test_a_pods_variables_hold_no_token_and_keep_chunks_off_the_disk() -> None:
    variables = config().ClusterConfig.environment
    assert not {"p", "r", "g", "o"} & set(variables.values())
    assert variables["DASK_DISTRIBUTED__WORKER__MEMORY__SPILL"] == "False"
    assert variables["DASK_DISTRIBUTED__P2P__STORAGE__DISK"] == "False"
    assert variables["OMP_NUM_THREADS"] == "1"
    assert variables["MUSEION_STORAGE"] == "/datasets"


def test_a_kernel_finds_the_gateway_through_the_public_address() -> None:
    assert workspace_environment("http://127.0.0.1:8000", 5) == {
        "DASK_GATEWAY__ADDRESS": "http://127.0.0.1:8000/services/dask-gateway",
        "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
        "DASK_GATEWAY__PROXY_ADDRESS": "gateway://127.0.0.1:5",
    }
