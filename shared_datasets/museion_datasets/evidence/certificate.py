"""Whose key it is: an institution's signature over a signer's public key.

A person trusts one key, the institution's; every account of its catalogue signs with a key
of its own, for which the institution vouches. `judge` says what to make of the keys that
lie beside a release, given the keys that a person trusts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from museion_datasets.errors import InvalidError, SignatureError
from museion_datasets.evidence import dsse
from museion_datasets.evidence.records import (
    decode_bytes,
    decode_json,
    encode_bytes,
    encode_json,
    read_record,
    require,
    require_members,
)
from museion_datasets.evidence.signing import KeyUse, PublicKey, SigningKey, TrustedKey
from museion_datasets.model import is_timestamp

CERTIFICATE_URI = "urn:museion:signer:v1"
MAX_LOG_KEYS = 16
SIGNERS_URI = "urn:museion:signers:v1"
_HINT = "don't rely on this release: ask its author for an unaltered copy."


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an institution says of a signer.

    Attributes
    ----------
    principal : str
        The account that the key belongs to.
    institution : str
        Who says so.
    key : PublicKey
        The signer's key.
    created : str
        When, RFC 3339 in UTC.
    log_keys : tuple of str
        The keys of the institution's log, each as C2SP signed-note writes it; empty if it
        keeps none.
    """

    principal: str
    institution: str
    key: PublicKey
    created: str
    log_keys: tuple[str, ...] = ()

    def sign(self, institution: SigningKey) -> bytes:
        """Sign the certificate.

        Parameters
        ----------
        institution : SigningKey
            The institution's key.

        Returns
        -------
        bytes
            A signed envelope.
        """
        payload = encode_json({
            "_type": CERTIFICATE_URI,
            "principal": self.principal,
            "institution": self.institution,
            "key": encode_bytes(self.key.raw),
            "created": self.created,
            "log_keys": list(self.log_keys),
        })
        return dsse.sign(payload, dsse.SIGNER_TYPE, institution)

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Read what was signed.

        Parameters
        ----------
        payload : bytes
            Of the envelope.

        Returns
        -------
        Certificate
            Checked for its form.

        Raises
        ------
        InvalidError
            If it is anything else.
        """
        members = ["_type", "principal", "institution", "key", "created", "log_keys"]
        data = require_members(decode_json(payload, "certificate"), members, "certificate")
        require(data["_type"] == CERTIFICATE_URI, "certificate", "_type", data["_type"])
        for name in ("principal", "institution", "created"):
            require(type(data[name]) is str and data[name], "certificate", name, data[name])
        require(is_timestamp(data["created"]), "certificate", "created", data["created"])
        log_keys = data["log_keys"]
        is_texts = type(log_keys) is list and all(type(key) is str for key in log_keys)
        require(is_texts and len(log_keys) <= MAX_LOG_KEYS, "certificate", "log_keys", log_keys)
        key = PublicKey(decode_bytes(data["key"], "public key"))
        said = (data["principal"], data["institution"], key, data["created"])
        return cls(*said, tuple(log_keys))


@dataclass(frozen=True, slots=True)
class _Stored:
    """The form of `Signers` as JSON."""

    _type: str
    signer: str
    certificate: str | None
    institution: str | None


@dataclass(frozen=True, slots=True)
class Signers:
    """The keys that lie beside a release. Nothing in here is trusted for itself.

    Attributes
    ----------
    signer : PublicKey
        The key that signed the release.
    certificate : bytes or None
        The institution's word for it; None where nobody vouches.
    institution : PublicKey or None
        The key that signed the certificate.
    """

    signer: PublicKey
    certificate: bytes | None = field(default=None, repr=False)
    institution: PublicKey | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.institution is None):
            raise SignatureError(
                "A certificate and the key that signed it belong together", hint=_HINT
            )

    def to_json(self) -> dict[str, Any]:
        """Return the keys as a JSON object.

        Returns
        -------
        dict
            Keys and certificate in base64.
        """
        parts = (self.certificate, self.institution.raw if self.institution else None)
        certificate, institution = (encode_bytes(part) if part else None for part in parts)
        return {
            "_type": SIGNERS_URI,
            "signer": encode_bytes(self.signer.raw),
            "certificate": certificate,
            "institution": institution,
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read the keys.

        Parameters
        ----------
        data : object
            Parsed JSON.

        Returns
        -------
        Signers
            Checked for their form.

        Raises
        ------
        SignatureError
            If they are anything else.
        """
        try:
            stored = read_record(_Stored, data)
            require(stored._type == SIGNERS_URI, "Signers", "_type", stored._type)  # noqa: SLF001
            certificate, institution = (
                None if text is None else decode_bytes(text, "certificate or key")
                for text in (stored.certificate, stored.institution)
            )
            signer = PublicKey(decode_bytes(stored.signer, "public key"))
        except InvalidError as error:
            raise SignatureError(error.message, hint=_HINT) from error
        return cls(signer, certificate, PublicKey(institution) if institution else None)


class Standing(StrEnum):
    """What a verifier may make of a signer."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who signed, and why that is to be believed.

    Attributes
    ----------
    standing : Standing
        Whether a trusted key stands behind the signer.
    trusted_as : str
        The name under which that key is kept; empty if there is none.
    fingerprint : str
        Of the key to compare: the trusted one, or the one that would have to be trusted.
    certificate : Certificate or None
        The institution's word; believed only if the signer is trusted.
    """

    standing: Standing
    trusted_as: str
    fingerprint: str
    certificate: Certificate | None


def judge(signers: Signers, trusted: Iterable[TrustedKey]) -> Judgement:
    """Judge the key that signed a release.

    Parameters
    ----------
    signers : Signers
        What lies beside the release.
    trusted : iterable of TrustedKey
        What the person keeps.

    Returns
    -------
    Judgement
        Trusted if the signer's key is kept as a signer's, or if a key kept as an
        institution's has signed its certificate.

    Raises
    ------
    SignatureError
        If the certificate does not hold, or is for another key.
    """
    certificate = None if signers.certificate is None else _certificate(signers)
    anchor = signers.institution or signers.signer
    for kept in trusted:
        is_signer = kept.use is KeyUse.SIGNER and kept.key.id == signers.signer.id
        is_voucher = (
            kept.use is KeyUse.INSTITUTION
            and signers.institution is not None
            and kept.key.id == signers.institution.id
        )
        if is_signer or is_voucher:
            return Judgement(Standing.TRUSTED, kept.name, kept.key.fingerprint, certificate)
    return Judgement(Standing.UNKNOWN, "", anchor.fingerprint, certificate)


def _certificate(signers: Signers) -> Certificate:
    """Return the certificate if it holds under the institution's key beside it.

    Raises
    ------
    SignatureError
        If it doesn't, or is for another key.
    """
    if signers.certificate is None or signers.institution is None:
        raise SignatureError("There is no certificate", hint=_HINT)
    envelope = dsse.open_envelope(signers.certificate, dsse.SIGNER_TYPE)
    try:
        certificate = Certificate.from_payload(dsse.verify(envelope, signers.institution))
    except InvalidError as error:
        raise SignatureError(error.message, hint=_HINT) from error
    if certificate.key != signers.signer:
        raise SignatureError("The certificate is for another key than the signer's", hint=_HINT)
    return certificate
