"""Websockets that are open, that are about to open, and visitors whom the hub was asked about."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from jupyterhub.services.auth import HubOAuth

from museion_lab.connections import ACCESS_ENDED, RIGHTS_CHANGED, Connections
from museion_lab.hub_access import MemberHubOAuth


@dataclass
class Visitor:
    """What the hub says of a visitor."""

    username: str
    groups: list[str]

    @property
    def hub_user(self) -> dict[str, object]:
        return {"name": self.username, "groups": self.groups}


@dataclass(eq=False)
class Socket:
    """A websocket's handler, as Tornado drives it."""

    heard: list[str] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    is_shaken: bool = True

    @property
    def ws_connection(self) -> object:
        return self if self.is_shaken else None

    @property
    def stream(self) -> object:
        return object()

    def open(self, *_arguments: str) -> None:
        self.heard.append("open")

    def on_message(self, message: str) -> None:
        self.heard.append(message)

    def close(self, code: int, _reason: str) -> None:
        self.closed.append(code)

    def on_connection_close(self) -> None:
        self.heard.append("closed")


MEMBER, LOOKER = Visitor("jonas", ["wg-murals"]), Visitor("jonas", [])


@pytest.fixture(autouse=True)
def workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "wg-murals")


def recheck(connections: Connections, visitor: Visitor | None) -> frozenset[str]:
    async def ask(_token: str) -> Visitor | None:
        return visitor

    return asyncio.run(connections.recheck(ask))


def noted(socket: Socket) -> Connections:
    connections: Any = Connections()
    connections.note(socket, "token", MEMBER)
    return connections  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("visitor", "codes"),
    [(MEMBER, []), (None, [ACCESS_ENDED]), (LOOKER, [RIGHTS_CHANGED])],
    ids=["still a member", "out", "may only look now"],
)
def test_sockets_end_with_the_right_to_them(visitor: Visitor | None, codes: list[int]) -> None:
    socket = Socket()
    closed = recheck(noted(socket), visitor)
    assert socket.closed == codes
    assert closed == (frozenset({"jonas"}) if codes else frozenset())


def test_closed_socket_hears_nothing_more() -> None:
    socket = Socket()
    recheck(noted(socket), None)
    socket.on_message("an update")
    assert socket.heard == []


def test_nobody_is_asked_about_a_socket_that_has_closed() -> None:
    socket = Socket()
    connections = noted(socket)
    assert len(connections) == 1
    socket.on_connection_close()
    assert len(connections) == 0
    assert socket.heard == ["closed"]
    assert recheck(connections, None) == frozenset()


def test_socket_whose_handshake_is_under_way_closes_when_it_opens() -> None:
    socket = Socket(is_shaken=False)
    recheck(noted(socket), None)
    assert socket.closed == []
    socket.open("a room")
    assert (socket.heard, socket.closed) == ([], [ACCESS_ENDED])


def test_socket_that_comes_while_the_hub_is_asked_stays() -> None:
    early, late = Socket(), Socket()
    connections: Any = noted(early)

    async def ask(_token: str) -> None:
        connections.note(late, "another token", MEMBER)

    asyncio.run(connections.recheck(ask))
    assert (early.closed, late.closed) == ([ACCESS_ENDED], [])


def answering(answers: list[object], meanwhile: Callable[[], None]) -> object:
    async def check(*_arguments: object, **_options: object) -> object:
        answer = answers.pop(0)
        await asyncio.sleep(0)
        if answers:
            meanwhile()
        return answer

    return check


def test_answer_from_before_a_change_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hub_auth = MemberHubOAuth(api_token="x", oauth_client_id="y")
    answers: list[object] = [{"name": "jonas"}, None]
    check = answering(answers, hub_auth.forget_visitors)
    monkeypatch.setattr(HubOAuth, "_check_hub_authorization", check)
    assert asyncio.run(hub_auth.user_for_token("old", sync=False)) is None
    assert asyncio.run(hub_auth.user_for_token("old", sync=False)) is None
    assert answers == []
