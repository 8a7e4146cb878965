"""The gateway's configuration as a table: settings in, traitlets out."""

import json
from typing import Any

import pytest

from museion_hub.errors import SettingsError
from museion_hub.gateway.address import service_names, workspace_environment
from museion_hub.gateway.config import KINDS, find_kind, gateway_config
from museion_hub.settings import ComputeKind
from tests.unit.gateway.sites import FIRST, SECOND, site

TWO = [{"name": "bench"}, {"name": "abroad", "jurisdiction": "DE"}]


def config(at: int = 0, /, **settings: Any) -> Any:  # noqa: ANN401  traitlets' Config has any attribute
    return gateway_config(site(at, **settings))


@pytest.mark.parametrize(
    ("section", "key", "expected"),
    [
        ("JupyterHubAuthenticator", "jupyterhub_service_name", "dask-gateway"),
        ("JupyterHubAuthenticator", "jupyterhub_api_url", "http://127.0.0.1:1/hub/api"),
        ("JupyterHubAuthenticator", "jupyterhub_api_token", "g"),
        ("Proxy", "address", "127.0.0.1:4"),
        ("Proxy", "tcp_address", "127.0.0.1:5"),
        ("Proxy", "prefix", "/services/dask-gateway"),
        ("Proxy", "externally_managed", True),
        ("DaskGateway", "address", "127.0.0.1:6"),
        ("DBBackendBase", "db_url", "sqlite:////srv/museion/clusters/gateway/books.sqlite"),
        ("DBBackendBase", "stop_clusters_on_shutdown", False),
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
    settings: dict[str, Any], *, is_sandboxed: bool, has_private_network: bool
) -> None:
    place = config(**settings).SandboxedBackend.place
    assert (place.is_sandboxed, place.has_private_network) == (is_sandboxed, has_private_network)


def test_a_pods_variables_hold_no_token_and_keep_chunks_off_the_disk() -> None:
    variables = config().ClusterConfig.environment
    assert not {"p", "r", "g", "o", "x"} & set(variables.values())
    assert variables["DASK_DISTRIBUTED__WORKER__MEMORY__SPILL"] == "False"
    assert variables["DASK_DISTRIBUTED__P2P__STORAGE__DISK"] == "False"
    assert variables["OMP_NUM_THREADS"] == "1"
    assert variables["MUSEION_STORAGE"] == "/datasets"


def test_the_books_keep_what_is_secret_encrypted() -> None:
    assert len(config().DBBackendBase.db_encrypt_keys) == 1


def test_each_place_is_a_service_of_its_own() -> None:
    assert service_names(site(compute=TWO).settings) == ("dask-gateway", "dask-gateway-abroad")
    second = config(1, compute=TWO)
    assert second.JupyterHubAuthenticator.jupyterhub_service_name == "dask-gateway-abroad"
    assert second.JupyterHubAuthenticator.jupyterhub_api_token == "h"
    assert second.Proxy.prefix == "/services/dask-gateway-abroad"
    assert second.DBBackendBase.db_url.endswith("/clusters/abroad/books.sqlite")


def test_a_kind_without_a_gateway_is_refused() -> None:
    missing = set(ComputeKind) - set(KINDS)
    for kind in missing:
        with pytest.raises(SettingsError, match="No gateway runs here"):
            find_kind(kind)


def test_a_kernel_finds_every_place_through_the_public_address() -> None:
    settings = site(compute=TWO, jurisdiction="IT", clusters={"idle_minutes": 5}).settings
    found = workspace_environment(
        settings, "http://127.0.0.1:8000", {"bench": FIRST, "abroad": SECOND}
    )
    assert found["DASK_GATEWAY__ADDRESS"] == "http://127.0.0.1:8000/services/dask-gateway"
    assert found["DASK_GATEWAY__PROXY_ADDRESS"] == "gateway://127.0.0.1:5"
    assert found["MUSEION_CLUSTER_IDLE_MINUTES"] == "5"
    assert [list(place.values()) for place in json.loads(found["MUSEION_COMPUTE"])] == [
        ["bench", "local", "IT", found["DASK_GATEWAY__ADDRESS"], "gateway://127.0.0.1:5"],
        [
            "abroad",
            "local",
            "DE",
            "http://127.0.0.1:8000/services/dask-gateway-abroad",
            "gateway://127.0.0.1:8",
        ],
    ]
