from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from museion_datasets import connect
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.library import Library
from tests.support.scans import glb_bytes, rough_ring
from tests.support.workspace_server import WorkspaceServer, workspace_server

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    mesh = rough_ring(180, 120)
    with connect(folder.as_uri()).draft(
        "murals/ring", title="Ring", kind="scan", rights="CC0-1.0", synthetic=True
    ) as draft:
        info = ScanInfo("A rough ring", is_synthetic=True)
        put_scan(draft, "scan", mesh, info, original=("ring.glb", glb_bytes(mesh)))
    return folder


@pytest.fixture(scope="session")
def library(library_folder: Path) -> Library:
    return connect(library_folder.as_uri())


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
