"""What changed for a person holds at once: in the hub, and in the workspaces that run.

In this order: read the person's groups and roles again, drop the credentials for servers that
they may no longer visit, then tell each server that is concerned, which forgets what it knew of
its visitors and closes the connections of those who are out. The registry calls this after every
change of a membership, and goes on calling until each of these servers has confirmed.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers import BaseHandler
from jupyterhub.scopes import check_scope_filter, get_scopes_for, needs_scope, parse_scopes
from jupyterhub.user import User
from jupyterhub.utils import url_path_join
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from museion_hub.concerned import EVERY_SERVER, Concerned, Found
from museion_hub.registry import names
from museion_hub.registry.directory import Directory
from museion_hub.registry.hub import Kept
from museion_hub.server_tokens import delete_token, make_server_token, put_in_force
from museion_hub.sessions import end_sessions

RECHECK_PATH = "museion/visitors/recheck"
RECHECK_TIMEOUT_S = 5.0
TOKEN_LIFETIME_S = 60
_STOPPING: set[asyncio.Future[object]] = set()


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Which servers heard of a change, and which did not."""

    told: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return not self.silent


class Reader(Protocol):
    """The authenticator, as far as it is needed here."""

    concerned: Concerned
    directory: Directory

    async def look_again(self, name: str) -> Found:
        """Read groups and roles; False if the account is gone."""
        ...


class RefreshPersonHandler(APIHandler):
    """``POST /hub/api/museion/people/<username>/refresh``: for the registry."""

    @needs_scope("admin:users")
    async def post(self, user_name: str) -> None:
        """Refresh a person; with ``{"is_retry": true}``, tell every server that runs.

        With ``{"ending": {"token": …, "ticket": …}}`` the person's sessions end, but for that of
        the token.
        """
        wish = self.get_json_body() or {}
        user = self.find_user(user_name)
        if user is not None and isinstance(ending := wish.get("ending"), dict):
            await end_sessions(self, user, Kept(str(ending["token"]), str(ending["ticket"])))
        if wish.get("is_retry"):
            # Whom an earlier process of the hub still had to tell what is not known any more.
            self.authenticator.concerned.add(user_name, {EVERY_SERVER})
            self.authenticator.concerned.note_leak(_running(self))
        refreshed = await refresh_person(self, user_name)
        self.write(json.dumps({"told": refreshed.told, "silent": refreshed.silent}))


async def refresh_person(handler: BaseHandler, username: str) -> Refreshed:
    """Make the registry's word on a person hold in the hub and in the servers that run.

    Parameters
    ----------
    handler
        Any request of the hub.
    username
        The person; one that the hub never saw needs nothing.

    Returns
    -------
    Refreshed
        Who confirmed; those who did not are told again by the next call.
    """
    user = handler.find_user(username)
    if user is None:
        return Refreshed()
    reader: Reader = handler.authenticator
    reader.concerned.note_change(username)
    found = await reader.look_again(username)
    reader.concerned.note_difference(user, found)
    await _store(handler, user, found)
    reader.concerned.add(username, drop_credentials(handler.db, user, is_gone=found is False))
    if names.find_slug(username) is not None:
        reader.concerned.add(username, {username})
        await _stop_if_archived(handler, reader.directory, user)
    return await _tell_servers(handler, reader.concerned, username)


async def _store(handler: BaseHandler, user: User, found: Found) -> None:
    if isinstance(found, bool):
        if not found:
            await _end_account(handler, user)
        return
    kept = {"auth_state": await user.get_auth_state()}
    await handler.auth_to_user({**kept, **found, "name": user.name}, user)
    if handler.authenticator.is_vouched_for(user):
        user._auth_refreshed = time.monotonic()  # noqa: SLF001  as the hub's own refresh does


async def _end_account(handler: BaseHandler, user: User) -> None:
    """Take every right, session and server from an account that is gone from the registry."""
    user.sync_groups([])
    user.sync_roles([{"name": "user"}])
    user.orm_user.cookie_id = orm.new_token()
    handler.db.commit()
    _stop_soon(handler, user)


async def _stop_if_archived(handler: BaseHandler, directory: Directory, user: User) -> None:
    if not await asyncio.to_thread(directory.workgroup_is_active, str(user.name)):
        _stop_soon(handler, user)


def _stop_soon(handler: BaseHandler, user: User) -> None:
    """Stop a server without waiting for it: it saves what is open first."""
    if user.spawner.ready:
        stopping = asyncio.ensure_future(handler.stop_single_user(user))
        _STOPPING.add(stopping)
        stopping.add_done_callback(_STOPPING.discard)


def drop_credentials(db: Any, user: User, *, is_gone: bool = False) -> set[str]:  # noqa: ANN401  an untyped database session
    """Delete a person's tokens and codes for servers that they may no longer visit.

    Parameters
    ----------
    db
        The hub's database.
    user
        With the rights of now.
    is_gone
        Whether the account ended: then nothing of it stays.

    Returns
    -------
    set of str
        Accounts of the servers.
    """
    dropped = set()
    rows = [(row, row.oauth_client) for row in user.orm_user.api_tokens]
    rows += [(row, row.client) for row in user.orm_user.oauth_codes]
    for row, client in rows:
        server = client.spawner if client is not None else None
        if is_gone or (server is not None and not may_visit(user, server)):
            db.delete(row)
            dropped |= {str(server.user.name)} if server is not None else set()
    db.commit()
    return dropped


def may_visit(user: User, server: orm.Spawner) -> bool:
    """Tell whether a person's roles of now open a server."""
    allowed = parse_scopes(get_scopes_for(user.orm_user)).get("access:servers", {})
    return bool(check_scope_filter(allowed, server, "server"))


async def _tell_servers(handler: BaseHandler, concerned: Concerned, username: str) -> Refreshed:
    waiting = concerned.of(username)
    running = _running(handler)
    servers = sorted(running & waiting if EVERY_SERVER not in waiting else running)
    answers = await asyncio.gather(*(tell_server(handler, name, username) for name in servers))
    heard = dict(zip(servers, answers, strict=True))
    told = tuple(name for name, has_heard in heard.items() if has_heard)
    silent = tuple(name for name, has_heard in heard.items() if not has_heard)
    concerned.settle(username, waiting - set(silent))
    concerned.add(username, silent)
    return Refreshed(told, silent)


def _running(handler: BaseHandler) -> set[str]:
    """Give the accounts of workgroups whose servers run."""
    rows = handler.db.query(orm.Spawner).filter(orm.Spawner.server_id.is_not(None))
    accounts = {str(row.user.name) for row in rows}
    return {name for name in accounts if names.find_slug(name) is not None}


async def tell_server(handler: BaseHandler, account: str, username: str | None = None) -> bool:
    """Have a running server look at its visitors again.

    Parameters
    ----------
    handler
        Any request of the hub.
    account
        Whose server.
    username
        The visitor whose rights changed; all if that is not known.

    Returns
    -------
    bool
        Whether it did, or is not running.
    """
    user = handler.find_user(account)
    concerned: Concerned = handler.authenticator.concerned
    if user is None or not user.spawner.ready:
        concerned.note_exchange(account)  # the token of a server ends with it
        return True
    new = make_server_token(user) if concerned.is_leaked(account) else None
    wish = {"visitor": None if username == account else username, "token": new}
    has_heard = await _have_rechecked(handler, user, wish)
    if new is not None and has_heard:
        put_in_force(handler.db, user, new)
        concerned.note_exchange(account)
    elif new is not None:
        delete_token(handler.db, new)
    return has_heard


async def _have_rechecked(handler: BaseHandler, user: User, wish: Mapping[str, str | None]) -> bool:
    scopes = [f"access:servers!server={user.name}/"]
    token = user.new_api_token(
        note="Recheck of visitors", scopes=scopes, expires_in=TOKEN_LIFETIME_S
    )
    url = url_path_join(user.spawner.server.url, RECHECK_PATH)
    try:
        return await _recheck(url, token, wish)
    except (OSError, HTTPClientError) as error:
        handler.log.warning("a server did not look at its visitors: %s, %s", user.name, error)
        return await user.spawner.poll() is not None
    finally:
        delete_token(handler.db, token)


async def _recheck(url: str, token: str, wish: Mapping[str, str | None]) -> bool:
    request = HTTPRequest(
        url,
        method="POST",
        body=json.dumps(wish),
        headers={"Authorization": f"token {token}"},
        request_timeout=RECHECK_TIMEOUT_S,
    )
    return bool((await AsyncHTTPClient().fetch(request)).code == HTTPStatus.OK)
