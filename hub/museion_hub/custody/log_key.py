"""The keys with which the log signs its checkpoints: made once, sealed under the root key.

There are two, Ed25519 and ML-DSA-44, both named after the log's origin; each checkpoint bears
both signatures. The origin is random: it is the log's identity, which neither a new host name nor
a new address changes.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final, Protocol

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.cosignature import sign_checkpoint
from museion_datasets.log.keys import SEED_BYTES, SignatureType, Signer
from museion_datasets.log.tree import TreeHead
from museion_hub.custody.errors import SealedKeyError

_TYPES: Final = (SignatureType.ED25519, SignatureType.COSIGNATURE_MLDSA44)
_ORIGIN_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SealedLogKey:
    """The log's keys, as stored.

    Attributes
    ----------
    origin : str
        Name of the log.
    verifiers : tuple of str
        Public keys, in the text form of C2SP signed-note.
    sealed : bytes
        Both seeds, sealed under the root key.
    """

    origin: str
    verifiers: tuple[str, ...]
    sealed: bytes = field(repr=False)


class LogCustody(Protocol):
    """What the log asks of whoever holds the keys."""

    def make_log_key(self) -> SealedLogKey:
        """Make the keys of a new log."""
        ...

    def sign_checkpoint(self, key: SealedLogKey, head: TreeHead, time_s: int) -> str:
        """Sign what the log says of itself; the caller makes sure that it never says two things."""
        ...


def make_log_key(root: bytes) -> SealedLogKey:
    """Make the keys of a new log."""
    origin = f"museion/log/{secrets.token_hex(_ORIGIN_BYTES)}"
    seeds = secrets.token_bytes(len(_TYPES) * SEED_BYTES)
    verifiers = tuple(str(signer.verifier) for signer in _signers(origin, seeds))
    return SealedLogKey(origin, verifiers, envelope.wrap_under_root(root, seeds, _info(origin)))


def sign_with(root: bytes, key: SealedLogKey, head: TreeHead, time_s: int) -> str:
    """Sign a checkpoint of the log.

    Raises
    ------
    SealedKeyError
        If the keys do not open, or are not those that the log shows.
    """
    try:
        seeds = envelope.unwrap_under_root(root, key.sealed, _info(key.origin))
        signers = _signers(key.origin, seeds)
    except (KeyUnavailableError, ValueError):
        raise SealedKeyError(f"log {key.origin}") from None
    if tuple(str(signer.verifier) for signer in signers) != key.verifiers:
        raise SealedKeyError(f"log {key.origin}")
    return str(sign_checkpoint(Checkpoint(key.origin, head), signers, time_s))


def _signers(origin: str, seeds: bytes) -> list[Signer]:
    halves = (seeds[at : at + SEED_BYTES] for at in range(0, len(seeds), SEED_BYTES))
    return [Signer(origin, type_, seed) for type_, seed in zip(_TYPES, halves, strict=True)]


def _info(origin: str) -> bytes:
    return f"museion/log-key/v1/{origin}".encode()
