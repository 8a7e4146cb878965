"""A workgroup's life: asked for, approved or declined, described, archived, restored.

Nothing of a workgroup is ever deleted but a wish that was declined. What changes who may open the
workspace marks every member and the workgroup's own account for the hub.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.registry import names
from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.errors import ConflictError, InvalidError, NotFoundError, ReadOnlyError
from museion_hub.registry.memberships import set_member
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.permissions import Action, SiteAction, require_caller
from museion_hub.registry.standing import require_action
from museion_hub.registry.tables import (
    Membership,
    Person,
    Presence,
    Role,
    Workgroup,
    WorkgroupKey,
    WorkgroupState,
)
from museion_hub.registry.texts import require_line, require_text
from museion_hub.registry.workgroup_tables import Invitation, JoinRequest
from museion_hub.registry.workgroups import Plan, make_workgroup

MAX_PENDING: Final = 5
"""Wishes of one person that may wait for approval at once."""


@dataclass(frozen=True, slots=True)
class Text:
    """What of a workgroup can be described anew; None leaves it, or was not looked at."""

    title: str | None = None
    description: str | None = None
    is_listed: bool | None = None


def found_workgroup(
    session: Session,
    custody: Custody,
    principal: Principal,
    plan: Plan,
    *,
    lead: str | None = None,
    needs_approval: bool = False,
) -> Workgroup:
    """Make a workgroup for a person who becomes its lead.

    Parameters
    ----------
    session : Session
        A writing transaction.
    custody : Custody
        Makes its first keys.
    principal : Principal
        Who asks.
    plan : Plan
        What it is to be; its state is decided here.
    lead : str, optional
        Who is to lead it; only administrators may name somebody else.
    needs_approval : bool
        Whether an administrator approves each new one.

    Raises
    ------
    ReadOnlyError
        If a person names somebody else as its lead.
    InvalidError
        If nobody is named who could lead it.
    NotFoundError
        If there is no such person.
    """
    require_caller(principal.caller, SiteAction.CREATE_WORKGROUP)
    waits = needs_approval and not principal.is_administrator
    if waits:
        _require_few_pending(session, principal.name)
    leader = _leader(session, principal, lead)
    state = WorkgroupState.PENDING if waits else WorkgroupState.ACTIVE
    planned = Plan(plan.slug, plan.title, plan.description, state)
    workgroup = make_workgroup(session, custody, planned, actor=principal.name)
    set_member(session, plan.slug, leader, Role.LEAD, actor=principal.name)
    return workgroup


def describe(session: Session, principal: Principal, slug: str, wish: Text, seen: Text) -> None:
    """Change title, description or whether it is listed.

    Parameters
    ----------
    session : Session
        A writing transaction.
    principal : Principal
        Who asks.
    slug : str
        The workgroup.
    wish : Text
        What is to change.
    seen : Text
        What the caller saw before; what is None there is overwritten whatever it is.

    Raises
    ------
    ConflictError
        If it is no longer what the caller saw.
    """
    workgroup = require_action(session, principal, slug, Action.DESCRIBE)
    before = _values(Text(workgroup.title, workgroup.description, workgroup.is_listed))
    if any(before[name] != value for name, value in _values(seen).items()):
        raise ConflictError(
            "Somebody else has described this workgroup meanwhile",
            hint="read the newer description and try again",
        )
    changes = {name: value for name, value in _cleaned(wish).items() if value != before[name]}
    for name, value in changes.items():
        setattr(workgroup, name, value)
    if not changes:
        return
    session.flush()
    detail: dict[str, str | bool] = {"changed": ", ".join(sorted(changes))}
    if "is_listed" in changes:
        detail["is_listed"] = workgroup.is_listed
    _record(session, audit.EventName.WORKGROUP_DESCRIBED, principal, slug, detail)


def archive(session: Session, principal: Principal, slug: str) -> frozenset[str]:
    """Put a workgroup away: it is kept and can be read, nothing in it changes.

    Open invitations end, and so do requests to join.

    Returns
    -------
    frozenset of str
        Accounts whose rights have changed.
    """
    workgroup = require_action(session, principal, slug, Action.ARCHIVE)
    now = datetime.now(UTC)
    workgroup.state, workgroup.archived = WorkgroupState.ARCHIVED, now
    session.execute(delete(JoinRequest).where(JoinRequest.workgroup == slug))
    session.execute(delete(Presence).where(Presence.workgroup == slug))
    for invitation in session.scalars(
        select(Invitation).where(Invitation.workgroup == slug, Invitation.revoked.is_(None))
    ):
        invitation.revoked = now
    session.flush()
    _record(session, audit.EventName.WORKGROUP_ARCHIVED, principal, slug)
    return _mark_all(session, slug)


def restore(session: Session, principal: Principal, slug: str) -> frozenset[str]:
    """Take an archived workgroup into use again; give the accounts whose rights have changed."""
    workgroup = require_action(session, principal, slug, Action.RESTORE)
    workgroup.state, workgroup.archived = WorkgroupState.ACTIVE, None
    session.flush()
    _record(session, audit.EventName.WORKGROUP_RESTORED, principal, slug)
    return _mark_all(session, slug)


def approve(session: Session, principal: Principal, slug: str) -> frozenset[str]:
    """Let a workgroup begin; give the accounts whose rights have changed."""
    workgroup = require_action(session, principal, slug, Action.APPROVE)
    workgroup.state = WorkgroupState.ACTIVE
    session.flush()
    _record(session, audit.EventName.WORKGROUP_APPROVED, principal, slug)
    return _mark_all(session, slug)


def decline(session: Session, principal: Principal, slug: str) -> None:
    """Decline a wish, or take one's own back; only the log remembers it, the slug is free again."""
    workgroup = require_action(session, principal, slug, Action.DECLINE)
    for table in (Membership, WorkgroupKey):
        session.execute(delete(table).where(table.workgroup == slug))
    session.delete(workgroup)
    session.flush()
    _record(session, audit.EventName.WORKGROUP_DECLINED, principal, slug)


def _require_few_pending(session: Session, username: str) -> None:
    waiting = session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(Workgroup, Workgroup.slug == Membership.workgroup)
        .where(Membership.person == username, Workgroup.state == WorkgroupState.PENDING)
    )
    if (waiting or 0) >= MAX_PENDING:
        raise ConflictError(
            f"{MAX_PENDING} of your workgroups wait for approval already",
            hint="wait for an administrator, or take one of them back",
        )


def _leader(session: Session, principal: Principal, named: str | None) -> str:
    if named in {None, principal.name} and principal.kind is PrincipalKind.PERSON:
        return principal.name
    if not principal.is_administrator:
        raise ReadOnlyError(
            "Only an administrator makes a workgroup for somebody else",
            hint="leave the lead out, then make another member its lead",
            reason="names a lead",
        )
    if named is None:
        raise InvalidError("Nobody is named who leads it", hint="name its lead")
    if session.get(Person, named) is None:
        raise NotFoundError(
            f"There is no such person: {named[:64]}", hint="check the spelling", reason="missing"
        )
    return named


def _values(text: Text) -> Mapping[str, str | bool]:
    given = {
        "title": text.title,
        "description": text.description,
        "is_listed": text.is_listed,
    }
    return {name: value for name, value in given.items() if value is not None}


def _cleaned(wish: Text) -> Mapping[str, str | bool]:
    title = None if wish.title is None else require_line(wish.title, "title")
    about = None if wish.description is None else require_text(wish.description, "description")
    return _values(Text(title, about, wish.is_listed))


def _mark_all(session: Session, slug: str) -> frozenset[str]:
    people = session.scalars(select(Membership.person).where(Membership.workgroup == slug))
    accounts = frozenset({names.account_name(slug), *people})
    for account in sorted(accounts):
        mark_for_refresh(session, account)
    return accounts


def _record(
    session: Session,
    name: audit.EventName,
    principal: Principal,
    slug: str,
    detail: audit.Detail | None = None,
) -> None:
    audit.record(session, name, actor=principal.name, subject=slug, detail=detail)
