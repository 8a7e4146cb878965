"""A member's first click starts the workgroup's server; a start that fails says why.

JupyterHub 6 lets ``start:servers`` start a server through the REST API, but its two pages for
that, ``/hub/spawn`` and ``/hub/spawn-pending``, still ask for ``servers``, which also stops them
and which only leads have. These two ask for ``start:servers``. And where a start fails within
its first second the original shows a bare error; here the waiting page tells the reason, as it
does for later failures.
"""

from typing import Any

from jupyterhub.handlers.pages import SpawnHandler, SpawnPendingHandler
from jupyterhub.scopes import needs_scope
from tornado import web


class StartHandler(SpawnHandler):
    """``GET /hub/spawn/<account>``: start the server if it is not running, then go there."""

    @needs_scope("start:servers")
    async def _get(self, user_name: str, server_name: str, display_name: str) -> None:
        original = SpawnHandler._get.__wrapped__  # noqa: SLF001  the page without its scope check
        await original(self, user_name, server_name, display_name)

    async def _wrap_spawn_single_user(self, *start: Any) -> None:  # noqa: ANN401  passed on
        user, server_name, _display_name, _spawner, pending_url, *_options = start
        try:
            await super()._wrap_spawn_single_user(*start)
        except web.HTTPError:
            # Asked of the user: a second try replaces the spawner that failed first.
            if not user.spawners[server_name]._failed:  # noqa: SLF001  as the waiting page asks
                raise
            self.redirect(pending_url)


class StartPendingHandler(SpawnPendingHandler):
    """``GET /hub/spawn-pending/<account>``: progress, then the server, or why it failed."""

    @web.authenticated
    @needs_scope("start:servers")
    async def get(self, user_name: str, server_name: str = "") -> None:
        """Show how the start is going."""
        original = SpawnPendingHandler.get.__wrapped__.__wrapped__
        await original(self, user_name, server_name)
