"""The HTTP API of clusters and their grants. Each endpoint is one transaction.

Accounts register clusters and ask for grants; a cluster's processes renew its lease with its own
token, and exchange grants for keys at the addresses where datasets are opened.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from museion_datasets.model import DatasetPath, timestamp
from museion_hub.registry import cluster_grants, cluster_tokens, cluster_views, clusters
from museion_hub.registry.cluster_grants import GrantWish
from museion_hub.registry.cluster_wire import (
    CLUSTER_PATTERN,
    ClusterLine,
    GrantLine,
    GrantRequest,
    Lease,
    NewCluster,
    RegisteredCluster,
)
from museion_hub.registry.names import MAX_SLUG_CHARS
from museion_hub.registry.principals import ClusterWho, Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts

_CLUSTER: Final = "/clusters/{cluster}"
Name = Annotated[str, Path(pattern=CLUSTER_PATTERN, description="The cluster's own name.")]
GrantId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Workgroup = Annotated[
    str | None,
    Query(max_length=MAX_SLUG_CHARS, description="Whose clusters; by default the caller's."),
]

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["clusters"], responses=REFUSALS)


@api.post("/clusters", status_code=HTTPStatus.CREATED)
def register_cluster(service: Parts, who: Who, wish: NewCluster) -> RegisteredCluster:
    """Register a cluster of the caller's server; the same name again gives it a new token."""
    place = service.places.require_compute(wish.place)
    with service.database.writing() as session:
        made = clusters.register(
            session, who, wish.cluster, place, label=wish.label, now=datetime.now(UTC)
        )
        return RegisteredCluster(
            cluster=made.row.name,
            place=made.row.place,
            label=made.row.label,
            token=made.token,
            expires=timestamp(made.row.expires),
            lease_s=service.lease_s,
        )


@api.get("/clusters")
def list_clusters(service: Parts, who: Who, workgroup: Workgroup = None) -> list[ClusterLine]:
    """List running clusters and what was granted to them."""
    with service.database.reading() as session:
        found = clusters.list_clusters(session, who, workgroup, now=datetime.now(UTC))
        return cluster_views.cluster_lines(session, found)


@api.delete(_CLUSTER, status_code=HTTPStatus.NO_CONTENT)
def end_cluster(service: Parts, who: Who, cluster: Name, workgroup: Workgroup = None) -> None:
    """End a cluster's access; a lead, or an administrator, ends it for good."""
    with service.database.writing() as session:
        row = clusters.require_one(session, who, cluster, workgroup)
        clusters.end(session, who, row, now=datetime.now(UTC))


@api.post(f"{_CLUSTER}/grants", status_code=HTTPStatus.CREATED)
def issue_grant(service: Parts, who: Who, cluster: Name, wish: GrantRequest) -> GrantLine:
    """Let a cluster of the caller's have the keys to versions of a dataset, or write to it."""
    wanted = GrantWish(
        DatasetPath.parse(wish.dataset),
        wish.first_version,
        wish.last_version,
        wish.mode,
        wish.purpose,
    )
    now = datetime.now(UTC)
    with service.database.writing() as session:
        row = clusters.require_own(session, who, cluster, now=now)
        grant = cluster_grants.issue(session, who, row, wanted, service.places)
        return cluster_views.grant_lines(session, row, [grant])[0]


@api.delete(f"{_CLUSTER}/grants/{{grant}}", status_code=HTTPStatus.NO_CONTENT)
def revoke_grant(
    service: Parts, who: Who, cluster: Name, grant: GrantId, workgroup: Workgroup = None
) -> None:
    """Take a grant from a cluster; a lead, or an administrator, takes it for good."""
    with service.database.writing() as session:
        row = clusters.require_one(session, who, cluster, workgroup)
        cluster_grants.revoke(session, who, row, grant)


@api.post("/clusters/self/lease")
def renew_lease(service: Parts, cluster: ClusterWho) -> Lease:
    """Go on: the cluster's token lives on, and what is listed may be used for half a minute."""
    now = datetime.now(UTC)
    with service.database.reading() as session:
        row = cluster_tokens.require_row(session, cluster, now=now)
        grants = cluster_grants.standing_grants(session, row, service.places)
        lines = cluster_views.grant_lines(session, row, grants)
        name, place, expires, renewed = row.name, row.place, row.expires, row.renewed
    if now - renewed > clusters.RENEW_AFTER:
        with service.database.writing() as session:
            expires = clusters.renew(session, cluster, now=now)
    return Lease(
        cluster=name, place=place, expires=timestamp(expires), lease_s=service.lease_s, grants=lines
    )
