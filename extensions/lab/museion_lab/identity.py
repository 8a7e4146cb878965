"""Who visits this server: the hub decides, and to a stranger nothing is here.

JupyterHub's identity provider answers 403 to whoever is signed in without access, and to a
program that comes without any credential. Either tells that the server exists, so this one
answers 404. A browser that comes to a page without credential is sent to sign in, and a
member whose credential has run out still reads 403, which JupyterLab understands.

Whoever is let in to look, but not to write, may use no method that changes something, whatever
the extension that serves it thinks; an endpoint that is harmless says so by `open_to_visitors`.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from jupyterhub.singleuser.extension import JupyterHubIdentityProvider, JupyterHubUser
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler
from traitlets import Instance, Int, default

from museion_lab.connections import Connections
from museion_lab.hub_access import MemberHubOAuth
from museion_lab.layout import layout_name
from museion_lab.membership import may_write

PROGRAM_ROUTES = (APIHandler, WebSocketHandler)
OPEN_MARK = "__allow_unauthenticated"
"""How jupyter_server marks a method that needs no visitor."""
HARMLESS_MARK = "open_to_visitors"
"""How an endpoint says that whoever may look may use all its methods."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class MemberIdentityProvider(JupyterHubIdentityProvider):
    """Accepts whom the hub gives access; names and colours come from the hub too."""

    connections = Instance(Connections, (), help="The open websockets by visitor.")
    recheck_every_s = Int(
        30, min=1, help="Seconds after which the hub is asked again about open connections."
    ).tag(config=True)
    _watch: asyncio.Task[None] | None = None

    @default("hub_auth")
    def _default_member_hub_auth(self) -> MemberHubOAuth:
        return MemberHubOAuth(parent=self)

    async def get_user(self, handler: Any) -> JupyterHubUser | None:  # noqa: ANN401  any handler
        """Return the visitor, or None if nobody is signed in.

        Parameters
        ----------
        handler
            The request.

        Raises
        ------
        tornado.web.HTTPError
            404 if the visitor has no access, or is a program without credential; 403 if
            the visitor may only look, and this would change something.
        """
        user: JupyterHubUser | None = await super().get_user(handler)
        if user is None:
            if await self._is_stranger(handler):
                raise HTTPError(HTTPStatus.NOT_FOUND)
            return None
        if not may_write(user) and not is_harmless(handler, user.username):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        if isinstance(handler, WebSocketHandler):
            self.connections.note(handler, self.hub_auth.get_token(handler), user)
            self._begin_to_watch()
        return user

    async def recheck(self, username: str | None = None) -> frozenset[str]:
        """Ask the hub again about visitors, and close the connections of who is out.

        Parameters
        ----------
        username
            The visitor whose rights changed; by default everybody is looked at.

        Returns
        -------
        frozenset of str
            Whose connections were closed.
        """
        self.hub_auth.forget_visitors()
        return await self.connections.recheck(self._find_visitor, username)

    def _begin_to_watch(self) -> None:
        """Look at open connections again and again, for as long as there are any.

        Whoever only holds a connection asks for nothing, so nobody else would ask the hub, nor the
        hub the identity provider, whether they may still be here.
        """
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._keep_watching())

    async def _keep_watching(self) -> None:
        while self.connections:
            await asyncio.sleep(self.recheck_every_s)
            try:
                await self.connections.recheck(self._find_visitor)
            except HTTPError as error:
                self.log.warning("the hub was not asked about open connections: %s", error)

    async def find_visitor(self, token: str) -> JupyterHubUser | None:
        """Return the visitor of a credential, as the hub said a few seconds ago at most.

        Parameters
        ----------
        token
            The visitor's own.

        Returns
        -------
        JupyterHubUser or None
            None if the hub gives no access.
        """
        return await self._find_visitor(token, use_cache=True)

    async def _find_visitor(self, token: str, *, use_cache: bool = False) -> JupyterHubUser | None:
        """Return the visitor of a token as of now, None if the hub gives no access."""
        said = await self.hub_auth.user_for_token(token, use_cache=use_cache, sync=False)
        if said is None or not self.hub_auth.check_scopes(self.hub_auth.access_scopes, said):
            return None
        return JupyterHubUser(said)

    async def _is_stranger(self, handler: Any) -> bool:  # noqa: ANN401  any handler
        if await self.hub_auth.get_user(handler, sync=False):
            return True
        method = getattr(handler, handler.request.method.lower(), None)
        is_open = getattr(method, OPEN_MARK, False)
        has_credential = self.hub_auth.get_token(handler) is not None
        return isinstance(handler, PROGRAM_ROUTES) and not (is_open or has_credential)


def is_harmless(handler: Any, username: str) -> bool:  # noqa: ANN401  any handler
    """Tell whether somebody who may only look may make this request.

    Parameters
    ----------
    handler
        The request.
    username
        The visitor.

    Returns
    -------
    bool
        True for what only reads, for endpoints that say so, and for the visitor's own layout.
    """
    if handler.request.method in SAFE_METHODS or getattr(handler, HARMLESS_MARK, False):
        return True
    layout = url_path_join(handler.base_url, "lab/api/workspaces", layout_name(username))
    return bool(handler.request.path == layout)
