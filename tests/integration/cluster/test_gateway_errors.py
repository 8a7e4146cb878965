"""What a person reads when the gateway is not there, or says no."""

import dask.config
import pytest

from museion._cluster import cluster
from museion.errors import UnreachableError

pytestmark = pytest.mark.integration


def test_a_deployment_without_gateway_is_named_with_the_other_place_as_a_hint() -> None:
    with (
        dask.config.set({"gateway.address": "http://127.0.0.1:9", "gateway.auth.type": "basic"}),
        pytest.raises(UnreachableError) as caught,
    ):
        cluster(workers=1, place="gateway")
    assert "does not answer" in caught.value.message
    assert 'place="workspace"' in caught.value.hint
