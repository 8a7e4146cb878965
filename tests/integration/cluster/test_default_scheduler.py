"""A cluster is Dask's default while it is open, and leaves nothing behind when it is closed."""

import dask
import dask.array
import pytest

import museion

pytestmark = pytest.mark.integration


def test_dask_computes_without_a_cluster_again_once_all_are_closed() -> None:
    earlier = museion.cluster(workers=1, memory="256MiB", name="earlier")
    later = museion.cluster(workers=1, memory="256MiB", name="later")
    earlier.close()
    later.close()
    assert dask.config.get("scheduler", None) is None
    assert dask.array.ones(3).sum().compute() == 3
