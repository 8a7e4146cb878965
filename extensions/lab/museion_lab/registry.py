"""What a workspace server asks of the registry and tells it, over HTTP.

Who is present, the workgroup's card, and what is published to guests. The registry may be away for
a while; that is tolerated here and said once in the log, because members can go on
working without it. Datasets go through `museion_datasets`, not through this module.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from museion_datasets.errors import UnavailableError

TIMEOUT_S = 5.0
CARD_LIFETIME_S = 30.0


class RegistryClient:
    """Speaks to the registry as this workspace's account.

    Parameters
    ----------
    url : str
        The registry's address, as in ``http://127.0.0.1:8000/services/registry``.
    token : str
        The server's own token.
    log : logging.Logger
        Told once when the registry stops answering, and once when it is back.
    transport : httpx.AsyncBaseTransport, optional
        Another way to reach it.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        log: logging.Logger,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/api/v1/",
            headers={"Authorization": f"token {token}"},
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,  # the registry is never behind somebody's web proxy
        )
        self._log = log
        self._clock = clock
        self._is_answering = True
        self._card: tuple[float, dict[str, Any] | None] = (-CARD_LIFETIME_S, None)

    async def report_presence(self, usernames: Iterable[str]) -> bool:
        """Say who is in this workspace now.

        Parameters
        ----------
        usernames : iterable of str
            Exactly those who are present.

        Returns
        -------
        bool
            Whether the registry heard it.
        """
        answer = await self._ask("PUT", "presence", {"people": sorted(usernames)})
        return answer is not None

    async def workgroup_card(self, slug: str) -> dict[str, Any] | None:
        """Return the workgroup's card.

        Parameters
        ----------
        slug : str
            The workgroup.

        Returns
        -------
        dict or None
            Title and members, at most `CARD_LIFETIME_S` old while the registry answers;
            None if it never did.
        """
        fetched, card = self._card
        if self._clock() - fetched < CARD_LIFETIME_S:
            return card
        answer = await self._ask("GET", "workgroups")
        if answer is not None:
            cards = answer.json()
            card = next((each for each in cards if each.get("slug") == slug), None)
        self._card = (self._clock(), card)
        return card

    async def forward(
        self, method: str, path: str, body: object = None, *, timeout_s: float = TIMEOUT_S
    ) -> tuple[int, Any]:
        """Ask the registry on a member's behalf, and return what it says, good or bad.

        Parameters
        ----------
        method : str
            HTTP method.
        path : str
            Below the API.
        body : JSON
            What to send.
        timeout_s : float
            How long to wait for the answer.

        Returns
        -------
        (int, JSON)
            HTTP status and body; None for an empty one.

        Raises
        ------
        UnavailableError
            If there is no answer, or none that is understood.
        """
        try:
            answer = await self._http.request(method, path, json=body, timeout=timeout_s)
            return answer.status_code, answer.json() if answer.content else None
        except (httpx.HTTPError, ValueError) as error:
            raise UnavailableError(
                "The registry does not answer", hint="wait a minute, then try again."
            ) from error

    def forget_card(self) -> None:
        """Ask for the workgroup's card again when it is next wanted."""
        self._card = (-CARD_LIFETIME_S, self._card[1])

    def use_token(self, token: str) -> None:
        """Speak with another token from now on.

        Parameters
        ----------
        token : str
            The server's own.
        """
        self._http.headers["Authorization"] = f"token {token}"

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(self, method: str, path: str, body: object = None) -> httpx.Response | None:
        """Return the registry's answer, or None if there is no good one."""
        try:
            answer = await self._http.request(method, path, json=body)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            self._note(is_answering=False, reason=str(error) or type(error).__name__)
            return None
        self._note(is_answering=True)
        return answer

    def _note(self, *, is_answering: bool, reason: str = "") -> None:
        """Log a change of the registry's state, not each failed request."""
        if is_answering == self._is_answering:
            return
        self._is_answering = is_answering
        if is_answering:
            self._log.info("The registry answers again")
        else:
            self._log.warning("The registry does not answer, members work on: %s", reason)
