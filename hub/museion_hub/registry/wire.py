"""What goes over the wire, checked strictly on the way in, complete in the API's description."""

import base64
import binascii
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    WithJsonSchema,
)

from museion_datasets.envelope import PUBLIC_BYTES
from museion_datasets.errors import DatasetsError
from museion_datasets.model import (
    MAX_TEXT_CHARACTERS,
    DatasetKind,
    DatasetPath,
    DatasetRecord,
    Head,
)
from museion_datasets.place import Place
from museion_datasets.policy import DatasetPolicy, require_purpose, require_rights
from museion_hub.registry.access import PrincipalKind
from museion_hub.registry.errors import Kind
from museion_hub.registry.names import MAX_USERNAME_CHARS
from museion_hub.registry.places import LOCAL
from museion_hub.registry.tables import GrantMode, Role

MAX_TITLE_CHARS: Final = 200
MAX_PATH_CHARS: Final = 100
MAX_SIZE_BYTES: Final = 2**63 - 1
MAX_VERSION: Final = 2**31 - 1
MAX_PRESENT: Final = 1000
MAX_NAME_CHARS: Final = 40
MAX_LABEL_CHARS: Final = 120
MAX_CODE_CHARS: Final = 8
_BASE64_SCHEMA: Final = {"type": "string", "contentEncoding": "base64"}


def _decode(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004 - pydantic turns ValueErrors into answers
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    if len(decoded) != PUBLIC_BYTES:
        raise ValueError(f"not {PUBLIC_BYTES} bytes")
    return decoded


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _head(value: object) -> Head:
    try:
        return Head.from_json(value)
    except DatasetsError as error:
        raise ValueError(error.message) from None


def _path(value: str) -> str:
    try:
        return str(DatasetPath.parse(value))
    except DatasetsError as error:
        raise ValueError(error.message) from None


def _rights(value: str) -> str:
    try:
        return require_rights(value).id
    except DatasetsError as error:
        raise ValueError(error.message) from None


def _policy(value: object) -> DatasetPolicy:
    try:
        return DatasetPolicy.from_json(value)
    except DatasetsError as error:
        raise ValueError(error.message) from None


def _purpose(value: str) -> str:
    try:
        return require_purpose(value)
    except DatasetsError as error:
        raise ValueError(error.message) from None


type PublicKey = Annotated[bytes, PlainValidator(_decode), WithJsonSchema(_BASE64_SCHEMA)]
type SealedKey = Annotated[bytes, PlainSerializer(_encode), WithJsonSchema(_BASE64_SCHEMA)]
type CheckedHead = Annotated[
    Head, PlainValidator(_head), WithJsonSchema(TypeAdapter(Head).json_schema())
]

type CheckedPolicy = Annotated[
    DatasetPolicy,
    PlainValidator(_policy),
    WithJsonSchema(TypeAdapter(DatasetPolicy).json_schema()),
]
type CheckedPath = Annotated[str, Field(max_length=MAX_PATH_CHARS), AfterValidator(_path)]
type Purpose = Annotated[str, Field(max_length=MAX_NAME_CHARS), AfterValidator(_purpose)]


class Request(BaseModel):
    """Base of what comes in: exact types, nothing unknown."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NewDataset(Request):
    """A dataset to begin."""

    path: CheckedPath
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE_CHARS, pattern=r"\S")]
    kind: Annotated[DatasetKind, Field(strict=False)]
    rights: Annotated[str, Field(max_length=MAX_PATH_CHARS), AfterValidator(_rights)]
    synthetic: bool
    description: Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)]
    policy: CheckedPolicy | None = None
    place: Annotated[str, Field(max_length=MAX_NAME_CHARS)] = LOCAL


class KeyRequest(Request):
    """The ephemeral public key of the process that wants to read, and what for.

    `mode` and `version` say which of a cluster's grants is meant; with a hub's token they change
    nothing.
    """

    public_key: PublicKey
    purpose: Purpose | None = None
    mode: Annotated[GrantMode, Field(strict=False)] = GrantMode.READ
    version: Annotated[int, Field(ge=1, le=MAX_VERSION)] | None = None


class ShareRequest(Request):
    """The workgroup that is to read."""

    workgroup: Annotated[str, Field(max_length=MAX_NAME_CHARS)]


class PartnerRequest(Request):
    """The public key outside the hub that is to read, and what is declared of its holder."""

    public_key: PublicKey
    label: Annotated[str, Field(min_length=1, max_length=MAX_LABEL_CHARS, pattern=r"\S")]
    jurisdiction: Annotated[str, Field(max_length=MAX_CODE_CHARS)] = ""
    purpose: Purpose | None = None


class Commit(Request):
    """A head to become the newest version, and the version it was made from."""

    parent: Annotated[int, Field(ge=1, le=MAX_VERSION)] | None
    head: CheckedHead
    size_bytes: Annotated[int, Field(ge=0, le=MAX_SIZE_BYTES)]


class PresenceReport(Request):
    """Exactly the people who are in the workspace now."""

    people: Annotated[
        list[Annotated[str, Field(max_length=MAX_USERNAME_CHARS)]], Field(max_length=MAX_PRESENT)
    ]


class PresenceAnswer(BaseModel):
    """The members among those who were reported."""

    people: list[str]


class VendedKey(BaseModel):
    """The key of one epoch, sealed to whoever asked."""

    epoch: int
    sealed_key: SealedKey


class OpenAnswer(BaseModel):
    """A dataset, its newest head, and its keys sealed to whoever asked.

    `key_files` are the public files that belong beside the objects; only who may write gets them.
    """

    dataset: DatasetRecord
    head: Head | None
    epoch: int
    keys: list[VendedKey]
    location: str
    policy: DatasetPolicy
    place: Place
    sealed_credentials: SealedKey | None
    key_files: dict[str, str]


class EpochAnswer(BaseModel):
    """The epoch under which is written from now on."""

    epoch: int


class MyWorkgroup(BaseModel):
    """A workgroup of the principal."""

    slug: str
    role: Role


class Me(BaseModel):
    """Who asks, as the registry sees it."""

    name: str
    kind: PrincipalKind
    workgroups: list[MyWorkgroup]


class Health(BaseModel):
    """That the registry and its database answer."""

    status: str


class ErrorBody(BaseModel):
    """What every refusal looks like."""

    kind: Kind
    message: str
    hint: str


type Json = dict[str, Any]
