"""Which host each server has, and by which hosts the deployment's own processes find services."""

from dataclasses import replace
from pathlib import Path

import pytest
from traitlets.config import Config

from museion_hub.errors import SettingsError
from museion_hub.origins import configure_origins, host_name
from museion_hub.settings import Settings

SETTINGS = Settings(
    state_dir=Path("/nowhere"),
    public_url="https://museion.example.org/",
    separate_origins=True,
)
SERVICES = {"/services/registry/": "http://127.0.0.1:1"}


def test_services_share_the_hubs_host_and_servers_have_their_own() -> None:
    hosts = {host_name(name, "m.example", "user") for name in ("wg-murals", "a.b", "a_b", "a-b")}
    assert len(hosts) == 4
    assert "wg-murals.m.example" in hosts
    assert {host.partition(".")[2] for host in hosts} == {"m.example"}
    assert host_name("registry", "m.example", "service") == "m.example"


def test_processes_of_the_deployment_find_services_on_the_loopback() -> None:
    c = Config()
    configure_origins(SETTINGS, SERVICES, c)
    assert c.JupyterHub.subdomain_host == "https://museion.example.org"
    assert c.ConfigurableHTTPProxy.extra_routes == {
        "127.0.0.1/services/registry/": "http://127.0.0.1:1"
    }


def test_nothing_is_set_where_nobody_asks_for_it() -> None:
    c = Config()
    configure_origins(replace(SETTINGS, separate_origins=False), SERVICES, c)
    assert c == Config()


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:8000", "https://[::1]"])
def test_address_without_a_name_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        configure_origins(replace(SETTINGS, public_url=address), SERVICES, Config())
