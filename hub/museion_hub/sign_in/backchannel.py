"""What the hub and the provider say to each other without the browser.

Transport and the form of the requests are oauthenticator's; here is what may be believed of the
answers, and which failure means what: the person is refused, or the provider is away.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from jwt import PyJWK
from tornado.httpclient import HTTPClientError

from museion_hub.sign_in.claims import Claims, entitlements_from
from museion_hub.sign_in.errors import (
    AttemptError,
    DeniedError,
    Problem,
    ProviderAnswerError,
    ProviderAwayError,
    SignInError,
)
from museion_hub.sign_in.logout_tokens import Logout, require_logout
from museion_hub.sign_in.metadata import Metadata, address_of_metadata, metadata_from
from museion_hub.sign_in.presets import Provider
from museion_hub.sign_in.tokens import Expected, Session, find_key, key_id_of, require_id_token

METADATA_FOR_S: Final = 3600
KEYS_AGAIN_AFTER_S: Final = 30
REST_AFTER_FAILURE_S: Final = 5
"""While a provider is away, open sessions do not wait for it more often than this."""
TIMEOUT_S: Final = 8
MAX_TOKEN_CHARS: Final = 64 * 1024
_REFUSED: Final = frozenset({"invalid_grant", "invalid_token", "access_denied", "unauthorized"})
_log: Final = logging.getLogger(__name__)


class Line(Protocol):
    """What of oauthenticator is used."""

    async def httpfetch(self, url: str, label: str, **options: object) -> object:
        """Send a request, give the JSON of the answer."""
        ...

    def build_token_info_request_headers(self) -> dict[str, str]:
        """Give the headers for the token endpoint."""
        ...

    def build_refresh_token_request_params(self, refresh_token: str) -> dict[str, str]:
        """Give the form for another access token."""
        ...

    def build_userdata_request_headers(self, access_token: str, token_type: str) -> dict[str, str]:
        """Give the headers for UserInfo."""
        ...


class BackChannel:
    """The line to one provider.

    Parameters
    ----------
    provider : Provider
        Whom to expect at the other end.
    line : Line
        Sends requests.
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self, provider: Provider, line: Line, clock: Callable[[], float] = time.time
    ) -> None:
        self._provider = provider
        self._line = line
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, object] | None = None
        self._rests_until = 0.0

    async def metadata(self) -> Metadata:
        """Give what the provider says about itself, read again every hour.

        Raises
        ------
        SignInError
            If it does not answer, or says what can't be.
        """
        now = self._clock()
        if self._metadata is None or now - self._metadata[0] > METADATA_FOR_S:
            url = address_of_metadata(self._provider.issuer)
            answer = await self._fetch(url, "the provider's description")
            self._metadata = now, metadata_from(answer, issuer=self._provider.issuer)
        return self._metadata[1]

    async def exchange(self, form: Mapping[str, str], nonce: str) -> tuple[Claims, Session]:
        """Turn a code that came with the browser into claims.

        Parameters
        ----------
        form : mapping of str to str
            The token request.
        nonce : str
            Of this browser's attempt.

        Returns
        -------
        claims, session
            Checked claims, and what a refresh needs.

        Raises
        ------
        AttemptError
            If the code is not good, or not any more.
        ProviderAnswerError
            If the provider says what can't be believed.
        """
        try:
            tokens = await self._ask_for_tokens(form)
        except DeniedError as error:
            raise AttemptError("The provider refuses the code") from error
        if not tokens.get("id_token"):
            raise ProviderAnswerError("The provider gave no ID token")
        return await self._read(tokens, nonce=nonce, known=None)

    async def renew(self, session: Session) -> tuple[Claims, Session]:
        """Read a person's claims again.

        Returns
        -------
        claims, session
            As they are now.

        Raises
        ------
        DeniedError
            If the provider no longer vouches for the person.
        ProviderAwayError
            If it does not answer.
        ProviderAnswerError
            If it says what can't be believed.
        """
        if self._clock() < self._rests_until:
            raise ProviderAwayError("The provider did not answer a moment ago")
        try:
            return await self._renew(session)
        except ProviderAwayError:
            self._rests_until = self._clock() + REST_AFTER_FAILURE_S
            raise

    async def require_logout(self, token: str) -> Logout:
        """Give what a logout token says that came to this client.

        Raises
        ------
        ProviderAnswerError
            If it can't be believed.
        ProviderAwayError
            If the provider does not give its keys.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise ProviderAnswerError("The logout token is too long")
        key = await self._key_of(token)
        provider = self._provider
        return require_logout(token, key, issuer=provider.issuer, client_id=provider.client_id)

    async def revoke(self, session: Session) -> None:
        """Tell the provider that a session's tokens are done with; a failure is only logged."""
        token = session.refresh_token or session.access_token
        try:
            metadata = await self.metadata()
            if metadata.revocation:
                await self._send(metadata.revocation, {"token": token}, "revoking a token")
        except SignInError as error:
            _log.warning("a token could not be revoked at the provider: %s", error.message)

    async def _renew(self, session: Session) -> tuple[Claims, Session]:
        claims: Claims | None = None
        try:
            claims = await self._user_info(session.access_token, session.subject)
        except DeniedError:
            _log.info("an access token has ended, asking for another one")
        claim = self._provider.entitlement_claim
        is_enough = claims and not (claim and entitlements_from(claims, claim) is None)
        if claims and (is_enough or not session.refresh_token):
            return claims, session
        if not session.refresh_token:
            raise DeniedError("The access token has ended and there is no other", Problem.ENDED)
        form = self._line.build_refresh_token_request_params(session.refresh_token)
        tokens = await self._ask_for_tokens(form)
        return await self._read(tokens, nonce=None, known=session)

    async def _ask_for_tokens(self, form: Mapping[str, str]) -> Mapping[str, str]:
        metadata = await self.metadata()
        answer = await self._send(metadata.token, form, "asking for tokens")
        if not isinstance(answer, Mapping) or "error" in answer:
            raise ProviderAnswerError("The provider gave no tokens")
        names = ("access_token", "refresh_token", "id_token")
        tokens = {name: answer[name] for name in names if answer.get(name)}
        is_fit = all(
            isinstance(text, str) and len(text) <= MAX_TOKEN_CHARS for text in tokens.values()
        )
        if not is_fit or "access_token" not in tokens:
            raise ProviderAnswerError("The provider gave tokens of no known form")
        return tokens

    async def _read(
        self, tokens: Mapping[str, str], *, nonce: str | None, known: Session | None
    ) -> tuple[Claims, Session]:
        access = tokens["access_token"]
        signed: Claims = {}
        if "id_token" in tokens:
            subject = known.subject if known else None
            provider = self._provider
            expected = Expected(provider.issuer, provider.client_id, nonce, subject, access)
            token = tokens["id_token"]
            signed = require_id_token(token, await self._key_of(token), expected)
        subject = known.subject if known else str(signed["sub"])
        told = await self._user_info(access, subject)
        if not signed and not told:
            raise DeniedError("The provider says nothing about the person", Problem.NO_CLAIM)
        stated = {name: value for name, value in signed.items() if value is not None}
        session = Session(
            subject=subject,
            access_token=access,
            refresh_token=tokens.get("refresh_token") or (known.refresh_token if known else ""),
            id_token=tokens.get("id_token") or (known.id_token if known else ""),
            confirmed=known.confirmed if known else self._clock(),
            invited_until=known.invited_until if known else 0,
        )
        return {**(told or {}), **stated}, session

    async def _key_of(self, token: str) -> PyJWK:
        algorithm, key_id = key_id_of(token)
        metadata = await self.metadata()
        for attempt in range(2):
            now = self._clock()
            if self._keys is None or (attempt and now - self._keys[0] > KEYS_AGAIN_AFTER_S):
                self._keys = now, await self._fetch(metadata.jwks, "the provider's keys")
            key = find_key(self._keys[1], algorithm, key_id)
            if key is not None:
                return key
        raise ProviderAnswerError("The token is signed by no key of the provider")

    async def _user_info(self, access_token: str, subject: str) -> Claims | None:
        """Ask UserInfo; None if the provider has none.

        Raises
        ------
        ProviderAnswerError
            If the answer is about another person.
        """
        metadata = await self.metadata()
        if not metadata.userinfo:
            return None
        headers = self._line.build_userdata_request_headers(access_token, "Bearer")
        answer = await self._fetch(metadata.userinfo, "UserInfo", headers=headers)
        if not isinstance(answer, Mapping) or answer.get("sub") != subject:
            raise ProviderAnswerError("UserInfo is about another person")
        return answer

    async def _send(self, url: str, form: Mapping[str, str], label: str) -> object:
        headers = self._line.build_token_info_request_headers()
        body = urlencode(form).encode()
        return await self._fetch(url, label, method="POST", headers=headers, body=body)

    async def _fetch(self, url: str, label: str, **options: Any) -> object:  # noqa: ANN401 - tornado's
        try:
            return await self._line.httpfetch(
                url,
                label,
                follow_redirects=False,
                connect_timeout=TIMEOUT_S,
                request_timeout=TIMEOUT_S,
                **options,
            )
        except HTTPClientError as error:
            raise _failure(error, label) from error
        except OSError as error:
            raise ProviderAwayError(f"The provider can't be reached: {label}") from error
        except ValueError as error:
            raise ProviderAnswerError(f"The provider's answer is no JSON: {label}") from error


def _failure(error: HTTPClientError, label: str) -> SignInError:
    """Say what an HTTP error of the provider means."""
    is_away = error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
    if is_away or error.code == HTTPStatus.TOO_MANY_REQUESTS:
        return ProviderAwayError(f"The provider answered {error.code}: {label}")
    reason = _reason(error)
    if (error.code == HTTPStatus.UNAUTHORIZED and label == "UserInfo") or reason in _REFUSED:
        return DeniedError(f"The provider refuses: {label}", Problem.ENDED)
    return ProviderAnswerError(f"The provider answered {error.code} {reason}: {label}")


def _reason(error: HTTPClientError) -> str:
    """Give the error's name as OAuth defines it; a name from outside is cut short."""
    try:
        answer = json.loads(error.response.body) if error.response else None
    except ValueError:
        return ""
    name = answer.get("error") if isinstance(answer, Mapping) else None
    return name[:40] if isinstance(name, str) and name.isidentifier() else ""
