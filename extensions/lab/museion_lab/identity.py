"""Who visits this server: the hub decides, and to a stranger nothing is here.

JupyterHub's identity provider answers 403 to whoever is signed in without access, and to a
program that comes without any credential. Either tells that the server exists, so this one
answers 404. A browser that comes to a page without credential is sent to sign in, and a
member whose credential has run out still reads 403, which JupyterLab understands.
"""

from http import HTTPStatus
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyterhub.singleuser.extension import JupyterHubIdentityProvider, JupyterHubUser
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

PROGRAM_ROUTES = (APIHandler, WebSocketHandler)
OPEN_MARK = "__allow_unauthenticated"
"""How jupyter_server marks a method that needs no visitor."""


class MemberIdentityProvider(JupyterHubIdentityProvider):
    """Accepts whom the hub gives access; names and colours come from the hub too."""

    async def get_user(self, handler: Any) -> JupyterHubUser | None:  # noqa: ANN401  any handler
        """Return the visitor, or None if nobody is signed in.

        Parameters
        ----------
        handler
            The request.

        Raises
        ------
        tornado.web.HTTPError
            404 if the visitor has no access, or is a program without credential.
        """
        user: JupyterHubUser | None = await super().get_user(handler)
        if user is None and await self._is_stranger(handler):
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return user

    async def _is_stranger(self, handler: Any) -> bool:  # noqa: ANN401  any handler
        if await self.hub_auth.get_user(handler, sync=False):
            return True
        method = getattr(handler, handler.request.method.lower(), None)
        is_open = getattr(method, OPEN_MARK, False)
        has_credential = self.hub_auth.get_token(handler) is not None
        return isinstance(handler, PROGRAM_ROUTES) and not (is_open or has_credential)
