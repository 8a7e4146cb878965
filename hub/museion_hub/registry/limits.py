"""Refuses a request whose body is larger than any request of this API."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from museion_hub.registry.answers import answer
from museion_hub.registry.errors import TooLargeError

MAX_BODY_BYTES: Final = 256 * 1024


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
        if scope["type"] == "http" and _announced(scope) > MAX_BODY_BYTES:
            await answer(TooLargeError())(scope, receive, send)
            return
        await self._app(scope, _Counted(receive), send)


class _Counted:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._total = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._total += len(message.get("body", b""))
        if self._total > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
