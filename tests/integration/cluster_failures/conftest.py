"""A local library with a panel, and its environment for clusters in the workspace."""

import secrets
from collections.abc import Generator
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

import museion
from museion import _session
from museion.clusters.client import ClusterClient
from museion_datasets import Library

ROWS, COLUMNS, BANDS = 64, 64, 8


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Library]:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", (tmp_path / "home").as_uri())
    _session.library.cache_clear()
    museion.save(ramp(), "murals/panel", title="Panel", rights="CC0-1.0")
    yield _session.library()
    _session.library.cache_clear()


@pytest.fixture(scope="module")
def client() -> Generator[ClusterClient]:
    """Give a cluster that the tests of a module share: what one breaks must mend itself."""
    name = f"failures-{secrets.token_hex(4)}"
    with museion.cluster(workers=2, memory="400MB", name=name) as client:
        yield client


def ramp() -> xr.DataArray:
    values = np.arange(ROWS * COLUMNS * BANDS, dtype="float32").reshape(ROWS, COLUMNS, BANDS)
    return xr.DataArray(
        values, dims=("y", "x", "wavelength"), coords={"wavelength": 400.0 + 50 * np.arange(BANDS)}
    )


def lazy_ramp() -> xr.DataArray:
    return ramp().chunk({"y": 8, "x": 64})


def mapped(cube: xr.DataArray, function: object, *arguments: object) -> xr.DataArray:
    """Return the cube as a function of its blocks, which runs on the workers."""
    blocks = da.map_blocks(function, cube.data, *arguments, dtype=cube.dtype, meta=cube.data._meta)
    return cube.copy(data=blocks)
