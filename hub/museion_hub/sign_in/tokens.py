"""Checks ID tokens (OpenID Connect Core 1.0, 3.1.3.7), and what is kept of a session.

A token counts only if the provider's key signed it with an asymmetric algorithm, and it names this
issuer, this client, this browser's attempt and the present time.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

import jwt

from museion_hub.sign_in.claims import Claims
from museion_hub.sign_in.errors import ProviderAnswerError

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVES: Final = ("ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S: Final = 60
_REQUIRED: Final = ("iss", "sub", "aud", "exp", "iat")
_HASHES: Final = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token has to agree with.

    Attributes
    ----------
    issuer, client_id : str
        Who made it, and for whom.
    nonce : str or None
        Of the attempt; None for a token that came with a refresh.
    subject : str or None
        Of the session; None at sign-in.
    access_token : str
        What it came with.
    """

    issuer: str
    client_id: str
    nonce: str | None
    subject: str | None
    access_token: str


@dataclass(frozen=True, slots=True)
class Session:
    """What is kept of a session at the provider, encrypted, in the hub's database only.

    Attributes
    ----------
    subject : str
        ``sub``.
    access_token, refresh_token, id_token : str
        To read claims again, and to sign out; empty if there is none.
    confirmed : float
        When the provider last vouched for the person, in seconds since 1970.
    invited_until : float
        Until when the person may stay without a membership, to accept an invitation.
    """

    subject: str
    access_token: str
    refresh_token: str
    id_token: str
    confirmed: float
    invited_until: float = 0

    def to_json(self) -> dict[str, Any]:
        """Give it in the form that is stored."""
        return asdict(self)

    def vouched_for(self, now: float) -> "Session":
        """Give the same, of somebody for whom the provider has just vouched."""
        return replace(self, confirmed=now)

    def invited(self, until: float) -> "Session":
        """Give the same, of somebody who may stay until then without a membership."""
        return replace(self, invited_until=until)

    @staticmethod
    def find(stored: object) -> "Session | None":
        """Read what was stored; None if it is not there or of another version."""
        names = {field.name for field in fields(Session)}
        if not isinstance(stored, Mapping) or set(stored) != names:
            return None
        return Session(**stored)


def nonce_of(challenge: str) -> str:
    """Give the nonce of an attempt.

    It is a hash of a secret that only the browser's cookie holds (through the PKCE challenge), as
    OpenID Connect Core 15.5.2 proposes.
    """
    digest = hashlib.sha256(b"museion nonce\0" + challenge.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def challenge_of(verifier: str) -> str:
    """Give the PKCE challenge (S256) of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def key_id_of(token: str) -> tuple[str, str]:
    """Give algorithm and key id of a token, unchecked.

    Raises
    ------
    ProviderAnswerError
        If it is no token, or of an algorithm that is not accepted.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise ProviderAnswerError("The token can't be read") from error
    algorithm = str(header.get("alg"))
    if algorithm not in ALGORITHMS + CURVES:
        raise ProviderAnswerError(f"The token is signed by an algorithm we refuse: {algorithm}")
    return algorithm, str(header.get("kid") or "")


def find_key(jwks: object, algorithm: str, key_id: str) -> jwt.PyJWK | None:
    """Find the key of the provider that a token names; without a name, the only one that fits."""
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    fit = [key for key in keys or () if _is_fit(key, algorithm, key_id)]
    if len(fit) != 1:
        return None
    try:
        return jwt.PyJWK(dict(fit[0]), algorithm)
    except jwt.PyJWTError:
        return None


def require_id_token(token: str, key: jwt.PyJWK, expected: Expected) -> Claims:
    """Give an ID token's claims.

    Raises
    ------
    ProviderAnswerError
        If anything about it is not as it must be.
    """
    algorithm, _ = key_id_of(token)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=LEEWAY_S,
            options={"require": list(_REQUIRED)},
        )
    except jwt.PyJWTError as error:
        raise ProviderAnswerError(f"The ID token is refused: {type(error).__name__}") from error
    _require(is_for_client(claims, expected.client_id), "is for another client")
    if expected.nonce is not None:
        _require(_same(claims.get("nonce"), expected.nonce), "belongs to another attempt")
    if expected.subject is not None:
        _require(_same(claims["sub"], expected.subject), "is another person's")
    if "at_hash" in claims:
        _require(
            _same(claims["at_hash"], _half_hash(expected.access_token, algorithm)),
            "belongs to another access token",
        )
    return claims


def is_for_client(claims: Claims, client_id: str) -> bool:
    """Tell whether a token with this client in its audience is for nobody else."""
    party = claims.get("azp")
    audience = claims["aud"]
    is_alone = isinstance(audience, str) or len(audience) == 1
    return party == client_id or (party is None and is_alone)


def _is_fit(key: object, algorithm: str, key_id: str) -> bool:
    if not isinstance(key, Mapping) or key.get("use", "sig") != "sig":
        return False
    kind = {"R": "RSA", "P": "RSA", "E": "EC"}[algorithm[0]]
    kind = "OKP" if algorithm == "EdDSA" else kind
    is_named = not key_id or key.get("kid") == key_id
    return is_named and key.get("kty") == kind and key.get("alg", algorithm) == algorithm


def _half_hash(access_token: str, algorithm: str) -> str:
    digest = _HASHES.get(algorithm[2:], hashlib.sha512)(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a claim
    if not holds:
        raise ProviderAnswerError(f"The ID token {otherwise}")
