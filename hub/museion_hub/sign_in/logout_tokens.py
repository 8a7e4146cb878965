"""Checks logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6).

A token counts only if the provider's key signed it, for this client, a short while ago, and it
says that a session has ended; and it counts once. An ID token is none: it has a nonce and tells
of no event.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from museion_hub.sign_in.errors import ProviderAnswerError
from museion_hub.sign_in.tokens import LEEWAY_S, Session, is_for_client, key_id_of

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
MAX_AGE_S: Final = 300
"""Older tokens are refused, so that an identifier need not be remembered for longer."""
MAX_ID_CHARS: Final = 512
_REQUIRED: Final = ("iss", "aud", "iat", "jti", "events")
_KINDS: Final = frozenset({"", "jwt", "logout+jwt"})


@dataclass(frozen=True, slots=True)
class Logout:
    """What has ended at the provider.

    Attributes
    ----------
    subject : str
        Whose sessions; empty if only one session is named.
    session : str
        The provider's name of the session, empty if all of the person's have ended.
    token_id : str
        Of the token, which counts once.
    """

    subject: str
    session: str
    token_id: str

    def ends(self, known: Session) -> bool:
        """Tell whether a session is meant.

        Only the newest session of a person is known here, so a person who is named is signed out
        everywhere.
        """
        if self.subject:
            return known.subject == self.subject
        return bool(self.session) and session_of(known) == self.session


class UsedTokens:
    """Remembers which logout tokens have counted, for as long as they could come again.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def require_new(self, token_id: str) -> None:
        """Refuse a token that has counted.

        Raises
        ------
        ProviderAnswerError
            If it has.
        """
        now = self._clock()
        self._until = {one: until for one, until in self._until.items() if until > now}
        if token_id in self._until:
            raise ProviderAnswerError("The logout token has been used")
        self._until[token_id] = now + MAX_AGE_S + 2 * LEEWAY_S


def require_logout(token: str, key: jwt.PyJWK, *, issuer: str, client_id: str) -> Logout:
    """Give what a logout token says.

    Parameters
    ----------
    token : str
        As it came.
    key : jwt.PyJWK
        The provider's, as the token names it.
    issuer, client_id : str
        Who makes it, and for whom.

    Raises
    ------
    ProviderAnswerError
        If anything about it is not as it must be.
    """
    algorithm, _ = key_id_of(token)
    try:
        kind = jwt.get_unverified_header(token).get("typ", "")
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY_S,
            options={"require": list(_REQUIRED)},
        )
    except jwt.PyJWTError as error:
        raise ProviderAnswerError(f"The logout token is refused: {type(error).__name__}") from error
    _require(str(kind).lower() in _KINDS, "is of another kind")
    _require(is_for_client(claims, client_id), "is for another client")
    _require(time.time() - float(claims["iat"]) <= MAX_AGE_S + LEEWAY_S, "is too old")
    _require("nonce" not in claims, "is an ID token")
    events = claims["events"]
    is_logout = isinstance(events, Mapping) and isinstance(events.get(EVENT), Mapping)
    _require(is_logout, "tells of no logout")
    names = [claims.get(name, "") for name in ("sub", "sid", "jti")]
    is_fit = all(isinstance(name, str) and len(name) <= MAX_ID_CHARS for name in names)
    _require(is_fit and bool(names[2]), "names nobody in a known form")
    _require(bool(names[0] or names[1]), "names neither a person nor a session")
    return Logout(*names)


def session_of(known: Session) -> str:
    """Give the provider's name of a session, empty if it never said one."""
    try:
        claims = jwt.decode(known.id_token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return ""
    name = claims.get("sid", "")
    return name if isinstance(name, str) else ""


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a claim
    if not holds:
        raise ProviderAnswerError(f"The logout token {otherwise}")
