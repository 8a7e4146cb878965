"""A cluster is Dask's default while it is open, and leaves nothing behind when it is closed."""

import dask
import dask.array
import pytest

from museion._cluster_places import start_cluster
from museion._cluster_request import require_request

pytestmark = pytest.mark.integration


def test_dask_computes_without_a_cluster_again_once_all_are_closed() -> None:
    request = require_request(1, "256MiB", None)
    earlier, later = start_cluster(request), start_cluster(request)
    earlier.close()
    later.close()
    assert dask.config.get("scheduler", None) is None
    assert dask.array.ones(3).sum().compute() == 3
