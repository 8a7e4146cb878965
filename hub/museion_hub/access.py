"""Who gets through to a server: members without being asked, strangers as if nothing were there.

JupyterHub asks for consent before it tells a server who its visitor is. For a person who opens
their own workgroup's workspace there is nothing to decide, so the question is skipped; only
there, and only if the server gets no more than the visitor's name, groups and the visit itself.
A stranger gets 404 where JupyterHub says 403 or 400, so that a workspace that exists and one
that doesn't look the same.
"""

from collections.abc import Collection
from typing import Any

from jupyterhub import orm
from jupyterhub.apihandlers.auth import OAuthAuthorizeHandler
from jupyterhub.scopes import access_scopes, identify_scopes
from jupyterhub.user import User
from tornado import web

from museion_hub.registry import names
from museion_hub.visits import record_visit

NOT_FOUND = 404
LOOKS_MISSING = frozenset({400, 403})


class WorkspaceAuthorizeHandler(OAuthAuthorizeHandler):
    """``/hub/api/oauth2/authorize``: lets a server know who its visitor is."""

    def needs_oauth_confirm(
        self, user: User, oauth_client: orm.OAuthClient, requested_scopes: Collection[str]
    ) -> bool:
        """Whether to ask the visitor for consent.

        Parameters
        ----------
        user
            The visitor, already known to have access.
        oauth_client
            The server that asks.
        requested_scopes
            What it would be allowed to do in the visitor's name.
        """
        server = oauth_client.spawner
        if server is not None and names.find_slug(server.user.name) is not None:
            harmless = {*identify_scopes(), *access_scopes(oauth_client)}
            if set(requested_scopes) <= harmless:
                return False
        return bool(super().needs_oauth_confirm(user, oauth_client, requested_scopes))

    @web.authenticated
    async def get(self) -> None:
        """Go back to the server with a code, or find nothing.

        Raises
        ------
        tornado.web.HTTPError
            404 for servers that don't exist and those of others alike.
        """
        try:
            await super().get()
        except web.HTTPError as error:
            if error.status_code in LOOKS_MISSING:
                await self._record_refusal()
                raise web.HTTPError(NOT_FOUND) from error
            raise

    @web.authenticated
    def post(self) -> None:
        """Take the visitor's consent, from those only who may visit.

        Raises
        ------
        tornado.web.HTTPError
            404 for servers that don't exist and those of others alike.
        """
        client = self.oauth_provider.fetch_by_client_id(self.get_argument("client_id"))
        if client is None or not self._may_visit(client):
            raise web.HTTPError(NOT_FOUND)
        super().post()

    async def _record_refusal(self) -> None:
        client = self.oauth_provider.fetch_by_client_id(self.get_argument("client_id", ""))
        server = client.spawner if client is not None else None
        if server is not None and names.find_slug(server.user.name) is not None:
            await record_visit(self, str(server.user.name), is_allowed=False)

    def _may_visit(self, client: Any) -> bool:  # noqa: ANN401  an untyped database row
        kind, target = ("server", client.spawner) if client.spawner else ("service", client.service)
        return bool(self.get_scope_filter(f"access:{kind}s")(target, kind=kind))
