"""A workgroup's page, and the list of those that may be found."""

from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from museion_hub.registry.access import Principal
from museion_hub.registry.group_views import ListedWorkgroup, MemberLine, WorkgroupPage
from museion_hub.registry.permissions import (
    Action,
    SiteAction,
    allowed_actions,
    require_caller,
)
from museion_hub.registry.reading import ONLINE_FOR, datasets_for, newest_versions
from museion_hub.registry.standing import require_action, standings_of
from museion_hub.registry.tables import (
    Dataset,
    DatasetVersion,
    Membership,
    Person,
    Presence,
    Workgroup,
    WorkgroupState,
)
from museion_hub.registry.views import initials_of
from museion_hub.registry.workgroup_tables import JoinRequest


def page_of(session: Session, principal: Principal, slug: str, *, now: datetime) -> WorkgroupPage:
    """Give a workgroup as its page shows it to this principal; its server is asked elsewhere.

    Parameters
    ----------
    session : Session
        For reading.
    principal : Principal
        Who asks.
    slug : str
        The workgroup.
    now : datetime
        To tell who is there.
    """
    workgroup = require_action(session, principal, slug, Action.READ)
    standings = standings_of(session, principal, slug)
    allowed = allowed_actions(standings, workgroup.state)
    members = members_of(session, slug, now)
    mine = next((one.role for one in members if one.username == principal.name), None)
    reads = Action.READ_DATASETS in allowed
    return WorkgroupPage(
        slug=slug,
        title=workgroup.title,
        description=workgroup.description,
        state=workgroup.state,
        is_listed=workgroup.is_listed,
        created=workgroup.created,
        archived=workgroup.archived,
        my_role=mine,
        is_administrator=principal.is_administrator,
        allowed=tuple(allowed),
        members=tuple(members),
        datasets=tuple(datasets_for(session, slug)) if reads else (),
        storage_bytes=storage_of(session).get(slug, 0),
    )


def listed(session: Session, principal: Principal) -> list[ListedWorkgroup]:
    """List the workgroups that may be found, but the caller's own, by title."""
    require_caller(principal.caller, SiteAction.FIND_WORKGROUPS)
    count = (
        select(Membership.workgroup, func.count().label("members"))
        .group_by(Membership.workgroup)
        .subquery()
    )
    mine = select(Membership.workgroup).where(Membership.person == principal.name)
    asked = and_(JoinRequest.workgroup == Workgroup.slug, JoinRequest.person == principal.name)
    rows = session.execute(
        select(Workgroup, count.c.members, JoinRequest.person.is_not(None))
        .join(count, count.c.workgroup == Workgroup.slug)
        .outerjoin(JoinRequest, asked)
        .where(
            Workgroup.is_listed.is_(True),
            Workgroup.state == WorkgroupState.ACTIVE,
            Workgroup.slug.not_in(mine),
        )
        .order_by(Workgroup.title, Workgroup.slug)
    )
    return [
        ListedWorkgroup(group.slug, group.title, group.description, members, is_asked)
        for group, members, is_asked in rows
    ]


def members_of(session: Session, slug: str, now: datetime) -> list[MemberLine]:
    """List a workgroup's members by the name that is shown."""
    seen = and_(Presence.workgroup == Membership.workgroup, Presence.username == Membership.person)
    rows = session.execute(
        select(Membership, Person, Presence.last_seen)
        .join(Person, Person.username == Membership.person)
        .outerjoin(Presence, seen)
        .where(Membership.workgroup == slug)
        .order_by(Person.display_name, Person.username)
    )
    return [
        MemberLine(
            username=person.username,
            display_name=person.display_name,
            color=person.color,
            initials=initials_of(person.display_name or person.username),
            role=membership.role,
            source=membership.source,
            joined=membership.joined,
            is_online=last_seen is not None and now - last_seen < ONLINE_FOR,
        )
        for membership, person, last_seen in rows
    ]


def storage_of(session: Session) -> dict[str, int]:
    """Give what the newest versions of each workgroup's own datasets take, in bytes."""
    newest = newest_versions().subquery()
    is_newest = and_(
        DatasetVersion.dataset == newest.c.dataset, DatasetVersion.version == newest.c.version
    )
    rows = session.execute(
        select(Dataset.workgroup, func.sum(DatasetVersion.size_bytes))
        .join(newest, newest.c.dataset == Dataset.id)
        .join(DatasetVersion, is_newest)
        .group_by(Dataset.workgroup)
    )
    return {slug: int(size) for slug, size in rows}
