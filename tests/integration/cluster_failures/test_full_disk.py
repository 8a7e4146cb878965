"""The disk is full where workers write: one clear error, and the last version stands."""

import resource

import numpy as np
import pytest
import xarray as xr

import museion
from museion.clusters.client import ClusterClient
from museion_datasets import Library
from museion_datasets.errors import StorageFullError

pytestmark = pytest.mark.integration

RESULT = "murals/result"


def limit_files(size_bytes: int) -> None:
    """Let this process write no longer files; the kernel refuses what is beyond."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))


def noise() -> xr.DataArray:
    values = np.random.default_rng(1).random((64, 4096))
    return xr.DataArray(values, dims=("y", "x")).chunk({"y": 32})


def test_save_on_a_full_disk_is_refused_and_works_once_there_is_space(
    client: ClusterClient, library: Library
) -> None:
    assert museion.save(noise(), RESULT).version == 1
    client.run(limit_files, 1 << 16)
    with pytest.raises(StorageFullError) as caught:
        museion.save(noise() * 2, RESULT)
    assert caught.value.hint
    assert library.open(RESULT).version == 1
    assert library.open(RESULT).verify(level=2).objects
    client.run(limit_files, resource.RLIM_INFINITY)
    assert museion.save(noise() * 2, RESULT).version == 2
    library.remove_orphans(RESULT, older_than_s=0)
    assert library.open(RESULT).verify(level=2).objects
