"""Who opened, started and stopped a workgroup's workspace, for the audit log.

A workspace asks the hub about every visitor, with the visitor's own credential, again and again
while a page is open. That is where a visit is noticed: nothing that runs in the workspace can
make one up, or leave one out. A visit lasts until the hub has not been asked for `VISIT_GAP_S`,
and is written down once, administrators' visits as such. So are refusals.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, Protocol

from jupyterhub import orm
from jupyterhub.apihandlers.users import SelfAPIHandler, UserServerAPIHandler
from jupyterhub.handlers import BaseHandler
from jupyterhub.user import User
from tornado import web

from museion_hub.audit import EventName
from museion_hub.registry import names
from museion_hub.registry.directory import Directory
from museion_hub.registry.errors import UnavailableError

VISIT_GAP_S: Final = 30 * 60.0
UNAVAILABLE: Final = 503
REGISTRY: Final = "registry"
"""The service that writes down itself for whom it stops a server."""

acting_person: ContextVar[str] = ContextVar("acting_person", default="")
"""Who asked for what the hub is doing: a person or a service; empty if the hub itself began."""


class VisitLog:
    """Remembers who visits what, so that a visit is written down once.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, ...], float] = {}

    def begins(self, *visit: str) -> bool:
        """Note a sign of a visit, and tell whether it is the first."""
        now = self._clock()
        last = self._seen.get(visit)
        if last is None:
            self._seen = {key: at for key, at in self._seen.items() if at > now - VISIT_GAP_S}
        self._seen[visit] = now
        return last is None or last <= now - VISIT_GAP_S

    def ends(self, username: str, account: str) -> bool:
        """End a person's visit, and tell whether there was one."""
        visits = [(username, account, standing) for standing in ("member", "administrator")]
        now = self._clock()
        ages = [now - self._seen.pop(visit, -VISIT_GAP_S) for visit in visits]
        return min(ages) < VISIT_GAP_S

    def undo(self, *visit: str) -> None:
        """Forget a visit that could not be written down."""
        self._seen.pop(visit, None)


class Auditor(Protocol):
    """The authenticator, as far as it is needed here."""

    directory: Directory
    visits: VisitLog


class VisitorHandler(SelfAPIHandler):
    """``GET /hub/api/user?server=wg-…``: whose credential this is; for a server, a visit."""

    async def get(self) -> None:
        """Tell a server who its visitor is, and write the visit down."""
        await super().get()
        server = self._visited_server()
        if server is None or not isinstance(self.current_user, User):
            return
        if names.find_slug(str(self.current_user.name)) is not None:
            return
        is_allowed = self.get_scope_filter("access:servers")(server, kind="server")
        await record_visit(self, str(server.user.name), is_allowed=bool(is_allowed))

    def _visited_server(self) -> orm.Spawner | None:
        """Return the workspace that asks: as its credential says, else as it says itself."""
        token = self.get_token()
        server = token.oauth_client.spawner if token and token.oauth_client else None
        if server is None:
            owner = orm.User.find(self.db, self.get_query_argument("server", ""))
            server = owner.orm_spawners.get("") if owner else None
        return server if server and names.find_slug(str(server.user.name)) else None


class ServerHandler(UserServerAPIHandler):
    """``/hub/api/users/<account>/server``: JupyterHub's own, which remembers who asked."""

    async def delete(self, user_name: str, server_name: str = "") -> None:
        """Stop a server."""
        note_actor(self)
        await super().delete(user_name, server_name)


async def record_visit(handler: BaseHandler, account: str, *, is_allowed: bool) -> None:
    """Write down that a person visits a workspace, or was refused; once for each visit.

    Parameters
    ----------
    handler
        The request; its user is the visitor.
    account
        Whose workspace it is.
    is_allowed
        Whether the visitor gets in.

    Raises
    ------
    tornado.web.HTTPError
        503 if it can't be written down: then the visitor does not get in.
    """
    auditor: Auditor = handler.authenticator
    visitor = handler.current_user
    standing = _standing(visitor, account) if is_allowed else "refused"
    visit = (str(visitor.name), account, standing)
    name, detail = EventName.WORKSPACE_OPENED, {"as": standing}
    if not is_allowed:
        had_visit = auditor.visits.ends(*visit[:2])
        name = EventName.ACCESS_ENDED if had_visit else EventName.ACCESS_REFUSED
        detail = {"action": "open workspace"}
    if name is not EventName.ACCESS_ENDED and not auditor.visits.begins(*visit):
        return
    try:
        await _record(auditor, name, visit[0], account, detail)
    except UnavailableError as error:
        auditor.visits.undo(*visit)
        raise web.HTTPError(UNAVAILABLE, f"{error.message}\nhint: {error.hint}") from error


async def record_server(auditor: Auditor, name: EventName, account: str, actor: str) -> None:
    """Write down that a workgroup's server was started or stopped.

    Parameters
    ----------
    auditor
        The authenticator.
    name
        What happened.
    account
        Whose server; a person's own is nobody else's business.
    actor
        Who asked for it; empty if it was the hub itself.
    """
    if names.find_slug(account) is not None and actor != REGISTRY:
        await _record(auditor, name, actor, account, {})


def note_actor(handler: BaseHandler) -> None:
    """Remember whose request it is, for what is done on it later."""
    asking = handler.current_user
    acting_person.set(str(asking.name) if asking is not None else "")


def _standing(visitor: User, account: str) -> str:
    is_member = account in {group.name for group in visitor.groups}
    return "member" if is_member else "administrator"


async def _record(
    auditor: Auditor, name: EventName, actor: str, account: str, detail: dict[str, Any]
) -> None:
    slug = names.find_slug(account) or ""
    await asyncio.to_thread(
        auditor.directory.record_event, name, actor=actor, subject=slug, detail=detail
    )
