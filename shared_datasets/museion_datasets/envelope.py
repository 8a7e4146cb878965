"""Seals short secrets (keys) to a recipient or under the root key.

Sealing to a recipient is HPKE in base mode with the hybrid KEM ML-KEM-768 + X25519
(HKDF-SHA-256, AES-256-GCM): somebody who records the wrap today and owns a quantum
computer later learns nothing. Base mode proves no sender and carries no associated data,
so the context goes into ``info``: build it with `vend_info` or `wrap_info`.
Wrapping under the root is AES-256-GCM with the context as associated data.

Both forms begin with a version byte. An opening either returns the plaintext or raises.
"""

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from museion_datasets.errors import KeyUnavailableError

KEY_BYTES = 32
_HPKE_VERSION = b"\x01"
_ROOT_VERSION = b"\x01"
_NONCE_BYTES = 12
_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1184
_X25519_BYTES = 32
PRIVATE_BYTES = _MLKEM_SEED_BYTES + _X25519_BYTES
PUBLIC_BYTES = _MLKEM_PUBLIC_BYTES + _X25519_BYTES

_UNOPENED = "A sealed key does not open"
_UNOPENED_HINT = "it was sealed for somebody else or altered: ask for it again."

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A recipient's hybrid key pair.

    Attributes
    ----------
    private : bytes
        64-byte ML-KEM-768 seed followed by the 32-byte X25519 private key; never shown.
    public : bytes
        1184-byte ML-KEM-768 key followed by the 32-byte X25519 public key.
    """

    private: bytes = field(repr=False)
    public: bytes = field(repr=False)


def generate_keypair() -> KeyPair:
    """Make a fresh key pair.

    Returns
    -------
    KeyPair
        Private and public part as bytes.
    """
    mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    return KeyPair(
        private=mlkem.private_bytes_raw() + x25519.private_bytes_raw(),
        public=mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw(),
    )


def public_of(private: bytes) -> bytes:
    """Return the public key of a private one.

    Parameters
    ----------
    private : bytes
        96 bytes.

    Returns
    -------
    bytes
        1216 bytes.

    Raises
    ------
    KeyUnavailableError
        If it is no private key.
    """
    try:
        mlkem = MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED_BYTES:])
    except ValueError as error:
        raise KeyUnavailableError(
            f"Not a private key of {PRIVATE_BYTES} bytes: {len(private)} bytes",
            hint="restore the key's file from a backup.",
        ) from error
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def generate_data_key() -> bytes:
    """Make a fresh dataset key.

    Returns
    -------
    bytes
        32 random bytes.
    """
    return secrets.token_bytes(KEY_BYTES)


def seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal `plaintext` so that only the holder of the private key opens it.

    Parameters
    ----------
    public : bytes
        The recipient's public key, 1216 bytes.
    plaintext : bytes
        A short secret.
    info : bytes
        Context that opening must repeat.

    Returns
    -------
    bytes
        Version byte and HPKE ciphertext; 1137 bytes longer than the plaintext.

    Raises
    ------
    KeyUnavailableError
        If `public` is no public key.
    """
    try:
        key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
        )
        return _HPKE_VERSION + _SUITE.encrypt(plaintext, key, info)
    except ValueError as error:
        raise KeyUnavailableError(
            f"Not a public key of {PUBLIC_BYTES} bytes: {len(public)} bytes",
            hint="ask the recipient to send the key again.",
        ) from error


def open_(private: bytes, sealed: bytes, info: bytes) -> bytes:
    """Open what `seal` made.

    Parameters
    ----------
    private : bytes
        The recipient's private key, 96 bytes.
    sealed : bytes
        What `seal` returned.
    info : bytes
        The same context.

    Returns
    -------
    bytes
        The secret.

    Raises
    ------
    KeyUnavailableError
        If it was sealed to another key, in another context, or altered.
    """
    if sealed[:1] != _HPKE_VERSION or len(private) != PRIVATE_BYTES:
        raise KeyUnavailableError(_UNOPENED, hint=_UNOPENED_HINT)
    key = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED_BYTES:]),
    )
    try:
        return _SUITE.decrypt(sealed[1:], key, info)
    except (InvalidTag, ValueError) as error:
        raise KeyUnavailableError(_UNOPENED, hint=_UNOPENED_HINT) from error


def wrap_under_root(root: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal `plaintext` under the root key.

    Parameters
    ----------
    root : bytes
        The root key, 32 bytes.
    plaintext : bytes
        A short secret.
    info : bytes
        Context that opening must repeat.

    Returns
    -------
    bytes
        Version byte, 12-byte nonce and AES-256-GCM ciphertext.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _ROOT_VERSION + nonce + AESGCM(root).encrypt(nonce, plaintext, _ROOT_VERSION + info)


def unwrap_under_root(root: bytes, wrapped: bytes, info: bytes) -> bytes:
    """Open what `wrap_under_root` made.

    Parameters
    ----------
    root : bytes
        The root key, 32 bytes.
    wrapped : bytes
        What `wrap_under_root` returned.
    info : bytes
        The same context.

    Returns
    -------
    bytes
        The secret.

    Raises
    ------
    KeyUnavailableError
        If it was wrapped under another root, in another context, or altered.
    """
    version, rest = wrapped[:1], wrapped[1:]
    if version != _ROOT_VERSION:
        raise KeyUnavailableError(_UNOPENED, hint=_UNOPENED_HINT)
    nonce, ciphertext = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        return AESGCM(root).decrypt(nonce, ciphertext, version + info)
    except (InvalidTag, ValueError) as error:
        raise KeyUnavailableError(_UNOPENED, hint=_UNOPENED_HINT) from error


def vend_info(dataset_id: str, epoch: int) -> bytes:
    """Return the context of a data key on its way to a process that asked for it.

    Parameters
    ----------
    dataset_id : str
        The dataset's id.
    epoch : int
        The key's epoch.

    Returns
    -------
    bytes
        Unambiguous: every part carries its length.
    """
    return _context("museion/vend/v1", dataset_id, str(epoch))


def place_info(dataset_id: str, place: str) -> bytes:
    """Return the context of a storage place's credentials on their way to a process.

    Parameters
    ----------
    dataset_id : str
        The dataset's id.
    place : str
        The place's name.

    Returns
    -------
    bytes
        Unambiguous: every part carries its length.
    """
    return _context("museion/place/v1", dataset_id, place)


def wrap_info(dataset_id: str, epoch: int, recipient: str) -> bytes:
    """Return the context of a data key stored for a recipient.

    Parameters
    ----------
    dataset_id : str
        The dataset's id.
    epoch : int
        The key's epoch.
    recipient : str
        The recipient workgroup's slug, or ``key:`` and a public key's fingerprint.

    Returns
    -------
    bytes
        Unambiguous: every part carries its length.
    """
    return _context("museion/wrap/v1", dataset_id, str(epoch), recipient)


def token_info(cluster: str, worker: str) -> bytes:
    """Return the context of a cluster's token on its way to one worker.

    Parameters
    ----------
    cluster : str
        The cluster's id.
    worker : str
        The worker's address.

    Returns
    -------
    bytes
        For `seal` and `open_`.
    """
    return _context("museion/cluster-token/v1", cluster, worker)


def _context(*parts: str) -> bytes:
    """Join `parts`, each after its length in four bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4) + part for part in encoded)
