"""The clusters of an account: registering, listing, ending them, and clearing away what is over.

A cluster is whatever an account says it is: a name and a place, under which it asks for grants.
The account that registered it may end it and register it again. Whom the account belongs to, a
lead of the workgroup or an administrator, may revoke it: then its name is used up.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.registry import cluster_tokens, names
from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.cluster_tables import Cluster, ClusterGrant
from museion_hub.registry.cluster_tokens import LIFETIME, ClusterPrincipal, hash_of
from museion_hub.registry.errors import (
    ConflictError,
    NotFoundError,
    ReadOnlyError,
    RefusedError,
)
from museion_hub.registry.permissions import (
    Action,
    SiteAction,
    Standing,
    allows,
    require_caller,
)
from museion_hub.registry.places import ComputePlace
from museion_hub.registry.standing import require_action

ID_BYTES: Final = 16
MAX_CLUSTERS: Final = 100
"""Of one account at once."""
REVOKED_FOR: Final = timedelta(days=1)
"""How long the name of a revoked cluster stays used up."""
RENEW_AFTER: Final = timedelta(minutes=1)
"""A lease asked for sooner is not written down: every worker asks every few seconds."""
CLEANER: Final = "museion"


@dataclass(frozen=True, slots=True)
class Registered:
    """A cluster that was registered just now, and its token, shown this once."""

    row: Cluster
    token: str = field(repr=False)


def register(
    session: Session,
    principal: Principal,
    name: str,
    place: ComputePlace,
    *,
    label: str,
    now: datetime,
) -> Registered:
    """Register a cluster, or give one that is registered a new token in place of its old one.

    Raises
    ------
    RefusedError
        If somebody has revoked a cluster of this name.
    ConflictError
        If it runs at another place, or the account has too many.
    """
    require_use(session, principal, name)
    row = _find_unrevoked(session, principal.name, name)
    if row is not None and row.expires <= now:
        session.delete(row)
        session.flush()
        row = None
    if row is not None and row.place != place.name:
        raise ConflictError(
            f"The cluster runs at another place: {row.place}",
            hint="end it first, or choose another name",
            subject=name,
        )
    token = cluster_tokens.new_token()
    is_new = row is None
    if row is None:
        _require_few(session, principal.name)
        row = Cluster(
            id=secrets.token_hex(ID_BYTES),
            account=principal.name,
            name=name,
            place=place.name,
            started=now,
        )
        session.add(row)
    row.label, row.token_hash, row.renewed, row.expires = label, hash_of(token), now, now + LIFETIME
    session.flush()
    detail: audit.Detail = {"place": place.name, "label": label, "is_new": is_new}
    _record(session, audit.EventName.CLUSTER_REGISTERED, row, principal.name, detail)
    return Registered(row, token)


def require_use(session: Session, principal: Principal, subject: str) -> None:
    """Refuse whoever has no clusters: the operator, an account whose workgroup is not in use.

    Raises
    ------
    ReadOnlyError
        If it is the operator.
    """
    if principal.kind is PrincipalKind.OPERATOR:
        raise ReadOnlyError(
            "Only a server's own account has clusters",
            hint="start them from a notebook",
            subject=subject,
            reason="operator",
        )
    require_caller(principal.caller, SiteAction.OWN_CLUSTERS)
    slug = names.find_slug(principal.name)
    if slug is not None:
        require_action(session, principal, slug, Action.USE_CLUSTERS, subject=subject)


def require_own(session: Session, principal: Principal, name: str, *, now: datetime) -> Cluster:
    """Give a running cluster of the principal's own.

    Raises
    ------
    NotFoundError
        If there is none of this name, or its token has expired.
    RefusedError
        If somebody has revoked it.
    """
    row = _find_unrevoked(session, principal.name, name)
    if row is None or row.expires <= now:
        reason = "missing" if row is None else "expired"
        raise NotFoundError(subject=f"cluster {name}", reason=reason)
    return row


def require_one(
    session: Session, principal: Principal, name: str, workgroup: str | None
) -> Cluster:
    """Give a cluster that the principal may end.

    Parameters
    ----------
    session : Session
        A writing transaction.
    principal : Principal
        Who asks.
    name : str
        The cluster's.
    workgroup : str, optional
        Whose it is; by default the principal's own account's.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    account = principal.name
    slug = workgroup if workgroup is not None else names.find_slug(account)
    if slug is not None:
        subject = f"{slug[:32]}/{name}"
        require_action(session, principal, slug, Action.END_CLUSTERS, subject=subject)
        account = names.account_name(slug)
    row = _find(session, account, name)
    if row is None or (row.revoked is not None):
        raise NotFoundError(subject=f"cluster {name}", reason="missing")
    return row


def end(session: Session, principal: Principal, row: Cluster, *, now: datetime) -> None:
    """End a cluster's access: for good, unless its own account does it."""
    is_own = row.account == principal.name
    reason = "closed" if is_own else "revoked"
    _record(
        session,
        audit.EventName.CLUSTER_ENDED,
        row,
        principal.name,
        {"place": row.place, "reason": reason},
    )
    session.execute(delete(ClusterGrant).where(ClusterGrant.cluster == row.id))
    if is_own:
        session.delete(row)
    else:
        row.token_hash, row.revoked = None, now
    session.flush()


def list_clusters(
    session: Session, principal: Principal, workgroup: str | None, *, now: datetime
) -> list[Cluster]:
    """List running clusters, the oldest first.

    Parameters
    ----------
    session : Session
        For reading.
    principal : Principal
        Who asks.
    workgroup : str, optional
        Whose; by default all that the principal may see.
    now : datetime
        The present.
    """
    rows = (
        select(Cluster)
        .where(Cluster.expires > now, Cluster.revoked.is_(None))
        .order_by(Cluster.started, Cluster.id)
    )
    if workgroup is not None:
        require_action(session, principal, workgroup, Action.LIST_CLUSTERS)
        rows = rows.where(Cluster.account == names.account_name(workgroup))
    elif not principal.is_administrator:
        rows = rows.where(Cluster.account.in_(_accounts(principal)))
    return list(session.scalars(rows))


def grants_of(session: Session, clusters: Sequence[Cluster]) -> dict[str, list[ClusterGrant]]:
    """Give the grants of clusters by the cluster's row, the oldest first."""
    found: dict[str, list[ClusterGrant]] = {row.id: [] for row in clusters}
    rows = (
        select(ClusterGrant)
        .where(ClusterGrant.cluster.in_(found), ClusterGrant.revoked.is_(None))
        .order_by(ClusterGrant.created, ClusterGrant.id)
    )
    for row in session.scalars(rows):
        found[row.cluster].append(row)
    return found


def renew(session: Session, principal: ClusterPrincipal, *, now: datetime) -> datetime:
    """Let a cluster's token live on; give when it expires."""
    row = cluster_tokens.require_row(session, principal, now=now)
    row.renewed, row.expires = now, now + LIFETIME
    session.flush()
    return row.expires


def find_ended(session: Session, *, now: datetime) -> Sequence[Cluster]:
    """Give the clusters that are to be cleared away."""
    is_over = or_(Cluster.revoked.is_(None), Cluster.revoked <= now - REVOKED_FOR)
    return session.scalars(select(Cluster).where(Cluster.expires <= now, is_over)).all()


def clear_ended(session: Session, *, now: datetime) -> int:
    """Clear away clusters that no longer renew their lease, and revoked ones after a while.

    Returns
    -------
    int
        How many.
    """
    rows = find_ended(session, now=now)
    for row in rows:
        if row.revoked is None:
            detail = {"place": row.place, "reason": "expired"}
            _record(session, audit.EventName.CLUSTER_ENDED, row, CLEANER, detail)
        session.delete(row)
    session.flush()
    return len(rows)


def about(row: Cluster) -> str:
    """Give what the log calls a cluster."""
    slug = names.find_slug(row.account)
    return f"{slug}/{row.name}" if slug else row.name


def _accounts(principal: Principal) -> list[str]:
    if principal.kind is not PrincipalKind.PERSON:
        return [principal.name]
    groups = (
        one.workgroup
        for one in principal.memberships
        if allows(Standing(one.role.value), Action.LIST_CLUSTERS, one.state)
    )
    return [principal.name, *(names.account_name(slug) for slug in groups)]


def _find(session: Session, account: str, name: str) -> Cluster | None:
    same = select(Cluster).where(Cluster.account == account, Cluster.name == name)
    return session.scalars(same).one_or_none()


def _find_unrevoked(session: Session, account: str, name: str) -> Cluster | None:
    """Find a cluster of an account.

    Raises
    ------
    RefusedError
        If somebody has revoked it.
    """
    row = _find(session, account, name)
    if row is not None and row.revoked is not None:
        raise RefusedError(
            "This cluster was revoked",
            hint="ask a lead of the workgroup, or start another cluster",
            subject=about(row),
            reason="revoked",
        )
    return row


def _require_few(session: Session, account: str) -> None:
    count = select(func.count()).select_from(Cluster).where(Cluster.account == account)
    if (session.scalar(count) or 0) >= MAX_CLUSTERS:
        raise ConflictError(
            f"There are too many clusters already: {MAX_CLUSTERS}", hint="end some of them first"
        )


def _record(
    session: Session, name: audit.EventName, row: Cluster, actor: str, detail: audit.Detail
) -> None:
    detail = {"cluster": row.name, **detail}
    audit.record(session, name, actor=actor, subject=about(row), detail=detail)
