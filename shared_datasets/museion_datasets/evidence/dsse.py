"""Signed envelopes (DSSE) with two signatures, both of which must hold.

The envelope is the published one, written and checked by securesystemslib: ``payload``,
``payloadType`` and ``signatures`` over their pre-authentication encoding. Its key ids are
the signer's id with ``/ed25519`` and ``/ml-dsa-65`` behind it, so that a missing signature,
one too many or one of another kind is seen before anything is computed. The ML-DSA-65
signature is securesystemslib's ``ml-dsa-65/1``: over ``tuf``, a byte 1 and the SHA-512 of
the encoding.
"""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from museion_datasets.errors import InvalidError, SignatureError
from museion_datasets.evidence.records import (
    MAX_JSON_BYTES,
    decode_bytes,
    decode_json,
    encode_json,
    require_members,
)
from museion_datasets.evidence.signing import PublicKey, SigningKey

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

STATEMENT_TYPE = "application/vnd.in-toto+json"
SIGNER_TYPE = "application/vnd.museion.signer+json"

_ALGORITHMS = ("ed25519", "ml-dsa-65")
_MAX_ENVELOPE_BYTES = 2 * MAX_JSON_BYTES
_HINT = "don't rely on this release: ask its author for an unaltered copy."


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope whose form is right; whether its signatures hold says `verify`.

    Attributes
    ----------
    payload : bytes
        What is signed.
    key_id : str
        Id of the key that the signatures name.
    digest : str
        SHA-256 over the envelope as stored, 64 hexadecimal digits.
    """

    payload: bytes
    key_id: str
    digest: str
    _payload_type: str = field(repr=False)
    _signatures: tuple[str, str] = field(repr=False)


def sign(payload: bytes, payload_type: str, key: SigningKey) -> bytes:
    """Sign a payload.

    Parameters
    ----------
    payload : bytes
        What is signed.
    payload_type : str
        One of this module's types: a signature of one type is none of another.
    key : SigningKey
        Signs twice.

    Returns
    -------
    bytes
        The envelope as JSON.
    """
    # Here, not above: it loads adapters to every kind of signing device.
    from securesystemslib import dsse, signer  # noqa: PLC0415

    envelope = dsse.Envelope(payload, payload_type, {})
    ed25519, mldsa65 = _halves(key.public)
    envelope.sign(signer.CryptoSigner(key.ed25519, ed25519))
    envelope.sign(signer.CryptoSigner(key.mldsa65, mldsa65))
    return encode_json(envelope.to_dict())


def open_envelope(data: bytes, payload_type: str) -> Envelope:
    """Read an envelope without believing it yet.

    Parameters
    ----------
    data : bytes
        As stored.
    payload_type : str
        The type it must have.

    Returns
    -------
    Envelope
        To be given to `verify`.

    Raises
    ------
    SignatureError
        If it is not an envelope of that type with exactly the two signatures of one key.
    """
    try:
        parsed = decode_json(data, "signed envelope", limit_bytes=_MAX_ENVELOPE_BYTES)
        members = require_members(
            parsed, ["payload", "payloadType", "signatures"], "signed envelope"
        )
        payload = decode_bytes(members["payload"], "payload")
        key_id, signatures = _signatures(members["signatures"])
    except InvalidError as error:
        raise SignatureError(error.message, hint=_HINT) from error
    if members["payloadType"] != payload_type:
        raise SignatureError(
            f"A signature of another kind of document: {members['payloadType']!r:.80}", hint=_HINT
        )
    digest = hashlib.sha256(data).hexdigest()
    return Envelope(payload, key_id, digest, payload_type, signatures)


def verify(envelope: Envelope, key: PublicKey) -> bytes:
    """Return what is signed, if both signatures are by this key.

    Parameters
    ----------
    envelope : Envelope
        From `open_envelope`.
    key : PublicKey
        Whose signatures they must be.

    Returns
    -------
    bytes
        The payload.

    Raises
    ------
    SignatureError
        If they are by another key, or one of them does not hold.
    """
    from securesystemslib import dsse, exceptions, signer  # noqa: PLC0415 - as above

    if envelope.key_id != key.id:
        raise SignatureError(
            f"Signed by another key than the one given: {envelope.key_id[:16]}…", hint=_HINT
        )
    halves = _halves(key)
    signatures = {
        half.keyid: signer.Signature(half.keyid, decode_bytes(text, "signature").hex())
        for half, text in zip(halves, envelope._signatures, strict=True)  # noqa: SLF001 - ours
    }
    signed = dsse.Envelope(envelope.payload, envelope._payload_type, signatures)  # noqa: SLF001
    try:
        signed.verify(list(halves), threshold=len(halves))
    except exceptions.VerificationError as error:
        raise SignatureError("A signature does not hold", hint=_HINT) from error
    return envelope.payload


def _signatures(data: object) -> tuple[str, tuple[str, str]]:
    """Return the key's id and its two signatures, Ed25519 first.

    Raises
    ------
    SignatureError
        If there is one more, one less or one of another kind.
    """
    if not isinstance(data, list) or len(data) != len(_ALGORITHMS):
        count = len(data) if isinstance(data, list) else 0
        raise SignatureError(
            f"Not signed by exactly one Ed25519 and one ML-DSA-65 key, signatures: {count}",
            hint=_HINT,
        )
    found: dict[str, tuple[str, str]] = {}
    for item in data:
        members = require_members(item, ["keyid", "sig"], "signature")
        key_id, _, algorithm = str(members["keyid"]).partition("/")
        decode_bytes(members["sig"], "signature")
        found[algorithm] = (key_id, members["sig"])
    ids = {key_id for key_id, _ in found.values()}
    if set(found) != set(_ALGORITHMS) or len(ids) != 1:
        raise SignatureError(
            f"Not the two kinds of signature of one key: {', '.join(sorted(found))[:80]}",
            hint=_HINT,
        )
    ed25519, mldsa65 = (found[algorithm][1] for algorithm in _ALGORITHMS)
    return ids.pop(), (ed25519, mldsa65)


def _halves(key: PublicKey) -> "tuple[SSlibKey, SSlibKey]":
    """Return both halves of a key as securesystemslib knows them.

    Raises
    ------
    SignatureError
        If they are no public keys.
    """
    from securesystemslib import signer  # noqa: PLC0415 - as above

    ed25519, mldsa65 = (f"{key.id}/{algorithm}" for algorithm in _ALGORITHMS)
    try:
        return (
            signer.SSlibKey.from_crypto(key.ed25519, ed25519),
            signer.SSlibKey.from_crypto(key.mldsa65, mldsa65),
        )
    except ValueError as error:
        raise SignatureError("Not a public key", hint="ask its owner for it again.") from error
