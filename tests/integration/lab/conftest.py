"""A laptop's catalogue with one small cube, and a server that serves it."""

from collections.abc import Generator

import numpy as np
import pytest
import xarray as xr

from museion_datasets.library import connect
from tests.support.workspace_server import WorkspaceServer, workspace_server


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the address of a catalogue with the dataset murals/panel."""
    url = tmp_path_factory.mktemp("catalogue").as_uri()
    cube = xr.DataArray(
        np.linspace(0, 1, 32 * 24 * 5, dtype="float32").reshape(32, 24, 5),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": [450.0, 550.0, 650.0, 750.0, 850.0]},
        name="reflectance",
    )
    wish = {"title": "Panel", "kind": "cube", "rights": "CC0-1.0", "description": ""}
    with connect(url).draft("murals/panel", synthetic=True, **wish) as draft:
        draft.put_array("vnir", cube)
    return url


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, catalogue: str) -> Generator[WorkspaceServer]:
    """Give a server that reads the catalogue."""
    root = tmp_path_factory.mktemp("workspace")
    with workspace_server(root, MUSEION_REGISTRY_URL=catalogue) as running:
        yield running
