"""The HTTP API. Each endpoint is one transaction; what it refuses is answered in `answers`."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy import text

from museion_datasets.errors import DatasetsError
from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_datasets.policy import DatasetPolicy
from museion_hub.registry import (
    catalogue,
    cluster_tokens,
    drafts,
    opening,
    presence,
    versions,
)
from museion_hub.registry.cluster_opening import open_granted, read_granted_head
from museion_hub.registry.cluster_tokens import ClusterPrincipal
from museion_hub.registry.errors import ANSWERS, InvalidError, Kind
from museion_hub.registry.opening import OpenWish
from museion_hub.registry.principals import Opener, Who
from museion_hub.registry.reading import cards_for
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.views import WorkgroupCard
from museion_hub.registry.wire import (
    MAX_VERSION,
    Commit,
    ErrorBody,
    Health,
    Json,
    KeyRequest,
    Me,
    MyWorkgroup,
    NewDataset,
    OpenAnswer,
    PresenceAnswer,
    PresenceReport,
    VendedKey,
)

PREFIX: Final = "/services/registry"
REFUSALS: Final[dict[int | str, Json]] = {
    answer.status: {"model": ErrorBody, "description": answer.message}
    for kind, answer in ANSWERS.items()
    if kind is not Kind.INTERNAL
}

health: Final = APIRouter(prefix=PREFIX, tags=["health"])
api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", responses=REFUSALS)

Parts = Annotated[Service, Depends(service_of)]


# Said to whoever reads the description; `DatasetPath` refuses in words of its own.
_PART: Final[Json] = {"pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", "maxLength": 40}
Part = Annotated[str, Path(json_schema_extra=_PART)]


def dataset_path(workgroup: Part, name: Part) -> DatasetPath:
    """Give the dataset's path from the address.

    Raises
    ------
    InvalidError
        If no dataset can have it.
    """
    try:
        return DatasetPath.parse(f"{workgroup}/{name}")
    except DatasetsError as error:
        raise InvalidError(error.message, hint=error.hint) from None


At = Annotated[DatasetPath, Depends(dataset_path)]


@health.get("/health", responses={503: REFUSALS[503]})
def read_health(service: Parts) -> Health:
    """Say that the registry and its database answer."""
    with service.database.reading() as session:
        session.execute(text("SELECT 1"))
    return Health(status="ok")


@api.get("/openapi.json")
def read_description(request: Request, _who: Who) -> Json:
    """Give this API's description."""
    description: Json = request.app.openapi()
    return description


@api.get("/me")
def read_me(who: Who) -> Me:
    """Say who asks."""
    workgroups = [MyWorkgroup(slug=one.workgroup, role=one.role) for one in who.memberships]
    return Me(name=who.name, kind=who.kind, workgroups=workgroups)


@api.get("/workgroups")
def list_workgroups(service: Parts, who: Who) -> list[WorkgroupCard]:
    """Give the cards of the caller's workgroups."""
    roles = {one.workgroup: one.role for one in who.memberships}
    with service.database.reading() as session:
        return cards_for(session, roles, now=datetime.now(UTC))


@api.get("/datasets")
def list_datasets(service: Parts, who: Who) -> list[DatasetRecord]:
    """List what the caller may read: own datasets and those shared with it."""
    with service.database.reading() as session:
        return catalogue.list_datasets(session, who)


@api.post("/datasets", status_code=HTTPStatus.CREATED)
def create_dataset(service: Parts, who: Who, wish: NewDataset) -> DatasetRecord:
    """Begin a dataset of the caller's own workgroup."""
    path = DatasetPath.parse(wish.path)
    description = drafts.Description(
        title=wish.title.strip(),
        kind=wish.kind,
        is_synthetic=wish.synthetic,
        description=wish.description,
        policy=_policy(wish, path),
        place=service.places.require(wish.place),
    )
    with service.database.writing() as session:
        return drafts.create_dataset(session, service.custody, who, path, description)


@api.post("/datasets/{workgroup}/{name}/open")
def open_dataset(service: Parts, who: Opener, path: At, wish: KeyRequest) -> OpenAnswer:
    """Give a dataset's newest head and its keys, sealed to the caller's ephemeral key."""
    said = OpenWish(wish.public_key, wish.purpose, wish.mode, wish.version)
    places, custody = service.places, service.custody
    with service.database.writing() as session:
        if isinstance(who, ClusterPrincipal):
            cluster = cluster_tokens.require_row(session, who, now=datetime.now(UTC))
            opened = open_granted(session, custody, cluster, path, said, places)
        else:
            opened = opening.open_dataset(session, custody, who, path, said, places)
    return OpenAnswer(
        dataset=opened.dataset,
        head=opened.head,
        epoch=opened.epoch,
        keys=[VendedKey(epoch=n, sealed_key=key) for n, key in opened.sealed_keys.items()],
        location=opened.location,
        policy=opened.policy,
        place=opened.place,
        sealed_credentials=opened.sealed_credentials,
        key_files=dict(opened.key_files),
    )


@api.post("/datasets/{workgroup}/{name}/versions", status_code=HTTPStatus.CREATED)
def commit_version(service: Parts, who: Who, path: At, commit: Commit) -> DatasetRecord:
    """Make a head the newest version, unless somebody committed first."""
    with service.database.writing() as session:
        return versions.commit_version(
            session, who, path, commit.parent, commit.head, commit.size_bytes
        )


@api.get("/datasets/{workgroup}/{name}/versions/{number}")
def read_version(
    service: Parts, who: Opener, path: At, number: Annotated[int, Path(ge=1, le=MAX_VERSION)]
) -> Head:
    """Give the head of one version."""
    with service.database.reading() as session:
        if isinstance(who, ClusterPrincipal):
            cluster = cluster_tokens.require_row(session, who, now=datetime.now(UTC))
            return read_granted_head(session, cluster, path, number, service.places)
        return versions.read_head(session, who, path, number)


@api.delete("/datasets/{workgroup}/{name}", status_code=HTTPStatus.NO_CONTENT)
def discard_draft(service: Parts, who: Who, path: At) -> None:
    """Forget a draft that never got a version."""
    with service.database.writing() as session:
        drafts.discard_draft(session, who, path)


@api.put("/presence")
def report_presence(service: Parts, who: Who, report: PresenceReport) -> PresenceAnswer:
    """Say who is in the caller's workspace now."""
    with service.database.writing() as session:
        slug = catalogue.require_writer(session, who, "presence")
        return PresenceAnswer(people=presence.report(session, slug, report.people))


def _policy(wish: NewDataset, path: DatasetPath) -> DatasetPolicy:
    """Give the policy of a new dataset, by default everything its workgroup's.

    Raises
    ------
    InvalidError
        If it names other rights than the dataset.
    """
    policy = wish.policy or DatasetPolicy(path.workgroup, wish.rights)
    if policy.rights != wish.rights:
        raise InvalidError(
            f"The policy names other rights than the dataset: {policy.rights}, {wish.rights}",
            hint="name the same ones",
        )
    return policy
