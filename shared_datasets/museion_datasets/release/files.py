"""The files of releases, beside the sealed objects: ``releases/<number>/…``.

``statement.dsse.json`` is the signed statement, ``objects`` the list of stored objects,
``signers.json`` the keys, ``log.json`` the proof that it was logged, ``timestamp.tsr`` a
time stamp. The statement is written last: a number without it is no release, but one that
somebody began to write.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from museion_datasets.errors import IntegrityError, InvalidError, SignatureError
from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Judgement, Signers, judge
from museion_datasets.evidence.records import decode_json, encode_json
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.evidence.statement import Release
from museion_datasets.objects import ObjectStore

STATEMENT, OBJECTS, SIGNERS = "statement.dsse.json", "objects", "signers.json"
LOG, STAMP = "log.json", "timestamp.tsr"
_FOLDER = "releases/"
_PATH = re.compile(r"releases/([1-9][0-9]{0,8})/([a-z.]+)")
_HINT = "don't rely on this release: ask its author for an unaltered copy."


@dataclass(frozen=True, slots=True)
class SignedRelease:
    """A signed statement and what goes with it, as stored.

    Attributes
    ----------
    envelope : bytes
        The statement in its envelope.
    signers : bytes
        The keys, JSON.
    log : bytes or None
        Proof that it was logged, JSON.
    """

    envelope: bytes = field(repr=False)
    signers: bytes = field(repr=False)
    log: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OpenedRelease:
    """A release whose signatures hold.

    Attributes
    ----------
    release : Release
        What was signed.
    digest : str
        SHA-256 over the envelope as stored.
    judgement : Judgement
        Who signed, and whether that is to be believed.
    """

    release: Release
    digest: str
    judgement: Judgement


def file_path(number: int, name: str) -> str:
    """Return where a file of a release lies.

    Parameters
    ----------
    number : int
        The release's number.
    name : str
        One of this module's names.

    Returns
    -------
    str
        Below the dataset's directory.
    """
    return f"{_FOLDER}{number}/{name}"


def release_numbers(objects: ObjectStore) -> list[int]:
    """Return which releases lie in a storage.

    Parameters
    ----------
    objects : ObjectStore
        The dataset's directory.

    Returns
    -------
    list of int
        Those with a statement, ascending.
    """
    return sorted(number for number, name in _files(objects) if name == STATEMENT)


def unfinished_numbers(objects: ObjectStore) -> list[int]:
    """Return the numbers under which something lies, but no statement.

    Parameters
    ----------
    objects : ObjectStore
        The dataset's directory.

    Returns
    -------
    list of int
        Ascending.
    """
    files = _files(objects)
    return sorted({number for number, _ in files} - set(release_numbers(objects)))


def read_signed(objects: ObjectStore, number: int) -> SignedRelease:
    """Read a release without believing it yet.

    Parameters
    ----------
    objects : ObjectStore
        The dataset's directory.
    number : int
        Its number.

    Returns
    -------
    SignedRelease
        As stored.

    Raises
    ------
    SignatureError
        If statement or keys are missing.
    """
    envelope = objects.get_public(file_path(number, STATEMENT))
    signers = objects.get_public(file_path(number, SIGNERS))
    if envelope is None or signers is None:
        missing = STATEMENT if envelope is None else SIGNERS
        raise SignatureError(f"Release {number} is not signed, missing: {missing}", hint=_HINT)
    return SignedRelease(envelope, signers, objects.get_public(file_path(number, LOG)))


def write_signed(objects: ObjectStore, number: int, listed: bytes, signed: SignedRelease) -> None:
    """Write a release; dying at any moment leaves a whole one or none.

    Parameters
    ----------
    objects : ObjectStore
        The dataset's directory.
    number : int
        Its number.
    listed : bytes
        The list of objects.
    signed : SignedRelease
        The rest.
    """
    objects.put_public(file_path(number, OBJECTS), listed)
    objects.put_public(file_path(number, SIGNERS), signed.signers)
    if signed.log is not None:
        objects.put_public(file_path(number, LOG), signed.log)
    objects.put_public(file_path(number, STATEMENT), signed.envelope)


def open_signed(signed: SignedRelease, trusted: Iterable[TrustedKey]) -> OpenedRelease:
    """Check the signatures of a release, and whose they are.

    Parameters
    ----------
    signed : SignedRelease
        From anywhere.
    trusted : iterable of TrustedKey
        What the person keeps.

    Returns
    -------
    OpenedRelease
        Both signatures hold. Whether the signer is trusted says its judgement.

    Raises
    ------
    SignatureError
        If a signature is missing or doesn't hold, or the signer is another one than the
        statement or the certificate says.
    """
    signers = Signers.from_json(_json(signed.signers))
    envelope = dsse.open_envelope(signed.envelope, dsse.STATEMENT_TYPE)
    release = Release.from_statement(dsse.verify(envelope, signers.signer))
    judgement = judge(signers, trusted)
    certificate, outline = judgement.certificate, release.outline
    said = (outline.author, outline.institution)
    if certificate is not None and (certificate.principal, certificate.institution) != said:
        raise SignatureError(
            f"Signed with the key of {certificate.principal}, not by the author it names: "
            f"{outline.author:.80}",
            hint=_HINT,
        )
    return OpenedRelease(release, envelope.digest, judgement)


def encode_signers(signers: Signers) -> bytes:
    """Return the keys as stored.

    Parameters
    ----------
    signers : Signers
        The keys.

    Returns
    -------
    bytes
        JSON.
    """
    return encode_json(signers.to_json())


def require_follows(later: OpenedRelease, earlier: OpenedRelease) -> None:
    """Raise unless one release is the one before another.

    Parameters
    ----------
    later, earlier : OpenedRelease
        Two releases with consecutive numbers.

    Raises
    ------
    IntegrityError
        If the later one names another.
    """
    previous = later.release.outline.previous
    if previous is None or previous.digest != earlier.digest:
        raise IntegrityError(
            f"Release {later.release.outline.release} was made after another release "
            f"{earlier.release.outline.release} than the one that is here",
            hint=_HINT,
        )


def _json(data: bytes) -> object:
    """Parse the keys.

    Raises
    ------
    SignatureError
        If they are not JSON.
    """
    try:
        parsed: object = decode_json(data, "file with keys")
    except InvalidError as error:
        raise SignatureError(error.message, hint=_HINT) from error
    return parsed


def _files(objects: ObjectStore) -> list[tuple[int, str]]:
    """Return number and name of every file of a release."""
    found = (_PATH.fullmatch(path) for path in objects.list_public(_FOLDER))
    return [(int(match[1]), match[2]) for match in found if match]
