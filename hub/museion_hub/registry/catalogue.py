"""Finding datasets, always as some principal.

A dataset without a version is a draft: its owner can open it, nobody sees it in a list. What a
principal may not read is `NotFoundError`, with the true reason for the audit log alone.
"""

from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from museion_datasets.model import DatasetPath, DatasetRecord, timestamp
from museion_datasets.policy import GrantRole
from museion_hub.registry.access import (
    Principal,
    PrincipalKind,
    find_reader,
    is_lead,
    may_share,
    may_write,
)
from museion_hub.registry.errors import (
    AbsentError,
    NotFoundError,
    ReadOnlyError,
)
from museion_hub.registry.permissions import Action, Standing, require
from museion_hub.registry.reading import newest_versions
from museion_hub.registry.tables import Dataset, DatasetVersion, Grant, Workgroup


@dataclass(frozen=True, slots=True)
class Visible:
    """A dataset that a principal may read, and as which workgroup."""

    dataset: Dataset
    newest: DatasetVersion | None
    reader: str
    is_writable: bool

    @property
    def path(self) -> str:
        """Workgroup and name."""
        return f"{self.dataset.workgroup}/{self.dataset.name}"

    def record(self) -> DatasetRecord:
        """Give the line that stands in lists."""
        dataset, newest = self.dataset, self.newest
        return DatasetRecord(
            id=dataset.id,
            path=self.path,
            title=dataset.title,
            kind=dataset.kind,
            rights=dataset.rights,
            synthetic=dataset.is_synthetic,
            description=dataset.description,
            version=newest.version if newest else None,
            size_bytes=newest.size_bytes if newest else 0,
            created=timestamp(dataset.created),
        )


def list_datasets(session: Session, principal: Principal) -> list[DatasetRecord]:
    """List the datasets with at least one version that a principal may read, by path."""
    slugs = principal.reads_as
    newest = newest_versions().subquery()
    granted = select(Grant.dataset).where(Grant.workgroup.in_(slugs))
    rows = session.execute(
        select(Dataset, DatasetVersion)
        .join(newest, newest.c.dataset == Dataset.id)
        .join(
            DatasetVersion,
            and_(DatasetVersion.dataset == Dataset.id, DatasetVersion.version == newest.c.version),
        )
        .where(or_(Dataset.workgroup.in_(slugs), Dataset.id.in_(granted)))
        .order_by(Dataset.workgroup, Dataset.name)
    )
    return [Visible(dataset, version, "", is_writable=False).record() for dataset, version in rows]


def require_visible(session: Session, principal: Principal, path: DatasetPath) -> Visible:
    """Give a dataset that the principal may read.

    Raises
    ------
    AbsentError
        If it is missing in a workgroup of the principal's own.
    NotFoundError
        If it is missing elsewhere, foreign, or another workgroup's draft.
    """
    dataset = session.scalars(
        select(Dataset).where(Dataset.workgroup == path.workgroup, Dataset.name == path.name)
    ).one_or_none()
    if dataset is None and path.workgroup in principal.reads_as:
        raise AbsentError(subject=str(path), reason="missing")
    if dataset is None:
        raise NotFoundError(subject=str(path), reason="missing")
    grants = _grants(session, dataset.id)
    reader = find_reader(principal, dataset.workgroup, grants)
    is_writable = may_write(principal, dataset.workgroup, grants)
    newest = session.scalars(
        select(DatasetVersion)
        .where(DatasetVersion.dataset == dataset.id)
        .order_by(DatasetVersion.version.desc())
        .limit(1)
    ).one_or_none()
    if reader is None:
        raise NotFoundError(subject=str(path), reason="foreign")
    if newest is None and not is_writable:
        raise NotFoundError(subject=str(path), reason="draft")
    return Visible(dataset, newest, reader, is_writable)


def require_writable(session: Session, principal: Principal, path: DatasetPath) -> Visible:
    """Give a dataset that the principal may change.

    Raises
    ------
    ReadOnlyError
        If the principal is a person, or only reads it.
    NotFoundError
        If the principal may not even read it.
    """
    require_writer(session, principal, str(path))
    visible = require_visible(session, principal, path)
    if not visible.is_writable:
        raise ReadOnlyError(subject=str(path), reason="reader")
    require_owner_allows(session, visible, Action.WRITE_DATASETS)
    return visible


def require_custodian(
    session: Session,
    principal: Principal,
    path: DatasetPath,
    action: Action = Action.UNSHARE_DATASETS,
) -> Visible:
    """Give a dataset of which the principal decides who holds its keys.

    Taking access away is allowed in an archived workgroup too; giving it is not.

    Raises
    ------
    ReadOnlyError
        If it is another workgroup's, or the person no lead of its own.
    NotFoundError
        If the principal may not even read it.
    """
    visible = require_visible(session, principal, path)
    if not may_share(principal, visible.dataset.workgroup):
        raise ReadOnlyError(
            "Only the owning workgroup and its leads decide who may read a dataset",
            hint="ask a lead of the owning workgroup",
            subject=str(path),
            reason="no custodian",
        )
    require_owner_allows(session, visible, action)
    return visible


def require_led(session: Session, principal: Principal, path: DatasetPath) -> Visible:
    """Give a dataset whose rules the principal may change: as a lead, in person.

    Raises
    ------
    ReadOnlyError
        If the principal is no lead of the owning workgroup.
    NotFoundError
        If the principal may not even read it.
    """
    visible = require_visible(session, principal, path)
    if not is_lead(principal, visible.dataset.workgroup):
        raise ReadOnlyError(
            "Only a lead of the owning workgroup changes a dataset's policy, from a server of "
            "their own",
            hint="ask a lead of the owning workgroup",
            subject=str(path),
            reason="no lead",
        )
    require_owner_allows(session, visible, Action.CHANGE_POLICY)
    return visible


def require_owner_allows(session: Session, visible: Visible, action: Action) -> None:
    """Refuse what the state of the owning workgroup is in the way of."""
    owner = session.get_one(Workgroup, visible.dataset.workgroup)
    standing = Standing.LEAD if action is Action.CHANGE_POLICY else Standing.WORKGROUP
    require({standing}, action, owner.state, visible.path)


def require_writer(session: Session, principal: Principal, subject: str) -> str:
    """Give the slug as which the principal writes, if its workgroup is in use at this moment.

    Raises
    ------
    NotFoundError
        If the workgroup is no more.
    """
    slug = require_workgroup(principal, subject)
    workgroup = session.get(Workgroup, slug)
    if workgroup is None:
        raise NotFoundError(subject=subject, reason="missing")
    require({Standing.WORKGROUP}, Action.WRITE_DATASETS, workgroup.state, subject)
    return slug


def require_workgroup(principal: Principal, subject: str) -> str:
    """Give the slug as which the principal writes.

    Raises
    ------
    ReadOnlyError
        If the principal is a person.
    """
    if principal.kind is PrincipalKind.PERSON or principal.writes_as is None:
        raise ReadOnlyError(
            "Datasets can't be written from a private server",
            hint="open the workgroup's workspace and run the notebook there",
            subject=subject,
            reason="person",
        )
    return principal.writes_as


def _grants(session: Session, dataset: str) -> dict[str, GrantRole]:
    grants = session.scalars(select(Grant).where(Grant.dataset == dataset))
    return {grant.workgroup: grant.role for grant in grants}
