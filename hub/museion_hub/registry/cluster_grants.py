"""What a cluster may read and write: asking for a grant, and whether one still holds.

A grant names versions of one dataset, a purpose, and whether they are read or a draft is added
to. It says what was wished and allowed once; whether it holds is decided anew each time, by the
rights that the cluster's account has at this moment, the state of its workgroup, and the
dataset's policy for the place where the cluster runs.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from museion_datasets.model import DatasetPath
from museion_hub import audit
from museion_hub.registry.access import Principal
from museion_hub.registry.acting import principal_in
from museion_hub.registry.catalogue import Visible, require_visible, require_writable
from museion_hub.registry.cluster_tables import Cluster, ClusterGrant
from museion_hub.registry.clusters import about, require_use
from museion_hub.registry.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    RegistryError,
)
from museion_hub.registry.places import ComputePlace, Places
from museion_hub.registry.policies import policy_of, require_vendable
from museion_hub.registry.tables import Dataset, GrantMode

ID_BYTES: Final = 16
MAX_GRANTS: Final = 500
"""Of one cluster."""


@dataclass(frozen=True, slots=True)
class GrantWish:
    """What a cluster is to read or write, and what for."""

    dataset: DatasetPath
    first_version: int
    last_version: int | None
    mode: GrantMode
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What is done with a dataset, what for, and where."""

    mode: GrantMode
    purpose: str | None
    at: ComputePlace


def issue(
    session: Session, principal: Principal, row: Cluster, wish: GrantWish, places: Places
) -> ClusterGrant:
    """Grant a running cluster of the principal's what it wishes; the same wish is one grant.

    Raises
    ------
    NotFoundError
        If there is no such version that its account may read.
    RefusedError
        If the policy does not allow it there, or somebody has taken this grant away.
    ReadOnlyError
        If the account may not write the dataset.
    ConflictError
        If the cluster has too many grants.
    """
    require_use(session, principal, about(row))
    use = Use(wish.mode, wish.purpose, require_place(places, row))
    visible = require_usable(session, principal, wish.dataset, use)
    _require_version(visible, wish)
    same = _find_same(session, row, visible.dataset, wish)
    if same is not None and same.revoked is not None:
        raise RefusedError(
            f"The cluster's grant for {visible.path} was revoked",
            hint="ask a lead of the workgroup",
            subject=visible.path,
            reason="revoked",
        )
    return same or _add(session, row, visible, wish)


def revoke(session: Session, principal: Principal, row: Cluster, grant: str) -> None:
    """Take a grant away: for good, unless the cluster's own account does it.

    Raises
    ------
    NotFoundError
        If the cluster has no such grant.
    """
    found = session.get(ClusterGrant, grant)
    if found is None or found.cluster != row.id or found.revoked is not None:
        raise NotFoundError(subject=about(row), reason="missing grant")
    path = path_of(session.get_one(Dataset, found.dataset))
    detail = {"cluster": row.name, "place": row.place, "mode": found.mode.value}
    name = audit.EventName.GRANT_REVOKED
    audit.record(session, name, actor=principal.name, subject=str(path), detail=detail)
    if row.account == principal.name:
        session.delete(found)
    else:
        found.revoked = datetime.now(UTC)
    session.flush()


def require_usable(session: Session, principal: Principal, path: DatasetPath, use: Use) -> Visible:
    """Give a dataset that a principal may use so at this moment.

    Raises
    ------
    NotFoundError
        If the principal may not read it.
    ReadOnlyError
        If it is to be written, and the principal may not.
    RefusedError
        If its policy does not allow the place or the purpose.
    """
    find = require_writable if use.mode is GrantMode.WRITE else require_visible
    visible = find(session, principal, path)
    require_vendable(
        policy_of(visible.dataset),
        at=use.at,
        is_owner=visible.reader == visible.dataset.workgroup,
        purpose=use.purpose,
        subject=visible.path,
    )
    return visible


def require_place(places: Places, row: Cluster) -> ComputePlace:
    """Give the place where a cluster runs.

    Raises
    ------
    RefusedError
        If the deployment no longer declares it.
    """
    place = places.find_compute(row.place)
    if place is None:
        raise RefusedError(
            f"The cluster's place is no longer declared: {row.place}",
            hint="start the cluster elsewhere",
            subject=about(row),
            reason="no such place",
        )
    return place


def standing_grants(session: Session, row: Cluster, places: Places) -> list[ClusterGrant]:
    """List the grants of a cluster that hold at this moment, the oldest first."""
    try:
        principal = principal_in(session, row.account)
        require_use(session, principal, about(row))
        place = require_place(places, row)
    except RegistryError:
        return []
    return list(_holding(session, row, principal, place))


def path_of(dataset: Dataset) -> DatasetPath:
    """Give a dataset's path."""
    return DatasetPath(dataset.workgroup, dataset.name)


def _holding(
    session: Session, row: Cluster, principal: Principal, place: ComputePlace
) -> Iterator[ClusterGrant]:
    rows = session.execute(
        select(ClusterGrant, Dataset)
        .join(Dataset, Dataset.id == ClusterGrant.dataset)
        .where(ClusterGrant.cluster == row.id, ClusterGrant.revoked.is_(None))
        .order_by(ClusterGrant.created, ClusterGrant.id)
    )
    asked: dict[tuple[str, GrantMode, str | None], bool] = {}
    for grant, dataset in rows:
        key = (dataset.id, grant.mode, grant.purpose)
        if key not in asked:
            use = Use(grant.mode, grant.purpose, place)
            asked[key] = _is_usable(session, principal, path_of(dataset), use)
        if asked[key]:
            yield grant


def _is_usable(session: Session, principal: Principal, path: DatasetPath, use: Use) -> bool:
    try:
        require_usable(session, principal, path, use)
    except RegistryError:
        return False
    return True


def _require_version(visible: Visible, wish: GrantWish) -> None:
    newest = visible.newest.version if visible.newest else 0
    if wish.mode is GrantMode.READ and wish.first_version > newest:
        raise NotFoundError(subject=visible.path, reason="missing version")


def _find_same(
    session: Session, row: Cluster, dataset: Dataset, wish: GrantWish
) -> ClusterGrant | None:
    same = select(ClusterGrant).where(
        ClusterGrant.cluster == row.id,
        ClusterGrant.dataset == dataset.id,
        ClusterGrant.first_version == wish.first_version,
        ClusterGrant.last_version.is_not_distinct_from(wish.last_version),
        ClusterGrant.mode == wish.mode,
        ClusterGrant.purpose.is_not_distinct_from(wish.purpose),
    )
    return session.scalars(same).one_or_none()


def _add(session: Session, row: Cluster, visible: Visible, wish: GrantWish) -> ClusterGrant:
    count = select(func.count()).select_from(ClusterGrant).where(ClusterGrant.cluster == row.id)
    if (session.scalar(count) or 0) >= MAX_GRANTS:
        raise ConflictError(
            f"The cluster has too many grants already: {MAX_GRANTS}",
            hint="end it and start another one",
            subject=visible.path,
        )
    grant = ClusterGrant(
        id=secrets.token_hex(ID_BYTES),
        cluster=row.id,
        dataset=visible.dataset.id,
        first_version=wish.first_version,
        last_version=wish.last_version,
        mode=wish.mode,
        purpose=wish.purpose,
        created=datetime.now(UTC),
    )
    session.add(grant)
    session.flush()
    detail: audit.Detail = {
        "dataset": visible.dataset.id,
        "cluster": row.name,
        "place": row.place,
        "mode": wish.mode.value,
        "first_version": wish.first_version,
        "last_version": wish.last_version,
        "purpose": wish.purpose,
        "recipient": visible.reader,
    }
    name = audit.EventName.GRANT_ISSUED
    audit.record(session, name, actor=row.account, subject=visible.path, detail=detail)
    return grant
