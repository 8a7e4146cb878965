"""Refuses a request whose body is larger than any request of this API."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from museion_hub.registry.answers import answer
from museion_hub.registry.errors import TooLargeError

MAX_BODY_BYTES: Final = 256 * 1024
MAX_SNAPSHOT_BODY_BYTES: Final = 16 * 1000 * 1000
"""Of a rendered notebook with its pictures; who sends it is asked before it is read."""


class BodyLimit:
    """Counts a body while it comes in, whatever its announced length says.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless its body is announced as too large."""
        limit = limit_of(scope)
        if scope["type"] == "http" and _announced(scope) > limit:
            await answer(TooLargeError())(scope, receive, send)
            return
        await self._app(scope, _Counted(receive, limit), send)


def limit_of(scope: Scope) -> int:
    """Give how many bytes the body of a request may have."""
    is_snapshot = scope.get("path", "").endswith("/snapshots")
    return MAX_SNAPSHOT_BODY_BYTES if is_snapshot else MAX_BODY_BYTES


class _Counted:
    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._total = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._total += len(message.get("body", b""))
        if self._total > self._limit:
            raise HTTPException(413)
        return message


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
