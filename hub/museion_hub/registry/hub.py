"""What the registry asks of JupyterHub: whose token this is, and accounts for workgroups.

An answer about a token is kept for at most `CACHE_S`, under the token's hash; a refusal is never
kept. A token counts only if it carries the scope for the registry: the tokens that a server gets
when somebody visits it do not, so a workgroup's server can't act as its visitors.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from time import monotonic
from typing import Final

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from museion_hub.registry import names
from museion_hub.registry.errors import UnauthenticatedError, UnavailableError
from museion_hub.registry.group_views import ServerState, ServerView

CACHE_S: Final = 10.0
MAX_CACHED: Final = 10_000
PAGE: Final = 200
TIMEOUT_S: Final = 10.0
CLIENT_ID: Final = "service-registry"
SCOPES: Final = frozenset({"access:services", "access:services!service=registry"})
_TOKEN: Final = re.compile(r"[!-~]{1,512}")
_REFUSALS: Final = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class _HubUser(BaseModel):
    name: str
    kind: str
    scopes: frozenset[str]


class _HubToken(BaseModel):
    access_token: str


class _Refreshed(BaseModel):
    told: list[str] = []
    silent: list[str]


@dataclass(frozen=True, slots=True)
class _Cached:
    account: str
    until_s: float


@dataclass(frozen=True, slots=True)
class Kept:
    """The session that goes on where all others of a person end; empty if none does.

    Attributes
    ----------
    token : str
        A token of the person that was given out in it.
    ticket : str
        With which its browser fetches a new cookie from the hub.
    """

    token: str = field(default="", repr=False)
    ticket: str = field(default="", repr=False)


class HubClient:
    """The hub's API, as the registry uses it.

    Parameters
    ----------
    api_url : str
        Such as ``http://127.0.0.1:8081/hub/api``.
    token : str
        The registry's own service token.
    transport : httpx.AsyncBaseTransport, optional
        How the hub is reached; by TCP unless told otherwise.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=api_url, timeout=TIMEOUT_S, transport=transport, trust_env=False
        )
        self._token = token
        self._clock = clock
        self._cache: OrderedDict[bytes, _Cached] = OrderedDict()

    async def require_account(self, token: str) -> str:
        """Give the hub account that a token acts for.

        Raises
        ------
        UnauthenticatedError
            If the hub does not know the token, it is no user's, or not meant for the registry.
        UnavailableError
            If the hub does not answer.
        """
        if not _TOKEN.fullmatch(token):
            raise UnauthenticatedError
        key = hashlib.sha256(token.encode()).digest()
        cached = self._cache.get(key)
        if cached is not None and self._clock() < cached.until_s:
            return cached.account
        account = await self._ask(token)
        self._cache[key] = _Cached(account, self._clock() + CACHE_S)
        self._cache.move_to_end(key)
        if len(self._cache) > MAX_CACHED:
            self._cache.popitem(last=False)
        return account

    async def redeem_code(self, code: str, verifier: str, redirect_uri: str) -> str:
        """Give the token of a person who has just signed in through the hub (RFC 6749, 7636).

        Parameters
        ----------
        code : str
            What the hub sent with the browser.
        verifier : str
            What the challenge was made from.
        redirect_uri : str
            Where the hub sent the browser.

        Raises
        ------
        UnauthenticatedError
            If the hub does not take the code: used, too old, or another's.
        UnavailableError
            If the hub does not answer.
        """
        form = {
            "client_id": CLIENT_ID,
            "client_secret": self._token,
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        try:
            response = await self._client.post("/oauth2/token", data=form)
        except httpx.TransportError as error:
            raise UnavailableError("The hub does not answer") from error
        if not response.is_success:
            raise UnauthenticatedError("The hub did not confirm this sign-in", hint="sign in again")
        try:
            return _HubToken.model_validate_json(response.content).access_token
        except ValidationError as error:
            raise UnavailableError("The hub gives no usable answer") from error

    async def create_accounts(self, names: Collection[str]) -> None:
        """Make those hub accounts that do not exist yet.

        Raises
        ------
        UnavailableError
            If the hub does not answer, or refuses.
        """
        response = await self._send("POST", self._token, {"usernames": sorted(names)})
        if response.status_code not in {httpx.codes.CREATED, httpx.codes.CONFLICT}:
            raise UnavailableError(
                f"The hub made no accounts for the workgroups, status: {response.status_code}",
                hint="give the service registry the scope admin:users",
            )

    async def refresh_account(
        self, account: str, *, is_retry: bool = False, ending: Kept | None = None
    ) -> bool:
        """Have the hub, and each workspace concerned, look at an account's rights again.

        Parameters
        ----------
        account : str
            A person, or a workgroup's own account.
        is_retry : bool
            Whether every running workspace is to be told.
        ending : Kept, optional
            What goes on of the person's sessions, if they are to end.

        Returns
        -------
        bool
            Whether all have done so.

        Raises
        ------
        UnavailableError
            If the hub does not answer, or refuses.
        """
        self._forget(account)
        path = f"/museion/people/{account}/refresh"
        wish: dict[str, object] = {"is_retry": is_retry}
        if ending is not None:
            wish["ending"] = asdict(ending)
        headers = {"Authorization": f"token {self._token}"}
        try:
            response = await self._client.post(path, json=wish, headers=headers)
            response.raise_for_status()
            refreshed = _Refreshed.model_validate_json(response.content)
        except httpx.TransportError as error:
            raise UnavailableError("The hub does not answer") from error
        except (httpx.HTTPStatusError, ValidationError) as error:
            raise UnavailableError("The hub gives no usable answer") from error
        for told in refreshed.told:
            self._forget(told)
        return not refreshed.silent

    async def server_of(self, account: str) -> ServerView:
        """Give what an account's server does now; UNKNOWN if the hub does not say."""
        try:
            response = await self._get(f"/users/{account}")
        except UnavailableError:
            return ServerView(ServerState.UNKNOWN)
        if response.status_code == httpx.codes.NOT_FOUND:
            return ServerView(ServerState.STOPPED)
        return _servers(response.content, one=True).get(account, ServerView(ServerState.STOPPED))

    async def servers(self) -> dict[str, ServerView] | None:
        """Give all servers that are not stopped, by account; None if the hub does not answer."""
        found: dict[str, ServerView] = {}
        try:
            while True:
                page = f"/users?state=active&limit={PAGE}&offset={len(found)}"
                servers = _servers((await self._get(page)).content)
                found |= servers
                if len(servers) < PAGE:
                    return found
        except UnavailableError:
            return None

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def stop_server(self, account: str) -> None:
        """Stop an account's server; one that does not run stays so.

        Raises
        ------
        UnavailableError
            If the hub does not answer, or the server is just starting or stopping.
        """
        headers = {"Authorization": f"token {self._token}"}
        try:
            response = await self._client.delete(f"/users/{account}/server", headers=headers)
        except httpx.TransportError as error:
            raise UnavailableError("The hub does not answer") from error
        is_gone = response.status_code == httpx.codes.NOT_FOUND
        if not response.is_success and not is_gone:
            raise UnavailableError(
                "The workspace can't be stopped at this moment",
                hint="it may be starting or stopping: wait a moment, then try again",
            )

    def _forget(self, account: str) -> None:
        """Forget whose tokens an account's are."""
        for key in [key for key, cached in self._cache.items() if cached.account == account]:
            del self._cache[key]

    async def _ask(self, token: str) -> str:
        response = await self._send("GET", token)
        if response.status_code in _REFUSALS:
            raise UnauthenticatedError
        try:
            response.raise_for_status()
            user = _HubUser.model_validate_json(response.content)
        except (httpx.HTTPStatusError, ValidationError) as error:
            raise UnavailableError("The hub gives no usable answer") from error
        if (user.kind, user.name) == ("service", names.OPERATOR):
            return names.OPERATOR
        if user.kind != "user" or user.name == names.OPERATOR:
            raise UnauthenticatedError("The token is not a user's", hint="use a server's token")
        if not user.scopes & SCOPES:
            raise UnauthenticatedError(
                "The token is not meant for the registry",
                hint="use the token of the server itself, not of its visitor",
            )
        return user.name

    async def _get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"token {self._token}"}
        try:
            response = await self._client.get(path, headers=headers)
        except httpx.TransportError as error:
            raise UnavailableError("The hub does not answer") from error
        if not response.is_success and response.status_code != httpx.codes.NOT_FOUND:
            raise UnavailableError("The hub gives no usable answer")
        return response

    async def _send(
        self, method: str, token: str, content: dict[str, list[str]] | None = None
    ) -> httpx.Response:
        path = "/user" if content is None else "/users"
        headers = {"Authorization": f"token {token}"}
        try:
            return await self._client.request(method, path, json=content, headers=headers)
        except httpx.TransportError as error:
            raise UnavailableError("The hub does not answer") from error


class _HubServer(BaseModel):
    ready: bool
    last_activity: datetime | None = None


class _HubAccount(BaseModel):
    name: str
    servers: dict[str, _HubServer] = {}


_ACCOUNTS: Final = TypeAdapter(list[_HubAccount])


def _servers(content: bytes, *, one: bool = False) -> dict[str, ServerView]:
    try:
        accounts = (
            [_HubAccount.model_validate_json(content)] if one else _ACCOUNTS.validate_json(content)
        )
    except ValidationError as error:
        raise UnavailableError("The hub gives no usable answer") from error
    return {account.name: _view(account.servers.get("")) for account in accounts}


def _view(server: _HubServer | None) -> ServerView:
    if server is None:
        return ServerView(ServerState.STOPPED)
    state = ServerState.RUNNING if server.ready else ServerState.STARTING
    return ServerView(state, server.last_activity)
