"""What a person reads when the gateway is not there, or the place is not known."""

import json

import pytest

from museion import cluster
from museion.errors import InputError, UnreachableError

pytestmark = pytest.mark.integration

GONE = {
    "name": "gateway",
    "kind": "local",
    "jurisdiction": "",
    "address": "http://127.0.0.1:9",
    "proxy_address": "gateway://127.0.0.1:9",
}


def test_a_gateway_that_is_down_is_named_with_the_other_place_as_a_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MUSEION_COMPUTE", json.dumps([GONE]))
    with pytest.raises(UnreachableError) as caught:
        cluster(workers=1, place="gateway")
    assert "does not answer" in caught.value.message
    assert 'place="workspace"' in caught.value.hint


def test_a_cluster_too_large_for_the_workspace_is_asked_for_at_the_next_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MUSEION_COMPUTE", json.dumps([GONE]))
    with pytest.raises(UnreachableError, match="The gateway of gateway does not answer"):
        cluster(workers=10_000)


def test_a_place_that_the_deployment_does_not_have_is_named() -> None:
    with pytest.raises(InputError, match="gateway") as caught:
        cluster(workers=1, place="gateway")
    assert caught.value.hint == 'use place="workspace"'
