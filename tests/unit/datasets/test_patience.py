"""Asking a registry again that is away for a while, on a clock of our own."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from museion_datasets.catalogue._patience import Patience

OK, GONE, BUSY, LOST, REFUSED = (
    200,
    404,
    503,
    httpx.ReadTimeout("lost"),
    httpx.ConnectError("refused"),
)
SECONDS = 5.0


@dataclass
class Server:
    """Answers in a row, the last one for ever."""

    answers: Iterator[object]
    now: float = 0.0
    asked: int = 0
    last: object = field(default=None)

    def send(self) -> httpx.Response:
        self.asked += 1
        self.last = next(self.answers, self.last)
        if isinstance(self.last, Exception):
            raise self.last
        assert isinstance(self.last, int)
        return httpx.Response(self.last)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def patience(self, seconds: float = SECONDS) -> Patience:
        return Patience(seconds, clock=lambda: self.now, sleep=self.sleep)


@pytest.mark.parametrize(
    ("answers", "is_repeatable", "status", "asked"),
    [
        pytest.param([OK], True, OK, 1, id="answered at once"),
        pytest.param([GONE], True, GONE, 1, id="refused, which is an answer"),
        pytest.param([REFUSED, BUSY, LOST, OK], True, OK, 4, id="back after a while"),
        pytest.param([REFUSED, REFUSED, OK], False, OK, 3, id="never sent, so sent again"),
        pytest.param([BUSY, OK], False, BUSY, 1, id="may have arrived, so not sent again"),
    ],
)
def test_answer_is_waited_for(
    answers: list[object],
    is_repeatable: bool,  # noqa: FBT001 - a row
    status: int,
    asked: int,
) -> None:
    server = Server(iter(answers))
    response = server.patience().ask(server.send, is_repeatable=is_repeatable)
    assert (response.status_code, server.asked) == (status, asked)


@pytest.mark.parametrize("failure", [LOST, REFUSED])
def test_patience_ends(failure: Exception) -> None:
    server = Server(iter([failure]))
    with pytest.raises(type(failure)):
        server.patience().ask(server.send, is_repeatable=True)
    assert 1 < server.asked < 20
    assert server.now == pytest.approx(SECONDS)


def test_busy_server_is_left_with_its_own_answer() -> None:
    server = Server(iter([BUSY]))
    assert server.patience().ask(server.send, is_repeatable=True).status_code == BUSY
    assert server.asked > 1


def test_commit_that_may_have_arrived_is_not_sent_again() -> None:
    server = Server(iter([LOST, OK]))
    with pytest.raises(httpx.ReadTimeout):
        server.patience().ask(server.send, is_repeatable=False)
    assert server.asked == 1


def test_without_patience_there_is_one_try() -> None:
    server = Server(iter([REFUSED, OK]))
    with pytest.raises(httpx.ConnectError):
        server.patience(0.0).ask(server.send, is_repeatable=True)
