"""Ending a person's sessions after a new password, but for the one in which it was given.

All of a person's cookies for the hub name one secret, so none of them can be ended alone: the
secret changes, and the browser that stays gets a new cookie for a ticket. The registry makes the
ticket and gives it to that browser; it counts once, for a minute, beside the same session cookie.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Protocol

from jupyterhub import orm
from jupyterhub.handlers import BaseHandler
from jupyterhub.user import User
from tornado import web

from museion_hub.audit import Detail, EventName
from museion_hub.concerned import EVERY_SERVER, Concerned
from museion_hub.registry.directory import Directory
from museion_hub.registry.hub import Kept

RENEWAL_S: Final = 60.0
MAX_TICKET_CHARS: Final = 200


class Renewals:
    """Remembers which browser may fetch a new cookie.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[bytes, tuple[str, str, float]] = {}

    def allow(self, ticket: str, username: str, session_id: str) -> None:
        """Let the browser with this session cookie in, once."""
        now = self._clock()
        self._open = {key: each for key, each in self._open.items() if each[2] > now}
        self._open[_digest(ticket)] = (username, session_id, now + RENEWAL_S)

    def redeem(self, ticket: str, session_id: str) -> str | None:
        """Give the person of a ticket; None if it is worth nothing to this browser."""
        found = self._open.pop(_digest(ticket), None)
        if found is None or not session_id or self._clock() >= found[2]:
            return None
        return found[0] if hmac.compare_digest(found[1].encode(), session_id.encode()) else None


class Holder(Protocol):
    """The authenticator, as far as it is needed here."""

    concerned: Concerned
    directory: Directory
    renewals: Renewals


class RenewalHandler(BaseHandler):
    """``POST /hub/museion/renewal``: a new cookie for the ticket in the body."""

    def check_xsrf_cookie(self) -> None:
        """Ask for no other proof: only the person's own page has the ticket."""

    async def post(self) -> None:
        """Give the cookie.

        Raises
        ------
        tornado.web.HTTPError
            403 if the ticket is not this browser's, or not any more.
        """
        holder: Holder = self.authenticator
        ticket = self.request.body[:MAX_TICKET_CHARS].decode("ascii", "replace")
        username = holder.renewals.redeem(ticket, self.get_session_cookie() or "")
        user = self.find_user(username) if username is not None else None
        if user is None:
            raise web.HTTPError(HTTPStatus.FORBIDDEN)
        self.set_hub_cookie(user)
        self.set_status(HTTPStatus.NO_CONTENT)


async def end_sessions(handler: BaseHandler, user: User, kept: Kept) -> None:
    """End every session and every token of a person, but for what is kept.

    Whoever calls this tells the servers that run; which ones is noted.

    Parameters
    ----------
    handler
        Any request of the hub.
    user
        The person.
    kept : Kept
        What goes on.
    """
    holder: Holder = handler.authenticator
    found = orm.APIToken.find(handler.db, kept.token) if kept.token else None
    own = found if found is not None and found.user is user.orm_user else None
    detail: Detail = {"reason": "new password", "is_one_kept": own is not None}
    name, actor = EventName.SESSIONS_ENDED, str(user.name)
    await asyncio.to_thread(holder.directory.record_event, name, actor=actor, detail=detail)
    session_id = str(own.session_id or "") if own is not None else ""
    for token in list(user.orm_user.api_tokens):
        is_kept = own is not None and (token is own or token.session_id == session_id != "")
        if not is_kept:
            handler.db.delete(token)
    for code in list(user.orm_user.oauth_codes):
        handler.db.delete(code)
    user.orm_user.cookie_id = orm.new_token()
    handler.db.commit()
    if session_id and kept.ticket:
        holder.renewals.allow(kept.ticket, str(user.name), session_id)
    holder.concerned.add(str(user.name), {EVERY_SERVER})


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
