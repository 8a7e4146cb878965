"""Keys that sign notes, in the text form of C2SP signed-note: ``name+key id+base64``.

Three of the assigned signature types are known: Ed25519 over the note itself, and the time-stamped
cosignatures of C2SP tlog-cosignature with Ed25519 and with ML-DSA-44. What exactly each of them
signs is decided in `cosignature`. A key's text form is what a person is given once, by a way they
trust, to check everything after.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Never, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from museion_datasets.errors import HistoryError, InvalidError

SEED_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
MAX_NAME_BYTES: Final = 255
MAX_VERIFIER_CHARS: Final = 2560
_HINT: Final = "ask whoever runs the log for its verifier keys again"


class SignatureType(IntEnum):
    """The byte that C2SP signed-note assigns to a kind of signature."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_MLDSA44 = 0x06


_PUBLIC_BYTES: Final = {
    SignatureType.ED25519: 32,
    SignatureType.COSIGNATURE_ED25519: 32,
    SignatureType.COSIGNATURE_MLDSA44: 1312,
}


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name and the one kind of signature that counts from it.

    Attributes
    ----------
    name : str
        Whose key it is; a log's keys bear its origin.
    type : SignatureType
        What it signs.
    public : bytes
        32 bytes for Ed25519, 1312 for ML-DSA-44.
    """

    name: str
    type: SignatureType
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form.

        Raises
        ------
        InvalidError
            If it is no key of a known kind, or its id is not that of the key.
        """
        name, _, rest = text.partition("+") if len(text) <= MAX_VERIFIER_CHARS else ("", "", "")
        key_id, _, encoded = rest.partition("+")
        try:
            content = decode_base64(require_name(name) and encoded)
            verifier = cls(name, SignatureType(content[0]), content[1:])
        except (ValueError, IndexError, InvalidError):
            raise InvalidError(f"Not a verifier key: {text[:80]!r}", hint=_HINT) from None
        fits = len(verifier.public) == _PUBLIC_BYTES[verifier.type]
        if not fits or key_id != verifier.key_id.hex():
            raise InvalidError(f"Not a whole verifier key: {text[:80]!r}", hint=_HINT)
        return verifier

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names its key."""
        named = self.name.encode() + b"\n" + bytes([self.type]) + self.public
        return hashlib.sha256(named).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.type]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def require_signed(self, message: bytes, signature: bytes) -> None:
        """Require that this key signed a message.

        Raises
        ------
        HistoryError
            If it did not.
        """
        try:
            _VERIFY[self.type](self.public, message, signature)
        except (InvalidSignature, ValueError):
            said = f"A signature was not made by the key it names: {self.name}"
            raise HistoryError(said, hint="trust nothing in this note") from None


class Signer:
    """A private key with its name; never shown, never pickled.

    Parameters
    ----------
    name : str
        Whose key it is.
    type_ : SignatureType
        What it signs.
    seed : bytes
        32 random bytes, from which the key follows.
    """

    __slots__ = ("__private", "verifier")

    def __init__(self, name: str, type_: SignatureType, seed: bytes) -> None:
        is_mldsa = type_ is SignatureType.COSIGNATURE_MLDSA44
        private = (MLDSA44PrivateKey.from_seed_bytes if is_mldsa else _ed25519)(seed)
        self.__private = private
        self.verifier = Verifier(require_name(name), type_, private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Signer({self.verifier.name!r}, {self.verifier.type.name})"

    def __reduce__(self) -> Never:
        raise TypeError("a signing key is never pickled")

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        return self.__private.sign(message)


def require_name(name: str) -> str:
    """Give the name of a key back if a note can bear it.

    Raises
    ------
    InvalidError
        If it is empty or too long, or has a space, a plus or a control character.
    """
    is_fit = name.isprintable() and not any(char.isspace() or char == "+" for char in name)
    if not is_fit or not 1 <= len(name.encode(errors="replace")) <= MAX_NAME_BYTES:
        raise InvalidError(f"Not the name of a key: {name[:80]!r}", hint=_HINT)
    return name


def decode_base64(text: str) -> bytes:
    """Decode base64 that is written in the one way it can be.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if base64.b64encode(content).decode() != text:
        raise ValueError("not canonical base64")
    return content


def _ed25519(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _verify_ed25519(public: bytes, message: bytes, signature: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def _verify_mldsa44(public: bytes, message: bytes, signature: bytes) -> None:
    MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)


_VERIFY: Final[dict[SignatureType, Callable[[bytes, bytes, bytes], None]]] = {
    SignatureType.ED25519: _verify_ed25519,
    SignatureType.COSIGNATURE_ED25519: _verify_ed25519,
    SignatureType.COSIGNATURE_MLDSA44: _verify_mldsa44,
}
