"""A whole deployment, hub and registry, on PostgreSQL."""

from collections.abc import Generator

import httpx
import pytest

from tests.support.hub import TempHub, temp_hub
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def hub(postgres: PostgresServer) -> Generator[TempHub]:
    with temp_hub(database_url=postgres.url(postgres.create())) as hub:
        yield hub


def test_person_signs_in_and_sees_the_workgroups(hub: TempHub) -> None:
    with hub.signed_in("murals-lead") as client:
        page = client.get("/hub/home")
    assert page.status_code == 200
    assert "Wall Paintings" in page.text


def test_registry_writes_there_and_nothing_beside_it(
    hub: TempHub, postgres: PostgresServer
) -> None:
    headers = {"Authorization": f"token {hub.token_of('murals-lead')}"}
    wish = {"title": "Painted walls"}
    address = f"{hub.url}/services/registry/api/v1/workgroups/murals"
    assert httpx.patch(address, headers=headers, json=wish, timeout=30).status_code == 200
    name = hub.settings.database_url.rpartition("/")[2]
    found = postgres.run("SELECT title FROM workgroup WHERE slug = 'murals'", name)
    assert found == [["Painted walls"]]
    assert not hub.paths.registry_database.exists()


def test_logs_hold_no_password_of_the_database(hub: TempHub, postgres: PostgresServer) -> None:
    assert postgres.password not in hub.log("hub") + hub.log("proxy")
