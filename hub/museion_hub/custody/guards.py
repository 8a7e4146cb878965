"""What protects the root key at rest: nothing but the file's mode, a passphrase, or a token.

A guard seals the 32 bytes of the root key into the fields of its file and opens them again. The
root key itself never changes with its guard, so changing the guard (`rewrap_root_key`) rewrites
one small file and nothing that is sealed under the root.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_hub.custody.errors import LockedError, RootKeyError

SALT_BYTES: Final = 16
MIN_PASSPHRASE_CHARS: Final = 12
ITERATIONS: Final = 3
LANES: Final = 4
MEMORY_KIB: Final = 64 * 1024
MAX_MEMORY_KIB: Final = 4 * 1024 * 1024
MAX_ITERATIONS: Final = 64
_INFO: Final = b"museion/root-key/passphrase/v1"

type Fields = Mapping[str, Any]
"""What a guard writes into the root key's file; nothing in it opens the key by itself."""


class Guard(Protocol):
    """Seals the root key for its file, and opens it."""

    @property
    def kind(self) -> str:
        """As the setting `root_key` names it."""
        ...

    def seal(self, root: bytes) -> Fields:
        """Give what the file has to hold."""
        ...

    def open(self, fields: Fields) -> bytes:
        """Give the root key; raise LockedError if this guard is the wrong one."""
        ...


@dataclass(frozen=True, slots=True)
class PassphraseGuard:
    """A passphrase, stretched by Argon2id (RFC 9106's second recommendation).

    Attributes
    ----------
    passphrase : str
        Never shown, never stored.
    """

    passphrase: str = field(repr=False)
    kind: str = "passphrase"

    def seal(self, root: bytes) -> Fields:
        """Give what the file has to hold.

        Raises
        ------
        LockedError
            If the passphrase is too short to protect anything.
        """
        if len(self.passphrase) < MIN_PASSPHRASE_CHARS:
            raise LockedError(
                f"The passphrase for the root key is too short: {len(self.passphrase)} characters",
                hint=f"use {MIN_PASSPHRASE_CHARS} or more, such as six random words",
            )
        fields = {
            "salt": base64.b64encode(secrets.token_bytes(SALT_BYTES)).decode(),
            "iterations": ITERATIONS,
            "lanes": LANES,
            "memory_kib": MEMORY_KIB,
        }
        sealed = envelope.wrap_under_root(self._stretch(fields), root, _INFO)
        return {**fields, "sealed": base64.b64encode(sealed).decode()}

    def open(self, fields: Fields) -> bytes:
        """Give the root key.

        Raises
        ------
        LockedError
            If the passphrase is wrong.
        """
        sealed = decode(fields["sealed"])
        try:
            return envelope.unwrap_under_root(self._stretch(fields), sealed, _INFO)
        except KeyUnavailableError:
            raise LockedError(
                "The passphrase does not open the root key",
                hint="type it again; nobody can find it out for you",
            ) from None

    def _stretch(self, fields: Fields) -> bytes:
        memory, iterations = int(fields["memory_kib"]), int(fields["iterations"])
        if not (memory <= MAX_MEMORY_KIB and iterations <= MAX_ITERATIONS):
            raise RootKeyError(
                f"The root key's file asks for too much work: {memory} KiB, {iterations} times",
                hint="restore it from the backup",
            )
        kdf = Argon2id(
            salt=decode(fields["salt"]),
            length=envelope.KEY_BYTES,
            iterations=iterations,
            lanes=int(fields["lanes"]),
            memory_cost=memory,
        )
        return kdf.derive(self.passphrase.encode())


def decode(text: object) -> bytes:
    """Give the bytes of a base64 text.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
