"""Visitors as they come and go: each open page keeps a line, the hub says when to look again.

`museion/visit` is a websocket that every open JupyterLab holds. Nothing is said on it; how it
is closed tells the page that its visitor is out. `museion/visitors/recheck` is for the hub: it
has this server forget what it knew of its visitors and close the connections of those who are
out. It changes nothing for anybody else, whoever calls it. With it may come a new token for the
server itself, in place of one that a former member may have copied; the hub is asked whose it
is before it is taken over.
"""

import asyncio
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.websocket import WebSocketHandler

from museion_lab.environment import keep_token, read_environment
from museion_lab.handlers import MuseionHandler, authorized


class VisitSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):  # type: ignore[misc,unused-ignore]
    """`museion/visit`: open for as long as its visitor has access."""

    auth_resource = "contents"
    _track_activity = False

    @web.authenticated
    @authorized("read", "contents")
    async def get(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # noqa: ANN401 - Tornado's
        """Open the line."""
        await super().get(*args, **kwargs)

    def on_message(self, message: str | bytes) -> None:
        """Expect nothing."""


class RecheckHandler(MuseionHandler):
    """`POST museion/visitors/recheck`: look at all visitors again."""

    open_to_visitors = True
    _track_activity = False

    @web.authenticated
    @authorized("read", "contents")
    async def post(self) -> None:
        """Answer when whoever is out is out.

        Raises
        ------
        tornado.web.HTTPError
            404 if this is not asked in the name of the server's own account.
        """
        recheck = getattr(self.identity_provider, "recheck", None)
        account = read_environment().account
        if recheck is None or not account:
            raise web.HTTPError(404)
        if self.current_user.username != account:
            raise web.HTTPError(404)
        wish = self.get_json_body() or {}
        closed = await recheck(wish.get("visitor"))
        for username in closed:
            self.settings["museion_board"].forget(username)
        if closed:
            self.settings["museion_reporter"].note_change()
        registry = self.settings["museion_registry"]
        if registry is not None:
            registry.forget_card()
        if (token := wish.get("token")) is not None:
            await self._take_over(str(token), account)
        self.finish({"closed": sorted(closed)})

    async def _take_over(self, token: str, account: str) -> None:
        """Use a new token from now on, here and in kernels.

        Raises
        ------
        tornado.web.HTTPError
            400 if it is not this server's.
        """
        provider: Any = self.identity_provider
        hub_auth = provider.hub_auth
        owner = await hub_auth.user_for_token(token, use_cache=False, sync=False)
        if owner is None or owner["name"] != account:
            raise web.HTTPError(400)
        hub_auth.api_token = token
        await asyncio.to_thread(keep_token, token)
        registry = self.settings["museion_registry"]
        if registry is not None:
            registry.use_token(token)


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this module, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    return [("visit", VisitSocket), ("visitors/recheck", RecheckHandler)]
