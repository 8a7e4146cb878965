"""What a gateway says, in words for people."""

import pytest
from aiohttp import ClientConnectionError, ClientResponseError, RequestInfo
from dask_gateway.client import GatewayClusterError, GatewayServerError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from museion.clusters.folder import as_error
from museion.clusters.keeper import as_answer
from museion.clusters.refusals import explain, failed, over_limit
from museion.errors import InputError, MuseionError, RefusedError, UnreachableError

ADDRESS = URL("http://gateway")
ASKED = RequestInfo(ADDRESS, "POST", CIMultiDictProxy(CIMultiDict()), ADDRESS)


def answered(status: int) -> ClientResponseError:
    return ClientResponseError(ASKED, (), status=status)


@pytest.mark.parametrize(
    ("said", "kind", "message", "hint"),
    [
        pytest.param(answered(403), RefusedError, "may not start", "sign in", id="forbidden"),
        pytest.param(answered(401), RefusedError, "may not start", "sign in", id="stranger"),
        pytest.param(answered(502), UnreachableError, "not answer", "workspace", id="away"),
        pytest.param(
            ClientConnectionError("refused"), UnreachableError, "not answer", "workspace", id="down"
        ),
        pytest.param(TimeoutError(), UnreachableError, "not answer", "workspace", id="silent"),
        pytest.param(
            ValueError("workers must be <= 4, got 9"), InputError, "<= 4", "workers", id="too many"
        ),
        pytest.param(
            ValueError("The workgroup may have 4 workers (hint: close a cluster)"),
            InputError,
            "The workgroup may have 4 workers",
            "close a cluster",
            id="the gateway's own hint",
        ),
        pytest.param(
            GatewayClusterError("The queue had no room: Resources (hint: ask for fewer)"),
            UnreachableError,
            "The queue had no room: Resources",
            "ask for fewer",
            id="queue",
        ),
        pytest.param(GatewayServerError("500"), UnreachableError, "500", "later", id="broken"),
    ],
)
def test_what_a_gateway_says_becomes_one_sentence_and_a_hint(
    said: Exception, kind: type[MuseionError], message: str, hint: str
) -> None:
    error = explain(said, "hpc")
    assert type(error) is kind
    assert message in error.message
    assert hint in error.hint
    assert "\n" not in error.message
    assert not error.message.endswith(".")


def test_a_size_that_was_refused_keeps_the_gateways_words() -> None:
    assert over_limit("There are 2 left (hint: ask for 2)").hint == "ask for 2"
    assert "cut to 4" in over_limit("Scale request cut to 4.").message


def test_a_cluster_that_failed_is_told_of_with_its_reason_if_there_is_one() -> None:
    assert failed("hpc", "Its time is over (hint: ask for more)").message == "Its time is over"
    assert "hpc" in failed("hpc").message


def test_a_refusal_stays_what_it_is_on_its_way_through_a_socket() -> None:
    for error in (explain(answered(403), "hpc"), over_limit("no"), failed("hpc")):
        again = as_error(as_answer(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
