"""What the registry hears about who is in a workspace."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.support.workspace_server import (
    ListeningRegistry,
    WorkspaceServer,
    listening_registry,
    workspace_server,
)

pytestmark = pytest.mark.integration
CARD = {
    "slug": "murals",
    "title": "Wall Paintings",
    "members": [
        {"username": "murals-lead", "display_name": "Anna", "color": "#23406e", "role": "lead"}
    ],
}


@pytest.fixture(scope="module")
def registry() -> Generator[ListeningRegistry]:
    with listening_registry() as registry:
        registry.cards = [CARD]
        yield registry


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, registry: ListeningRegistry
) -> Generator[WorkspaceServer]:
    root = tmp_path_factory.mktemp("workspace")
    told = {
        "MUSEION_REGISTRY_URL": registry.url,
        "MUSEION_STORAGE": str(root / "storage"),
        "JUPYTERHUB_API_TOKEN": "workspace-token",
        "JUPYTERHUB_USER": "wg-murals",
    }
    with workspace_server(root, **told) as running:
        yield running


def test_the_registry_hears_of_an_arrival_at_once_and_of_the_end(
    tmp_path: Path,
) -> None:
    with listening_registry() as registry:
        told = {"MUSEION_REGISTRY_URL": registry.url, "JUPYTERHUB_API_TOKEN": "workspace-token"}
        with workspace_server(tmp_path, **told) as server, server.browser() as anna:
            anna.post("museion/presence")
            you = anna.get("museion/members").json()["you"]["username"]
            wait_until(lambda: [you] in registry.reports, timeout_s=10)
        assert registry.reports[-1] == []
        assert registry.tokens == {"token workspace-token"}


def test_the_card_gives_the_workgroups_title_and_who_is_away(server: WorkspaceServer) -> None:
    with server.browser() as anna:
        seen = anna.get("museion/members").json()
    assert seen["workgroup"] == {"slug": "murals", "title": "Wall Paintings"}
    away = seen["members"][1]
    assert (away["display_name"], away["role"], away["is_here"]) == ("Anna", "lead", False)


def test_members_work_on_while_the_registry_is_away_and_it_is_said_once(
    server: WorkspaceServer, registry: ListeningRegistry
) -> None:
    registry.is_answering = False
    with server.browser() as anna, server.browser() as ben:
        for browser in (anna, ben):
            assert browser.post("museion/presence").status_code == 200
            assert browser.get("museion/members").json()["workgroup"]["slug"] == "murals"
        wait_until(lambda: "The registry does not answer" in server.log.read_text())
        registry.is_answering = True
        with server.browser() as cara:
            cara.post("museion/presence")
            wait_until(lambda: registry.reports, timeout_s=10)
    wait_until(lambda: "The registry answers again" in server.log.read_text(), timeout_s=10)
    assert server.log.read_text().count("The registry does not answer") == 1
