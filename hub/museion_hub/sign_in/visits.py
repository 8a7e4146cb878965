"""Closing a person's open connections when their session ends and their membership does not."""

import asyncio

from jupyterhub import orm
from jupyterhub.handlers import BaseHandler
from jupyterhub.user import User

from museion_hub.people_refresh import tell_server
from museion_hub.registry import names


async def close_visits(handler: BaseHandler, user: User) -> None:
    """Have every running workspace look at its visitors again.

    The hub refuses the person's tokens from now on, so their connections are closed.

    Parameters
    ----------
    handler
        Any request of the hub.
    user
        Whose session has ended.
    """
    user._auth_refreshed = None  # noqa: SLF001  or the hub would take the tokens for a while
    rows = handler.db.query(orm.Spawner).filter(orm.Spawner.server_id.is_not(None))
    running = {str(row.user.name) for row in rows}
    accounts = sorted(name for name in running if names.find_slug(name) is not None)
    await asyncio.gather(*(tell_server(handler, name) for name in accounts))
