"""What goes over the wire about clusters and their grants."""

from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, model_validator

from museion_hub.registry.tables import GrantMode
from museion_hub.registry.wire import (
    MAX_NAME_CHARS,
    MAX_VERSION,
    CheckedPath,
    Purpose,
    Request,
)

CLUSTER_PATTERN: Final = "^[a-z0-9-]{8,80}$"
MAX_LABEL_CHARS: Final = 80
type VersionNumber = Annotated[int, Field(ge=1, le=MAX_VERSION)]
type ClusterName = Annotated[str, Field(pattern=CLUSTER_PATTERN)]


class NewCluster(Request):
    """A cluster to register."""

    place: Annotated[str, Field(max_length=MAX_NAME_CHARS)]
    cluster: ClusterName
    label: Annotated[str, Field(max_length=MAX_LABEL_CHARS)] = ""


class GrantRequest(Request):
    """What a cluster is to read, or to write."""

    dataset: CheckedPath
    first_version: VersionNumber = 1
    last_version: VersionNumber | None = None
    mode: Annotated[GrantMode, Field(strict=False)] = GrantMode.READ
    purpose: Purpose | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_version is not None and self.last_version < self.first_version:
            raise ValueError("the last version is before the first")
        return self


class RegisteredCluster(BaseModel):
    """A cluster and its token, which is shown this once."""

    cluster: str
    place: str
    label: str
    token: str
    expires: str
    lease_s: int


class GrantLine(BaseModel):
    """What a cluster may read, or write."""

    id: str
    dataset: str
    first_version: int
    last_version: int | None
    mode: GrantMode
    purpose: str | None
    place: str
    expires: str


class ClusterLine(BaseModel):
    """A cluster in a list; `workgroup` is null for one of a person's own server."""

    cluster: str
    workgroup: str | None
    account: str
    place: str
    label: str
    started: str
    renewed: str
    expires: str
    grants: list[GrantLine]


class Lease(BaseModel):
    """That a cluster goes on, and what it may read until it asks again."""

    cluster: str
    place: str
    expires: str
    lease_s: int
    grants: list[GrantLine]
