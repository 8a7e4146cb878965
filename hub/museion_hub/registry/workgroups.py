"""Making workgroups with their keys. Who belongs to them is decided in `memberships`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.custody import Custody, RecipientKey
from museion_hub.registry import names
from museion_hub.registry.errors import ConflictError, InternalError
from museion_hub.registry.tables import Workgroup, WorkgroupKey, WorkgroupState
from museion_hub.registry.texts import require_line, require_text

FIRST_EPOCH: Final = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """A workgroup to be made."""

    slug: str
    title: str
    description: str = ""
    state: WorkgroupState = WorkgroupState.ACTIVE


def create_workgroup(
    session: Session, custody: Custody, slug: str, *, title: str, description: str = "", actor: str
) -> Workgroup:
    """Make an active workgroup and its first key pair; as `make_workgroup`."""
    return make_workgroup(session, custody, Plan(slug, title, description), actor=actor)


def make_workgroup(session: Session, custody: Custody, plan: Plan, *, actor: str) -> Workgroup:
    """Make a workgroup and its first key pair.

    Raises
    ------
    InvalidNameError
        If no workgroup may have this slug.
    InvalidError
        If the title or the description is unfit.
    ConflictError
        If the slug is taken, or looks like one that is.
    """
    slug = names.require_slug(plan.slug)
    workgroup = Workgroup(
        slug=slug,
        skeleton=names.skeleton(slug),
        title=require_line(plan.title, "title"),
        description=require_text(plan.description, "description"),
        state=plan.state,
        is_listed=False,
        created=datetime.now(UTC),
    )
    _require_free(session, slug)
    session.add(workgroup)
    session.flush()
    store_workgroup_key(session, custody.make_workgroup_key(slug, FIRST_EPOCH))
    detail = {"state": plan.state.value}
    name = audit.EventName.WORKGROUP_CREATED
    audit.record(session, name, actor=actor, subject=slug, detail=detail)
    return workgroup


def _require_free(session: Session, slug: str) -> None:
    alike = session.scalars(
        select(Workgroup.slug).where(Workgroup.skeleton == names.skeleton(slug))
    ).one_or_none()
    if alike == slug:
        raise ConflictError(f"This workgroup exists already: {slug}", hint="choose another slug")
    if alike is not None:
        raise ConflictError(
            f"This slug looks like one that exists already: {slug}",
            hint="choose one that nobody takes for another",
        )


def require_key(session: Session, slug: str, epoch: int | None = None) -> RecipientKey:
    """Give a workgroup's key pair of an epoch, by default the newest.

    Raises
    ------
    InternalError
        If the workgroup has none.
    """
    keys = select(WorkgroupKey).where(WorkgroupKey.workgroup == slug)
    if epoch is not None:
        keys = keys.where(WorkgroupKey.epoch == epoch)
    key = session.scalars(keys.order_by(WorkgroupKey.epoch.desc()).limit(1)).one_or_none()
    if key is None:
        raise InternalError(reason=f"workgroup {slug} has no key of epoch {epoch or 'newest'}")
    return RecipientKey(key.workgroup, key.epoch, key.public, key.sealed_private)


def store_workgroup_key(session: Session, key: RecipientKey) -> None:
    """Keep a workgroup's key pair of one epoch."""
    session.add(
        WorkgroupKey(
            workgroup=key.workgroup,
            epoch=key.epoch,
            public=key.public,
            sealed_private=key.sealed_private,
        )
    )
    session.flush()


def require_custody(session: Session, custody: Custody) -> None:
    """Refuse a custody that does not open the keys of these tables."""
    for slug in session.scalars(select(Workgroup.slug)):
        custody.require_opens(require_key(session, slug))
