"""The HTTP API of releases. Each endpoint is one transaction."""

import base64
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path
from pydantic import BaseModel, PlainSerializer, PlainValidator, WithJsonSchema

from museion_datasets.errors import DatasetsError
from museion_datasets.evidence.dsse import STATEMENT_TYPE
from museion_datasets.evidence.signing import encode_key_file
from museion_datasets.evidence.statement import Outline, Release
from museion_datasets.model import timestamp
from museion_hub.registry import releases
from museion_hub.registry.notary import Notary
from museion_hub.registry.principals import Who
from museion_hub.registry.releases import ReleaseDesk, SignedFiles
from museion_hub.registry.routes import PREFIX, REFUSALS, At, Parts
from museion_hub.registry.wire import MAX_VERSION, Request

_DATASET: Final = "/datasets/{workgroup}/{name}"
_STATEMENT_SCHEMA: Final = {"type": "string", "contentMediaType": STATEMENT_TYPE}
_BASE64_SCHEMA: Final = {"type": "string", "contentEncoding": "base64"}


def _release(value: object) -> Release:
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004 - pydantic turns ValueErrors into answers
    try:
        return Release.from_statement(value.encode())
    except (DatasetsError, UnicodeEncodeError) as error:
        raise ValueError(str(error).partition("\n")[0]) from None


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


type CheckedRelease = Annotated[
    Release, PlainValidator(_release), WithJsonSchema(_STATEMENT_SCHEMA)
]
type File = Annotated[bytes, PlainSerializer(_encode), WithJsonSchema(_BASE64_SCHEMA)]
type Number = Annotated[int, Path(ge=1, le=MAX_VERSION)]


class ReleaseRequest(Request):
    """An in-toto Statement to be signed, as text."""

    statement: CheckedRelease


class SignedRelease(BaseModel):
    """The files that belong beside the objects: signed statement, keys, proof from the log."""

    envelope: File
    signers: File
    log: File


class ReleaseCard(BaseModel):
    """One line in the list of releases."""

    release: int
    version: int
    digest: str
    author: str
    created: str


class Institution(BaseModel):
    """The institution behind this registry, and the key that whoever trusts it keeps."""

    name: str
    fingerprint: str
    key_file: str


api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["releases"], responses=REFUSALS)


@api.get("/institution")
def read_institution(service: Parts, _who: Who) -> Institution:
    """Give the institution's public key, by which its releases are recognised anywhere."""
    with service.database.writing() as session:
        trusted = Notary(session, service.custody, service.institution).trusted_key()
    return Institution(
        name=trusted.name, fingerprint=trusted.key.fingerprint, key_file=encode_key_file(trusted)
    )


@api.get(f"{_DATASET}/versions/{{number}}/outline")
def outline_release(service: Parts, who: Who, path: At, number: Number) -> Outline:
    """Draw up what the next release of a version says."""
    with service.database.reading() as session:
        desk = ReleaseDesk(session, who, service.places, service.institution)
        return desk.outline(path, number)


@api.post(f"{_DATASET}/releases", status_code=HTTPStatus.CREATED)
def release_version(service: Parts, who: Who, path: At, wish: ReleaseRequest) -> SignedRelease:
    """Sign a release with the key of the caller's account, if all it says is true."""
    with service.database.writing() as session:
        desk = ReleaseDesk(session, who, service.places, service.institution)
        signed = desk.sign(path, wish.statement, service.custody)
    return _answer(signed)


@api.get(f"{_DATASET}/releases")
def list_releases(service: Parts, who: Who, path: At) -> list[ReleaseCard]:
    """List a dataset's releases, the newest first."""
    with service.database.reading() as session:
        return [
            ReleaseCard(
                release=row.release,
                version=row.version,
                digest=row.digest,
                author=row.author,
                created=timestamp(row.created),
            )
            for row in releases.list_releases(session, who, path)
        ]


@api.get(f"{_DATASET}/releases/newest")
def read_newest_release(service: Parts, who: Who, path: At) -> SignedRelease:
    """Give the newest release."""
    with service.database.reading() as session:
        return _answer(releases.read_release(session, who, path, None))


@api.get(f"{_DATASET}/releases/{{number}}")
def read_release(service: Parts, who: Who, path: At, number: Number) -> SignedRelease:
    """Give one release."""
    with service.database.reading() as session:
        return _answer(releases.read_release(session, who, path, number))


def _answer(signed: SignedFiles) -> SignedRelease:
    return SignedRelease(envelope=signed.envelope, signers=signed.signers, log=signed.log)
