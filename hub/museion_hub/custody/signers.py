"""The keys that sign releases: one for each account, one for the institution.

Each is made at its first use, Ed25519 and ML-DSA-65 together, and sealed under the root key with
its owner as associated data, so a stored key that is moved to another account does not open. The
institution's key signs nothing but certificates for the others' public keys.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError, SignatureError
from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Certificate
from museion_datasets.evidence.signing import PublicKey, SigningKey, generate_signing_key
from museion_hub.custody.errors import SealedKeyError

INSTITUTION: Final = "@institution"
"""Owner of the institution's key; no account has such a name."""


@dataclass(frozen=True, slots=True)
class SealedSignerKey:
    """A signing key, as stored.

    Attributes
    ----------
    owner : str
        Account, or `INSTITUTION`.
    public : bytes
        Both public keys.
    sealed : bytes
        Both seeds, sealed under the root key.
    """

    owner: str
    public: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


class SignerCustody(Protocol):
    """What releases ask of whoever holds the keys."""

    def make_signer_key(self, owner: str) -> SealedSignerKey:
        """Make the key of an account, or of the institution."""
        ...

    def sign_statement(self, key: SealedSignerKey, statement: bytes) -> bytes:
        """Sign a statement as an account; the caller has made sure that it is true."""
        ...

    def sign_certificate(self, key: SealedSignerKey, certificate: Certificate) -> bytes:
        """Vouch for an account's public key as the institution."""
        ...


def make_signer_key(root: bytes, owner: str) -> SealedSignerKey:
    """Make a signing key."""
    key = generate_signing_key()
    sealed = envelope.wrap_under_root(root, key.seeds, _info(owner))
    return SealedSignerKey(owner, key.public.raw, sealed)


def sign_statement(root: bytes, key: SealedSignerKey, statement: bytes) -> bytes:
    """Sign a statement as an account.

    Raises
    ------
    SealedKeyError
        If the key does not open, or is the institution's.
    """
    if key.owner == INSTITUTION:
        raise SealedKeyError("the institution signs no statements")
    return dsse.sign(statement, dsse.STATEMENT_TYPE, _open(root, key))


def sign_certificate(root: bytes, key: SealedSignerKey, certificate: Certificate) -> bytes:
    """Vouch for an account's public key.

    Raises
    ------
    SealedKeyError
        If the key does not open, or is an account's.
    """
    if key.owner != INSTITUTION:
        raise SealedKeyError(f"signer {key.owner} vouches for nobody")
    return certificate.sign(_open(root, key))


def _open(root: bytes, key: SealedSignerKey) -> SigningKey:
    try:
        opened = SigningKey(envelope.unwrap_under_root(root, key.sealed, _info(key.owner)))
        is_same = opened.public == PublicKey(key.public)
    except (KeyUnavailableError, SignatureError):
        raise SealedKeyError(f"signer {key.owner}") from None
    if not is_same:
        raise SealedKeyError(f"signer {key.owner}")
    return opened


def _info(owner: str) -> bytes:
    return f"museion/signer-key/v1/{owner}".encode()
