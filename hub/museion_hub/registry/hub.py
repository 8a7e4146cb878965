"""What the registry asks of JupyterHub: whose token this is, and accounts for workgroups.

An answer about a token is kept for at most `CACHE_S`, under the token's hash; a refusal is never
kept. A token counts only if it carries the scope for the registry: the tokens that a server gets
when somebody visits it do not, so a workgroup's server can't act as its visitors.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic
from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from museion_hub.registry.errors import UnauthenticatedError, UnavailableError

CACHE_S: Final = 10.0
MAX_CACHED: Final = 10_000
TIMEOUT_S: Final = 10.0
SCOPES: Final = frozenset({"access:services", "access:services!service=registry"})
_TOKEN: Final = re.compile(r"[!-~]{1,512}")
_REFUSALS: Final = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class _HubUser(BaseModel):
    name: str
    kind: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Cached:
    account: str
    until_s: float


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

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def _ask(self, token: str) -> str:
        response = await self._send("GET", token)
        if response.status_code in _REFUSALS:
            raise UnauthenticatedError
        try:
            response.raise_for_status()
            user = _HubUser.model_validate_json(response.content)
        except (httpx.HTTPStatusError, ValidationError) as error:
            raise UnavailableError("The hub gives no usable answer") from error
        if user.kind != "user":
            raise UnauthenticatedError("The token is not a user's", hint="use a server's token")
        if not user.scopes & SCOPES:
            raise UnauthenticatedError(
                "The token is not meant for the registry",
                hint="use the token of the server itself, not of its visitor",
            )
        return user.name

    async def _send(
        self, method: str, token: str, content: dict[str, list[str]] | None = None
    ) -> httpx.Response:
        path = "/user" if content is None else "/users"
        headers = {"Authorization": f"token {token}"}
        try:
            return await self._client.request(method, path, json=content, headers=headers)
        except httpx.TransportError as error:
            raise UnavailableError("The hub does not answer") from error
