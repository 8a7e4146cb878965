"""Password hashing, and checking that tells a stranger nothing.

Argon2id with the parameters of RFC 9106's low-memory profile. A check costs the same whether the
person exists or not; at most `MAX_PARALLEL` run at once, because each takes 64 MiB.
"""

import base64
import secrets
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY as PROFILE

from museion_hub.registry.errors import InvalidError

MIN_PASSWORD_CHARS: Final = 10
MAX_PASSWORD_CHARS: Final = 1024
MAX_PARALLEL: Final = 4

_HASHER: Final = PasswordHasher.from_parameters(PROFILE)
_SLOTS: Final = threading.BoundedSemaphore(MAX_PARALLEL)


def hash_password(password: str) -> str:
    """Hash a password for storage, if it is fit."""
    require_fit(password)
    return _HASHER.hash(_normal(password))


def require_fit(password: str) -> None:
    """Refuse a password that nobody may have.

    Raises
    ------
    InvalidError
        If it is too short or too long.
    """
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise InvalidError(
            f"Not a password of {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters: "
            f"{len(password)} characters",
            hint="a few unrelated words make a good one",
        )


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is right; without a hash it never is, at the same cost."""
    with _SLOTS:
        matches = _matches(password_hash or _NOBODY, password[: MAX_PASSWORD_CHARS + 1])
    return matches and password_hash is not None


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    # The same letters typed on two keyboards can be different code points.
    return unicodedata.normalize("NFKC", password)


def _random(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")


# What an unknown person's password is compared with: the hash of nothing in particular.
_NOBODY: Final = (
    f"$argon2id$v={PROFILE.version}"
    f"$m={PROFILE.memory_cost},t={PROFILE.time_cost},p={PROFILE.parallelism}"
    f"${_random(PROFILE.salt_len)}${_random(PROFILE.hash_len)}"
)
