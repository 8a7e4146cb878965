"""Keys that sign releases: Ed25519 and ML-DSA-65, always together.

One key is a pair of pairs. A forger would have to break both, one of which is believed to
withstand a quantum computer, the other one known for decades. A key's id is a hash over
both public halves; its fingerprint is the part of the id that people compare aloud.

A public key is kept as a small text file, whose first line says what its owner may do:
``institution`` keys vouch for signers, ``signer`` keys sign releases. Which of the two a
key is to you is your decision: it stands in your copy of the file, not in the key.
"""

import hashlib
import textwrap
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey

from museion_datasets.errors import InvalidError, SignatureError
from museion_datasets.evidence.records import decode_bytes, encode_bytes

ED25519_BYTES = 32
MLDSA65_BYTES = 1952
PUBLIC_BYTES = ED25519_BYTES + MLDSA65_BYTES
SEED_BYTES = 32
PRIVATE_BYTES = 2 * SEED_BYTES
MAX_NAME_CHARACTERS = 200
MAX_KEY_FILE_CHARACTERS = 1 << 20

_ID_LABEL = b"museion/signer-key/v1"
_FINGERPRINT_DIGITS = 45
_DIGITS_IN_GROUP = 5
_LINE_CHARACTERS = 76
_HEADERS = {"museion institution key 1": "institution", "museion signer key 1": "signer"}
_BEGINNING = "museion "
_FIELDS = 2
_NOT_A_KEY_FILE = "Not a file with public keys of museion, or a damaged one"
_KEY_FILE_HINT = (
    "ask the institution for its key again and compare the fingerprint with somebody there."
)


class KeyUse(StrEnum):
    """What a trusted key may do."""

    INSTITUTION = "institution"
    SIGNER = "signer"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a key.

    Attributes
    ----------
    raw : bytes
        32-byte Ed25519 key followed by the 1952-byte ML-DSA-65 key.
    """

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_BYTES:
            raise SignatureError(
                f"Not a public key of {PUBLIC_BYTES} bytes: {len(self.raw)} bytes",
                hint="ask its owner to send the key again.",
            )

    @property
    def id(self) -> str:
        """SHA-256 over both public keys, 64 hexadecimal digits."""
        return hashlib.sha256(_ID_LABEL + self.raw).hexdigest()

    @property
    def fingerprint(self) -> str:
        """45 digits in groups of five, 149 bits of the id, for people to compare."""
        digits = str(int(self.id, 16) % 10**_FINGERPRINT_DIGITS).zfill(_FINGERPRINT_DIGITS)
        return " ".join(textwrap.wrap(digits, _DIGITS_IN_GROUP))

    @property
    def ed25519(self) -> Ed25519PublicKey:
        """The Ed25519 half."""
        return Ed25519PublicKey.from_public_bytes(self.raw[:ED25519_BYTES])

    @property
    def mldsa65(self) -> MLDSA65PublicKey:
        """The ML-DSA-65 half."""
        return MLDSA65PublicKey.from_public_bytes(self.raw[ED25519_BYTES:])


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half of a key; never shown.

    Attributes
    ----------
    seeds : bytes
        32-byte Ed25519 seed followed by the 32-byte ML-DSA-65 seed.
    """

    seeds: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seeds) != PRIVATE_BYTES:
            raise SignatureError(
                "Not a signing key", hint="restore the file with the key from a backup."
            )

    @property
    def ed25519(self) -> Ed25519PrivateKey:
        """The Ed25519 half."""
        return Ed25519PrivateKey.from_private_bytes(self.seeds[:SEED_BYTES])

    @property
    def mldsa65(self) -> MLDSA65PrivateKey:
        """The ML-DSA-65 half."""
        return MLDSA65PrivateKey.from_seed_bytes(self.seeds[SEED_BYTES:])

    @property
    def public(self) -> PublicKey:
        """The public half."""
        ed25519 = self.ed25519.public_key().public_bytes_raw()
        return PublicKey(ed25519 + self.mldsa65.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that a person keeps, and for what.

    Attributes
    ----------
    use : KeyUse
        What its owner may do.
    name : str
        Whose it is, as the person who keeps it says.
    key : PublicKey
        The key.
    """

    use: KeyUse
    name: str
    key: PublicKey


def generate_signing_key() -> SigningKey:
    """Make a fresh key.

    Returns
    -------
    SigningKey
        From the system's randomness.
    """
    ed25519, mldsa65 = Ed25519PrivateKey.generate(), MLDSA65PrivateKey.generate()
    return SigningKey(ed25519.private_bytes_raw() + mldsa65.private_bytes_raw())


def encode_key_file(trusted: TrustedKey) -> str:
    """Write a public key as text.

    Parameters
    ----------
    trusted : TrustedKey
        The key, its use and its owner.

    Returns
    -------
    str
        ASCII but for the name.

    Raises
    ------
    InvalidError
        If the name is empty, too long or more than one line.
    """
    if not _is_name(trusted.name):
        raise InvalidError(
            f"Not a name for a key: {trusted.name!r:.80}",
            hint=f"use one line of at most {MAX_NAME_CHARACTERS} characters.",
        )
    return "\n".join((
        f"museion {trusted.use} key 1",
        f"name {trusted.name}",
        f"id {trusted.key.id}",
        *textwrap.wrap(encode_bytes(trusted.key.raw), _LINE_CHARACTERS),
        "",
    ))


def decode_key_file(text: str) -> list[TrustedKey]:
    """Read public keys, one after the other.

    Empty lines, spaces at the ends of lines and lines that begin with ``#`` don't count.

    Parameters
    ----------
    text : str
        What `encode_key_file` returned, any number of times.

    Returns
    -------
    list of TrustedKey
        In the file's order, at least one.

    Raises
    ------
    InvalidError
        If it is anything else, or a key does not fit its id.
    """
    lines = [line.strip() for line in text[: MAX_KEY_FILE_CHARACTERS + 1].splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    starts = [at for at, line in enumerate(lines) if line.startswith(_BEGINNING)]
    if len(text) > MAX_KEY_FILE_CHARACTERS or starts[:1] != [0]:
        raise InvalidError(_NOT_A_KEY_FILE, hint=_KEY_FILE_HINT)
    ends = [*starts[1:], len(lines)]
    return [_block(lines[start:end]) for start, end in zip(starts, ends, strict=True)]


def _block(lines: list[str]) -> TrustedKey:
    """Read the lines of one key.

    Raises
    ------
    InvalidError
        If they are anything else.
    """
    use = _HEADERS.get(lines[0])
    labels = [line.split(" ", 1) for line in lines[1:3]]
    if use is None or [label[0] for label in labels] != ["name", "id"]:
        raise InvalidError(_NOT_A_KEY_FILE, hint=_KEY_FILE_HINT)
    if any(len(label) != _FIELDS for label in labels) or not _is_name(labels[0][1]):
        raise InvalidError(_NOT_A_KEY_FILE, hint=_KEY_FILE_HINT)
    raw = decode_bytes("".join(lines[3:]), "public key")
    if len(raw) != PUBLIC_BYTES or PublicKey(raw).id != labels[1][1]:
        raise InvalidError(_NOT_A_KEY_FILE, hint=_KEY_FILE_HINT)
    return TrustedKey(KeyUse(use), labels[0][1], PublicKey(raw))


def _is_name(name: str) -> bool:
    """Return whether a key's owner may be called that."""
    return 0 < len(name) <= MAX_NAME_CHARACTERS and name.isprintable() and name == name.strip()
