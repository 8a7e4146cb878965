"""The whole deployment as administrators see it; the servers are asked elsewhere."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from museion_hub.registry import names
from museion_hub.registry.access import Principal
from museion_hub.registry.group_views import Overview, OverviewLine, ServerState, ServerView
from museion_hub.registry.permissions import SiteAction, require_caller
from museion_hub.registry.tables import (
    Dataset,
    DatasetVersion,
    Membership,
    Person,
    Presence,
    Role,
    Workgroup,
    WorkgroupState,
)
from museion_hub.registry.workgroup_reading import storage_of


def overview(
    session: Session, principal: Principal, servers: Mapping[str, ServerView] | None
) -> Overview:
    """Give all workgroups by title, the number of people, and what waits for approval.

    Parameters
    ----------
    session : Session
        For reading.
    principal : Principal
        An administrator.
    servers : mapping of str to ServerView, or None
        The hub's servers that are not stopped, by account; None if the hub does not answer.
    """
    require_caller(principal.caller, SiteAction.READ_OVERVIEW)
    members, leads = _members(session)
    storage, datasets = storage_of(session), _datasets(session)
    active = _last_activity(session)
    workgroups = session.scalars(select(Workgroup).order_by(Workgroup.title, Workgroup.slug)).all()
    lines = tuple(
        OverviewLine(
            slug=group.slug,
            title=group.title,
            state=group.state,
            leads=tuple(leads[group.slug]),
            members=members[group.slug],
            datasets=datasets.get(group.slug, 0),
            storage_bytes=storage.get(group.slug, 0),
            created=group.created,
            last_activity=active.get(group.slug),
            server=_server(group, servers),
        )
        for group in workgroups
    )
    return Overview(
        workgroups=lines,
        people=session.scalar(select(func.count()).select_from(Person)) or 0,
        pending=tuple(one.slug for one in lines if one.state is WorkgroupState.PENDING),
    )


def _server(group: Workgroup, servers: Mapping[str, ServerView] | None) -> ServerView:
    if servers is None:
        return ServerView(ServerState.UNKNOWN)
    return servers.get(names.account_name(group.slug), ServerView(ServerState.STOPPED))


def _members(session: Session) -> tuple[defaultdict[str, int], defaultdict[str, list[str]]]:
    counts: defaultdict[str, int] = defaultdict(int)
    leads: defaultdict[str, list[str]] = defaultdict(list)
    rows = select(Membership.workgroup, Membership.person, Membership.role)
    for slug, username, role in session.execute(rows.order_by(Membership.person)):
        counts[slug] += 1
        if role is Role.LEAD:
            leads[slug].append(username)
    return counts, leads


def _datasets(session: Session) -> dict[str, int]:
    versions = select(DatasetVersion.dataset)
    rows = session.execute(
        select(Dataset.workgroup, func.count())
        .where(Dataset.id.in_(versions))
        .group_by(Dataset.workgroup)
    )
    return {slug: int(count) for slug, count in rows}


def _last_activity(session: Session) -> dict[str, datetime]:
    committed = (
        select(Dataset.workgroup, func.max(DatasetVersion.created))
        .join(DatasetVersion, DatasetVersion.dataset == Dataset.id)
        .group_by(Dataset.workgroup)
    )
    seen = select(Presence.workgroup, func.max(Presence.last_seen)).group_by(Presence.workgroup)
    found: dict[str, datetime] = {}
    for query in (committed, seen):
        for slug, time in session.execute(query):
            found[slug] = max(time, found.get(slug, time))
    return found
