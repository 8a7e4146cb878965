"""Clusters and grants as they are shown."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_datasets.model import timestamp
from museion_hub.registry import names
from museion_hub.registry.cluster_tables import Cluster, ClusterGrant
from museion_hub.registry.cluster_wire import ClusterLine, GrantLine
from museion_hub.registry.clusters import grants_of
from museion_hub.registry.tables import Dataset


def cluster_lines(session: Session, rows: Sequence[Cluster]) -> list[ClusterLine]:
    """Give what a list shows of clusters, with their grants."""
    grants = grants_of(session, rows)
    return [
        ClusterLine(
            cluster=row.name,
            workgroup=names.find_slug(row.account),
            account=row.account,
            place=row.place,
            label=row.label,
            started=timestamp(row.started),
            renewed=timestamp(row.renewed),
            expires=timestamp(row.expires),
            grants=grant_lines(session, row, grants[row.id]),
        )
        for row in rows
    ]


def grant_lines(
    session: Session, cluster: Cluster, grants: Sequence[ClusterGrant]
) -> list[GrantLine]:
    """Give what is shown of a cluster's grants; they expire when the cluster does."""
    ids = {grant.dataset for grant in grants}
    rows = session.execute(
        select(Dataset.id, Dataset.workgroup, Dataset.name).where(Dataset.id.in_(ids))
    )
    paths = {row.id: f"{row.workgroup}/{row.name}" for row in rows}
    return [
        GrantLine(
            id=grant.id,
            dataset=paths[grant.dataset],
            first_version=grant.first_version,
            last_version=grant.last_version,
            mode=grant.mode,
            purpose=grant.purpose,
            place=cluster.place,
            expires=timestamp(cluster.expires),
        )
        for grant in grants
    ]
