"""Queries behind the cards, memberships and mounts, each inside the caller's session."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from museion_hub.registry.tables import (
    Dataset,
    DatasetVersion,
    Grant,
    Membership,
    Person,
    Presence,
    Role,
    Workgroup,
    WorkgroupState,
)
from museion_hub.registry.views import (
    DatasetCard,
    MemberCard,
    MembershipView,
    StorageMount,
    WorkgroupCard,
)

ONLINE_FOR: Final = timedelta(seconds=90)
WORKING_ROLES: Final = (Role.LEAD, Role.MEMBER)


def memberships_of(session: Session, username: str) -> list[MembershipView]:
    """List a person's workgroups by slug."""
    rows = session.execute(
        select(Workgroup.slug, Workgroup.title, Membership.role, Workgroup.state)
        .join(Membership, Membership.workgroup == Workgroup.slug)
        .where(Membership.person == username)
        .order_by(Workgroup.slug)
    )
    return [MembershipView(*row) for row in rows]


def active_workgroups(session: Session) -> list[str]:
    """List the slugs of the workgroups that are in use."""
    active = select(Workgroup.slug).where(Workgroup.state == WorkgroupState.ACTIVE)
    return list(session.scalars(active.order_by(Workgroup.slug)))


def cards_for_person(session: Session, username: str, *, now: datetime) -> list[WorkgroupCard]:
    """Give the cards of a person's workgroups, by title."""
    roles = {view.workgroup: view.role for view in memberships_of(session, username)}
    return cards_for(session, roles, now=now)


def cards_for(session: Session, roles: dict[str, Role], *, now: datetime) -> list[WorkgroupCard]:
    """Give the cards of these workgroups, as somebody with these roles sees them.

    A guest sees the people but not the datasets.
    """
    members = _members(session, roles, now)
    datasets = _datasets(session, [slug for slug, role in roles.items() if role in WORKING_ROLES])
    found = session.scalars(
        select(Workgroup).where(Workgroup.slug.in_(roles)).order_by(Workgroup.title)
    )
    return [
        WorkgroupCard(
            slug=workgroup.slug,
            title=workgroup.title,
            description=workgroup.description,
            role=roles[workgroup.slug],
            members=tuple(members[workgroup.slug]),
            datasets=tuple(datasets[workgroup.slug]),
            state=workgroup.state,
        )
        for workgroup in found
    ]


def datasets_for(session: Session, slug: str) -> list[DatasetCard]:
    """Give the cards of the datasets that a workgroup owns or is given to read."""
    return _datasets(session, [slug])[slug]


def mounts_for_workgroup(session: Session, slug: str) -> list[StorageMount]:
    """List what the server of a workgroup may see of the storage."""
    if session.get(Workgroup, slug) is None:
        return []
    shared = _granted_directories(session, [slug])
    return [StorageMount(slug, is_writable=True), *(_to_read(place) for place in shared)]


def mounts_for_person(session: Session, username: str) -> list[StorageMount]:
    """List what the private server of a person may see of the storage."""
    slugs = [
        view.workgroup for view in memberships_of(session, username) if view.role in WORKING_ROLES
    ]
    shared = [
        place
        for place in _granted_directories(session, slugs)
        if place.partition("/")[0] not in slugs
    ]
    return [_to_read(place) for place in (*slugs, *shared)]


def newest_versions() -> Select[str, int]:
    """Select each dataset's id with its newest version."""
    return select(
        DatasetVersion.dataset.label("dataset"),
        func.max(DatasetVersion.version).label("version"),
    ).group_by(DatasetVersion.dataset)


def _to_read(directory: str) -> StorageMount:
    return StorageMount(directory, is_writable=False)


def _granted_directories(session: Session, slugs: Iterable[str]) -> list[str]:
    rows = session.execute(
        select(Dataset.workgroup, Dataset.id)
        .join(Grant, Grant.dataset == Dataset.id)
        .where(Grant.workgroup.in_(slugs))
        .distinct()
        .order_by(Dataset.workgroup, Dataset.id)
    )
    return [f"{owner}/{dataset}" for owner, dataset in rows]


def _members(
    session: Session, slugs: Iterable[str], now: datetime
) -> defaultdict[str, list[MemberCard]]:
    rows = session.execute(
        select(Membership.workgroup, Membership.role, Person, Presence.last_seen)
        .join(Person, Person.username == Membership.person)
        .outerjoin(
            Presence,
            and_(
                Presence.workgroup == Membership.workgroup, Presence.username == Membership.person
            ),
        )
        .where(Membership.workgroup.in_(slugs))
        .order_by(Person.display_name, Person.username)
    )
    cards: defaultdict[str, list[MemberCard]] = defaultdict(list)
    for slug, role, person, last_seen in rows:
        is_online = last_seen is not None and now - last_seen < ONLINE_FOR
        card = MemberCard(person.username, person.display_name, person.color, role, is_online)
        cards[slug].append(card)
    return cards


def _datasets(session: Session, slugs: list[str]) -> defaultdict[str, list[DatasetCard]]:
    newest = newest_versions().subquery()
    rows = session.execute(
        select(Dataset, DatasetVersion.version, DatasetVersion.size_bytes, Grant.workgroup)
        .join(newest, newest.c.dataset == Dataset.id)
        .join(
            DatasetVersion,
            and_(DatasetVersion.dataset == Dataset.id, DatasetVersion.version == newest.c.version),
        )
        .outerjoin(Grant, and_(Grant.dataset == Dataset.id, Grant.workgroup.in_(slugs)))
        .where(or_(Dataset.workgroup.in_(slugs), Grant.workgroup.is_not(None)))
        .order_by(Dataset.workgroup, Dataset.name)
    )
    cards: defaultdict[str, dict[str, DatasetCard]] = defaultdict(dict)
    for dataset, version, size_bytes, recipient in rows:
        card = _card(dataset, version, size_bytes)
        for slug in {dataset.workgroup, recipient} & set(slugs):
            cards[slug][dataset.id] = card
    return defaultdict(list, {slug: list(found.values()) for slug, found in cards.items()})


def _card(dataset: Dataset, version: int, size_bytes: int) -> DatasetCard:
    return DatasetCard(
        path=f"{dataset.workgroup}/{dataset.name}",
        name=dataset.name,
        title=dataset.title,
        kind=dataset.kind,
        is_synthetic=dataset.is_synthetic,
        version=version,
        size_bytes=size_bytes,
        created=dataset.created,
    )
