"""What a provider's claims say about a person: pure functions, no claim trusted further than meant.

The subject together with the issuer is the person; everything else may change. A name that the
person prefers makes the username readable and never decides whose account it is. An address
counts only if the provider has verified it.
"""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from museion_hub.registry.names import RESERVED_PREFIXES
from museion_hub.sign_in.errors import DeniedError, Problem, ProviderAnswerError

type Claims = Mapping[str, Any]

MAX_SUBJECT_CHARS: Final = 255
MAX_NAME_CHARS: Final = 120
MAX_EMAIL_CHARS: Final = 254
READABLE_CHARS: Final = 32
HASH_CHARS: Final = (8, 13, 26)
"""How much of the hash stands in a username; the longer ones if the shorter is taken."""
_NAME_CLAIMS: Final = ("name", "preferred_username", "given_name")
_PREFERRED_CLAIMS: Final = ("preferred_username", "nickname", "name", "given_name")


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the provider knows them.

    Attributes
    ----------
    subject : str
        ``<issuer>#<sub>``: unique in the world, and never another person's.
    preferred : str
        A readable beginning for the username.
    display_name : str
        As others see it; may be empty.
    email : str or None
        Only if it is verified.
    """

    subject: str
    preferred: str
    display_name: str
    email: str | None


def identity_from(claims: Claims, *, issuer: str, subject_claim: str) -> Identity:
    """Say who the claims are about.

    Raises
    ------
    ProviderAnswerError
        If they name nobody.
    """
    subject = claims.get(subject_claim)
    if not isinstance(subject, str) or not subject.isprintable() or not subject.strip():
        raise ProviderAnswerError(f"The claims have no subject: {subject_claim}")
    if len(subject) > MAX_SUBJECT_CHARS:
        raise ProviderAnswerError(f"The subject is too long, characters: {len(subject)}")
    display = next(filter(None, (_text(claims, name) for name in _NAME_CLAIMS)), "")
    preferred = next(filter(None, (_text(claims, name) for name in _PREFERRED_CLAIMS)), "")
    return Identity(f"{issuer}#{subject}", preferred, display[:MAX_NAME_CHARS], _email(claims))


def entitlements_from(claims: Claims, claim: str) -> list[object] | None:
    """Give the values of the entitlement claim; None if it is absent.

    One value may stand alone, without a list around it. An empty list is an answer: no groups.
    """
    value = claims.get(claim)
    if value is None:
        return None
    return value if isinstance(value, list) else [value]


def require_entitlements(claims: Claims, claim: str) -> list[object]:
    """Give the values of the entitlement claim.

    Raises
    ------
    DeniedError
        If it is absent: nobody is let in on what was not said.
    """
    values = entitlements_from(claims, claim)
    if values is None:
        raise DeniedError(f"The claim with the entitlements is absent: {claim}", Problem.NO_CLAIM)
    return values


def usernames_for(identity: Identity) -> Iterator[str]:
    """Give usernames for a new person, the first one that is free to be taken.

    Each ends with a hash of issuer and subject, so two people with one preferred name differ and
    the name of somebody who left does not become somebody else's.
    """
    start = _readable(identity.preferred)
    digest = hashlib.sha256(identity.subject.encode()).digest()
    code = base64.b32encode(digest).decode().lower()
    for length in HASH_CHARS:
        yield f"{start}-{code[:length]}"


def _readable(name: str) -> str:
    """``"Bao Nguyễn"`` → ``"bao-nguyen"``; of an address the part before the @."""
    plain = unicodedata.normalize("NFKD", name.partition("@")[0]).encode("ascii", "ignore")
    words = re.findall(r"[a-z0-9]+", plain.decode().lower())
    start = "-".join(words)[:READABLE_CHARS].strip("-") or "person"
    is_fit = start[0].isalpha() and not f"{start}-".startswith(RESERVED_PREFIXES)
    return start if is_fit else f"person-{start}"


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()


def _email(claims: Claims) -> str | None:
    address = _text(claims, "email")
    is_fit = 0 < len(address) <= MAX_EMAIL_CHARS and "@" in address
    return address if is_fit and claims.get("email_verified") is True else None
