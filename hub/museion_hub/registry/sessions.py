"""A browser's session with the registry: what its two cookies hold, and what they prove.

After the hub has said who signs in, the registry keeps nothing: the session cookie holds the
hub's token, encrypted and authenticated. It counts only

1. while the hub vouches for the token, so signing out of the hub ends it,
2. beside the very hub sign-in it was made in, so the next person at the same browser never
   inherits it,
3. for the API only with the header `REQUEST_HEADER`, whose value stands in the registry's own
   pages and nowhere else, and never for a request that another site caused.

The second cookie binds a sign-in under way to the browser that began it. Keys come from the
registry's own token, so what a former run of the deployment made opens nothing.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from museion_hub.registry.errors import RefusedError, UnauthenticatedError

SESSION_COOKIE: Final = "museion-registry"
BROWSER_COOKIE: Final = "museion-registry-browser"
HUB_SIGN_IN_COOKIE: Final = "jupyterhub-session-id"
REQUEST_HEADER: Final = "X-Museion-Request"
PREFIX: Final = "/services/registry/"
CALLBACK: Final = f"{PREFIX}oauth_callback"
SIGN_IN_S: Final = 600
_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_MAX_SEALED_CHARS: Final = 4096
_OWN_SITE: Final = frozenset({None, "same-origin"})


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What a valid session cookie says.

    Attributes
    ----------
    token : str
        The hub's token of the person.
    request_token : str
        What the pages send along as `REQUEST_HEADER`.
    """

    token: str = field(repr=False)
    request_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in under way.

    Attributes
    ----------
    state : str
        What the hub gives back, sealed.
    challenge : str
        The challenge of RFC 7636 whose verifier is sealed into the state.
    """

    state: str
    challenge: str


@dataclass(frozen=True, slots=True)
class SignInEnd:
    """Where a sign-in leads, and the verifier that redeems its code."""

    next_path: str
    verifier: str = field(repr=False)


class Sessions:
    """Seals and opens both cookies.

    Parameters
    ----------
    secret : bytes
        What only the registry knows; by default random, for the life of this process.
    clock : callable
        Seconds since the epoch.
    """

    def __init__(self, secret: bytes = b"", *, clock: Callable[[], float] = time) -> None:
        root = secret or secrets.token_bytes(_KEY_BYTES)
        self._cipher = AESGCM(_derive(root, b"museion registry sessions 1"))
        self._request_key = _derive(root, b"museion registry requests 1")
        self._clock = clock

    def new_session(self, token: str, cookies: Mapping[str, str]) -> str:
        """Give the cookie of a session that has just begun.

        Parameters
        ----------
        token : str
            The hub's token of the person.
        cookies : mapping of str to str
            What came with the request, the hub's own sign-in included.
        """
        return self._seal({"token": token, "sign_in": _sign_in_of(cookies)}, b"session")

    def find_session(self, cookies: Mapping[str, str]) -> BrowserSession | None:
        """Give the session of these cookies, None for a forged, foreign or outlived one."""
        content = self._open(cookies.get(SESSION_COOKIE, ""), b"session")
        if content is None:
            return None
        if not hmac.compare_digest(str(content["sign_in"]), _sign_in_of(cookies)):
            return None
        token = str(content["token"])
        return BrowserSession(token, self._request_token(token))

    def require_session(
        self, cookies: Mapping[str, str], headers: Mapping[str, str]
    ) -> BrowserSession:
        """Give the session of an API request that one of the registry's own pages made.

        Raises
        ------
        UnauthenticatedError
            If there is no valid session.
        RefusedError
            If something else than a page of the registry caused the request.
        """
        session = self.find_session(cookies)
        if session is None:
            raise UnauthenticatedError("You are signed out", hint="reload the page to sign in")
        said = headers.get(REQUEST_HEADER, "").encode()
        is_ours = hmac.compare_digest(said, session.request_token.encode())
        if not is_ours or headers.get("Sec-Fetch-Site") not in _OWN_SITE:
            raise RefusedError(
                "This did not come from one of Museion's own pages",
                hint="reload the page, then try again",
                reason="no request token, or another site",
            )
        return session

    def new_sign_in(self, next_path: str, browser: str) -> SignIn:
        """Begin a sign-in that ends at one of the registry's own addresses.

        Parameters
        ----------
        next_path : str
            Where it leads; the registry's start for an address that is not its own.
        browser : str
            The browser's own random name, as its cookie holds it.
        """
        verifier = secrets.token_urlsafe(_KEY_BYTES)
        content = {
            "next": next_path if is_own_path(next_path) else PREFIX,
            "browser": _digest(browser),
            "verifier": verifier,
            "until": self._clock() + SIGN_IN_S,
        }
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        return SignIn(self._seal(content, b"sign-in"), challenge.decode().rstrip("="))

    def find_sign_in(self, state: str, cookies: Mapping[str, str]) -> SignInEnd | None:
        """Give where a sign-in leads, None for a forged, late or another browser's one."""
        content = self._open(state, b"sign-in")
        browser = cookies.get(BROWSER_COOKIE, "")
        if content is None or not browser or self._clock() > float(str(content["until"])):
            return None
        if not hmac.compare_digest(str(content["browser"]), _digest(browser)):
            return None
        return SignInEnd(str(content["next"]), str(content["verifier"]))

    def _request_token(self, token: str) -> str:
        return hmac.new(self._request_key, token.encode(), "sha256").hexdigest()

    def _seal(self, content: Mapping[str, object], purpose: bytes) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = json.dumps(content).encode()
        sealed = self._cipher.encrypt(nonce, plain, _VERSION + purpose)
        return base64.urlsafe_b64encode(_VERSION + nonce + sealed).decode().rstrip("=")

    def _open(self, text: str, purpose: bytes) -> dict[str, object] | None:
        if not text or len(text) > _MAX_SEALED_CHARS:
            return None
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            nonce, sealed = raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :]
            plain = self._cipher.decrypt(nonce, sealed, raw[:1] + purpose)
        except (ValueError, InvalidTag):
            return None
        content: dict[str, object] = json.loads(plain)
        return content


def is_own_path(path: str) -> bool:
    """Tell whether an address is a path of the registry: never another host's."""
    return path.startswith(PREFIX) and not any(mark in path for mark in ("\\", "\r", "\n", ".."))


def new_browser() -> str:
    """Give a browser a random name of its own."""
    return secrets.token_urlsafe(_KEY_BYTES)


def _sign_in_of(cookies: Mapping[str, str]) -> str:
    return _digest(cookies.get(HUB_SIGN_IN_COOKIE, ""))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose).derive(secret)
