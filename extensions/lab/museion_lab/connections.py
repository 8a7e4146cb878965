"""The open websockets of this server by visitor, and closing those of whoever is out.

Every websocket is noted when its visitor is let in, whichever extension serves it: shared
documents, kernels, terminals, events. Closing one ends it at once on this side: what the other
side still sends is not read any more, however long it holds the line.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from tornado.websocket import WebSocketHandler

from museion_lab.membership import may_write

ACCESS_ENDED = 4403
"""Close code: the visitor has no access any more."""
RIGHTS_CHANGED = 4409
"""Close code: the visitor may connect again, with other rights."""

type Visitor = Any
type Ask = Callable[[str], Awaitable[Visitor | None]]


@dataclass(frozen=True, slots=True)
class Connection:
    """An open websocket.

    Attributes
    ----------
    token : str
        The visitor's credential, to ask the hub about again.
    username : str
        The visitor.
    can_write : bool
        The right with which it was opened.
    """

    token: str
    username: str
    can_write: bool


class Connections:
    """Knows each open websocket, and ends them."""

    def __init__(self) -> None:
        self._open: WeakKeyDictionary[WebSocketHandler, Connection] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self._open)

    def note(self, handler: WebSocketHandler, token: str, user: Visitor) -> None:
        """Remember a websocket whose visitor was just let in.

        Parameters
        ----------
        handler : WebSocketHandler
            About to open.
        token : str
            The visitor's credential.
        user : jupyter_server.auth.User
            The visitor.
        """
        if handler not in self._open:
            when_closed(handler, lambda: self._open.pop(handler, None))
        self._open[handler] = Connection(token, user.username, may_write(user))

    async def recheck(self, ask: Ask, username: str | None = None) -> frozenset[str]:
        """Close the websockets of those who are out, or whose right to write changed.

        Parameters
        ----------
        ask : callable
            Gives the visitor of a credential as of now, None if there is no access.
        username : str, optional
            The one visitor to look at; by default all.

        Returns
        -------
        frozenset of str
            Whose websockets were closed.
        """
        concerned = [each for each in self._open.values() if username in {None, each.username}]
        tokens = list({connection.token for connection in concerned})
        visitors = dict(zip(tokens, await asyncio.gather(*map(ask, tokens)), strict=True))
        closed = set()
        for handler, connection in list(self._open.items()):
            if connection.token not in visitors:
                continue  # another's, or came while the hub was asked, with an answer of now
            visitor = visitors[connection.token]
            if visitor is None:
                self._end(handler, ACCESS_ENDED, "access ended")
            elif may_write(visitor) != connection.can_write:
                self._end(handler, RIGHTS_CHANGED, "rights changed")
            else:
                continue
            closed.add(connection.username)
        return frozenset(closed)

    def _end(self, handler: WebSocketHandler, code: int, reason: str) -> None:
        del self._open[handler]
        deafen(handler)
        protocol = handler.ws_connection
        if getattr(protocol, "stream", None) is not None:
            handler.close(code, reason)
        else:
            refuse_opening(handler, code, reason)


def when_closed(handler: WebSocketHandler, then: Callable[[], object]) -> None:
    """Do something when a websocket closes, whoever closes it."""
    end = handler.on_connection_close

    def closed() -> None:
        then()
        end()

    handler.on_connection_close = closed  # type: ignore[method-assign]


def deafen(handler: WebSocketHandler) -> None:
    """Leave unread what a closed websocket still receives."""
    handler.on_message = _ignore  # type: ignore[method-assign,assignment]


def refuse_opening(handler: WebSocketHandler, code: int, reason: str) -> None:
    """Close a websocket as soon as its handshake, which is under way, is over."""

    def close(*_arguments: object, **_options: object) -> None:
        handler.close(code, reason)

    handler.open = close  # type: ignore[method-assign, unused-ignore]


def _ignore(_message: str | bytes) -> None:
    """Do nothing with a message."""
