from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.support.cubes import coloured, save_cube, save_layers, scanned, steps
from tests.support.workspace_server import WorkspaceServer, workspace_server

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    save_cube(folder, "steps", steps(), "Steps")
    save_layers(folder, "layers")
    save_cube(folder, "coloured", coloured())
    save_cube(folder, "scan", scanned())
    save_cube(folder, "counts", coloured().assign_attrs(quantity="counts"))
    return folder


@pytest.fixture(scope="session")
def server(
    library_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[WorkspaceServer]:
    root = tmp_path_factory.mktemp("server")
    with workspace_server(root, MUSEION_REGISTRY_URL=library_folder.as_uri()) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: WorkspaceServer) -> Generator[httpx.Client]:
    with server.browser() as browser:
        yield browser
