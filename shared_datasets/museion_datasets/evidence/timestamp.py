"""Time stamps after RFC 3161: an authority's word that a release was there at a time.

The stamp is over the SHA-256 digest of the signed envelope as stored, so it covers both
signatures: they count even if one kind of signature is broken later. Which authorities to
believe is the reader's decision; without one the time is only a claim.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from museion_datasets.errors import InvalidError, SignatureError, UnavailableError
from museion_datasets.model import timestamp

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

MAX_STAMP_BYTES = 1 << 16
MAX_AUTHORITY_BYTES = 1 << 20

_TIMEOUT_S = 30.0
_HEADERS = {"Content-Type": "application/timestamp-query"}
_HINT = "don't rely on the time: ask for a time stamp again."
_AUTHORITY_HINT = "try again later, or use another time-stamp authority."


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What a time stamp says.

    Attributes
    ----------
    time : str
        RFC 3339 in UTC, to the second.
    authority : str
        Name of the certificate that signed it; a claim unless the stamp was verified.
    """

    time: str
    authority: str


def request_stamp(url: str, envelope: bytes, *, client: httpx.Client | None = None) -> bytes:
    """Ask an authority for a time stamp.

    Parameters
    ----------
    url : str
        The authority's address.
    envelope : bytes
        The signed envelope as stored; only its digest leaves the process.
    client : httpx.Client, optional
        For a proxy or certificates of one's own.

    Returns
    -------
    bytes
        The answer, DER; it is for this envelope and this request.

    Raises
    ------
    InvalidError
        If the address is none.
    SignatureError
        If the answer is for something else.
    """
    # Here, not above: rarely needed, and not by the hub.
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415

    if not url.startswith(("http://", "https://")):
        raise InvalidError(
            f"Not the address of a time-stamp authority: {url!r:.80}", hint="begin it with https://"
        )
    request = TimestampRequestBuilder(envelope, HashAlgorithm.SHA256).build()
    if client is None:
        with httpx.Client(timeout=_TIMEOUT_S) as own:
            answer = _ask(own, url, request)
    else:
        answer = _ask(client, url, request)
    stamp = _require_about(answer, envelope)
    if stamp.tst_info.nonce != request.nonce:
        raise SignatureError("The time stamp answers another request", hint=_HINT)
    return answer


def read_stamp(stamp: bytes, envelope: bytes) -> TimeStamp:
    """Return what a time stamp claims for an envelope, without believing it.

    Parameters
    ----------
    stamp : bytes
        As stored.
    envelope : bytes
        The signed envelope as stored.

    Returns
    -------
    TimeStamp
        To be shown as a claim.
    """
    return _said(_require_about(stamp, envelope))


def verify_stamp(stamp: bytes, envelope: bytes, authorities: Sequence[bytes]) -> TimeStamp:
    """Verify a time stamp.

    Parameters
    ----------
    stamp : bytes
        As stored.
    envelope : bytes
        The signed envelope as stored.
    authorities : sequence of bytes
        Root certificates to believe, each file in PEM with one or more.

    Returns
    -------
    TimeStamp
        Signed by an authority that one of the roots vouches for.

    Raises
    ------
    SignatureError
        If it is for another envelope, does not hold, or is by somebody else.
    """
    from rfc3161_client import VerificationError, VerifierBuilder  # noqa: PLC0415 - as above

    response = _require_about(stamp, envelope)
    builder = VerifierBuilder()
    for root in _roots(authorities):
        builder = builder.add_root_certificate(root)
    try:
        with _well_formed():
            builder.build().verify_message(response, envelope)
    except VerificationError as error:
        raise SignatureError(
            "The time stamp is not by an authority that you trust, or does not hold",
            hint="compare its authority with the one you expect, then give its root certificate.",
        ) from error
    return _said(response)


def _ask(client: httpx.Client, url: str, request: "TimeStampRequest") -> bytes:
    """Send a request and return the answer.

    Raises
    ------
    UnavailableError
        If there is no answer, or one that is too long.
    """
    answer = bytearray()
    try:
        with client.stream("POST", url, content=request.as_bytes(), headers=_HEADERS) as response:
            response.raise_for_status()
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > MAX_STAMP_BYTES:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnavailableError(
            f"The time-stamp authority gives no time stamp: {url:.80}", hint=_AUTHORITY_HINT
        ) from error
    if len(answer) > MAX_STAMP_BYTES:
        raise UnavailableError(
            f"The time-stamp authority answers with more than a time stamp: {url:.80}",
            hint=_AUTHORITY_HINT,
        )
    return bytes(answer)


def _require_about(stamp: bytes, envelope: bytes) -> "TimeStampResponse":
    """Return a granted time stamp whose digest is the envelope's.

    Raises
    ------
    SignatureError
        If it is anything else.
    """
    from rfc3161_client import PKIStatus, decode_timestamp_response  # noqa: PLC0415 - as above

    with _well_formed():
        response = decode_timestamp_response(stamp)
        is_granted = response.status == PKIStatus.GRANTED
        found = response.tst_info.message_imprint.message if is_granted else b""
    if not is_granted:
        raise SignatureError("The authority has refused a time stamp", hint=_AUTHORITY_HINT)
    digests = {len(d): d for d in (hashlib.new(n, envelope).digest() for n in _ALGORITHMS)}
    if not hmac.compare_digest(found, digests.get(len(found), b"-")):
        raise SignatureError("The time stamp is for something else", hint=_HINT)
    return response


_ALGORITHMS = ("sha256", "sha384", "sha512")


def _said(response: "TimeStampResponse") -> TimeStamp:
    """Return time and authority."""
    with _well_formed():
        names = _signer_names(response)
        return TimeStamp(timestamp(response.tst_info.gen_time), names or "unnamed")


def _signer_names(response: "TimeStampResponse") -> str:
    """Return the common name of the certificate that signed."""
    signers = {(info.issuer, info.serial_number) for info in response.signed_data.signer_infos}
    for data in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(data)
        if (certificate.issuer, certificate.serial_number) in signers:
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            return ", ".join(str(name.value) for name in names)
    return ""


@contextmanager
def _well_formed() -> Iterator[None]:
    """Turn what the parsers of ASN.1 and certificates raise into our error.

    Raises
    ------
    SignatureError
        If the block finds something that is no time stamp.
    """
    try:
        yield
    except (
        ValueError,
        TypeError,
        AssertionError,
        LookupError,
        OverflowError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise SignatureError("Not a time stamp", hint=_HINT) from error


def _roots(authorities: Iterable[bytes]) -> list[x509.Certificate]:
    """Return the root certificates in these files.

    Raises
    ------
    InvalidError
        If one of them holds none.
    """
    try:
        files = [x509.load_pem_x509_certificates(data) for data in authorities]
    except ValueError as error:
        raise InvalidError(
            "Not a file with certificates", hint="give the authority's root certificate in PEM."
        ) from error
    roots: list[x509.Certificate] = []
    for certificate in (certificate for file in files for certificate in file):
        if certificate not in roots:
            roots.append(certificate)
    return roots
