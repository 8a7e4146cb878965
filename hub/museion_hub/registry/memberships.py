"""Who belongs to a workgroup: taking in, changing a role, leaving, removing.

Whoever can read a workgroup's datasets and then leaves it takes keys along. So the keys change in
the same transaction, and what is written from then on is sealed under keys the person never held.
Every change leaves a row of `PendingRefresh` behind, until the hub has confirmed that it knows.
A workgroup always has a lead, unless the identity provider takes the last one away.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.registry.access import Principal
from museion_hub.registry.epochs import newest_workgroup_epoch, rotate_workgroup_key
from museion_hub.registry.errors import ConflictError, NotFoundError
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.permissions import Action
from museion_hub.registry.standing import may, require_action
from museion_hub.registry.tables import (
    Membership,
    MembershipSource,
    Person,
    Presence,
    Role,
    Workgroup,
)
from museion_hub.registry.workgroup_tables import JoinRequest

RANKS: Final = {Role.GUEST: 0, Role.MEMBER: 1, Role.LEAD: 2}


@dataclass(frozen=True, slots=True)
class Removed:
    """Who is out, and under which of the workgroup's epochs is written from now on."""

    username: str
    epoch: int


def set_member(session: Session, slug: str, username: str, role: Role, *, actor: str) -> None:
    """Make a person a member of a workgroup, or change the person's role in it; asks nobody.

    Raises
    ------
    NotFoundError
        If there is no such workgroup or person.
    """
    if session.get(Workgroup, slug) is None or session.get(Person, username) is None:
        raise NotFoundError(f"There is no such workgroup or person: {slug[:40]}, {username[:80]}")
    membership = session.get(Membership, (username, slug))
    before = membership.role if membership else None
    if before is role:
        return
    if membership is None:
        session.add(Membership(person=username, workgroup=slug, role=role))
    else:
        membership.role = role
    request = session.get(JoinRequest, (slug, username))
    if request is not None:
        session.delete(request)
    session.flush()
    _record_change(session, slug, username, (before, role), actor)


def remove_member(session: Session, slug: str, username: str, *, actor: str) -> None:
    """End a membership; asks nobody, and leaves the keys to the caller.

    Raises
    ------
    NotFoundError
        If the person is no member.
    """
    membership = _require_member(session, slug, username)
    before = membership.role
    seen = session.get(Presence, (slug, username))
    for row in filter(None, (seen, membership)):
        session.delete(row)
    session.flush()
    _record_change(session, slug, username, (before, None), actor)


def change_role(
    session: Session,
    custody: Custody,
    principal: Principal,
    member: tuple[str, str],
    role: Role,
    expected: Role | None,
) -> None:
    """Give a member another role, or step down; an administrator may also add a person.

    Parameters
    ----------
    session : Session
        A writing transaction.
    custody : Custody
        Makes new keys when the person loses the right to read.
    principal : Principal
        Who asks.
    member : tuple of str
        Slug and username.
    role : Role
        The new one.
    expected : Role or None
        The one that was seen before; None to overwrite whatever is there.

    Raises
    ------
    NotFoundError
        If there is no such member, and the caller may not add one.
    ConflictError
        If the role has changed since, the identity provider decides, or no lead would be left.
    """
    slug, username = member
    subject = f"{slug}/{username}"
    require_action(session, principal, slug, Action.CHANGE_ROLE, subject=subject)
    membership = session.get(Membership, (username, slug))
    if membership is None:
        _require_unseen(expected, username)
        _require_appointable(session, principal, slug, username)
        set_member(session, slug, username, role, actor=principal.name)
        return
    _require_expected(membership, expected)
    if membership.role is role:
        return
    _require_local(membership)
    before = membership.role
    if before is Role.LEAD:
        require_other_lead(session, slug, username)
    set_member(session, slug, username, role, actor=principal.name)
    if _reads(before) and not _reads(role):
        rotate_workgroup_key(session, custody, slug, actor=principal.name)


def end_membership(
    session: Session, custody: Custody, principal: Principal, slug: str, username: str
) -> Removed:
    """Remove a member, or leave, and begin new keys in the same transaction.

    Raises
    ------
    NotFoundError
        If there is no such member.
    ConflictError
        If the identity provider decides, or no lead would be left.
    """
    action = Action.LEAVE if username == principal.name else Action.REMOVE_MEMBER
    require_action(session, principal, slug, action, subject=f"{slug}/{username[:64]}")
    membership = _require_member(session, slug, username)
    _require_local(membership)
    return put_out(session, custody, membership, actor=principal.name)


def put_out(session: Session, custody: Custody, membership: Membership, *, actor: str) -> Removed:
    """End a membership and begin new keys if the person could read; a lead must be left.

    Raises
    ------
    ConflictError
        If no lead would be left.
    """
    slug, username, role = membership.workgroup, membership.person, membership.role
    if role is Role.LEAD:
        require_other_lead(session, slug, username)
    remove_member(session, slug, username, actor=actor)
    if not _reads(role):
        return Removed(username, newest_workgroup_epoch(session, slug))
    return Removed(username, rotate_workgroup_key(session, custody, slug, actor=actor))


def take_in(session: Session, slug: str, username: str, role: Role, *, actor: str) -> Role:
    """Make a person a member with at least this role; a higher one stays.

    Returns
    -------
    Role
        What the person is now.

    Raises
    ------
    ConflictError
        If the identity provider decides on the person's role.
    """
    membership = session.get(Membership, (username, slug))
    if membership is not None:
        if RANKS[membership.role] >= RANKS[role]:
            return membership.role
        _require_local(membership)
    set_member(session, slug, username, role, actor=actor)
    return role


def require_other_lead(session: Session, slug: str, username: str) -> None:
    """Refuse what would leave a workgroup without a lead.

    Raises
    ------
    ConflictError
        If this person is the only one.
    """
    others = select(Membership.person).where(
        Membership.workgroup == slug, Membership.role == Role.LEAD, Membership.person != username
    )
    if session.scalars(others.limit(1)).first() is None:
        raise ConflictError(
            f"The workgroup would have no lead: {slug}",
            hint="make another member its lead first, or archive it",
            subject=f"{slug}/{username}",
        )


def _require_expected(membership: Membership, expected: Role | None) -> None:
    if expected is not None and membership.role is not expected:
        raise ConflictError(
            f"The role of {membership.person} has changed meanwhile, it is now: {membership.role}",
            hint="look at the list of members again",
        )


def _require_unseen(expected: Role | None, username: str) -> None:
    if expected is not None:
        raise ConflictError(
            f"No longer a member: {username[:64]}", hint="look at the list of members again"
        )


def _require_appointable(session: Session, principal: Principal, slug: str, username: str) -> None:
    if not may(session, principal, slug, Action.APPOINT):
        _require_member(session, slug, username)
    if session.get(Person, username) is None:
        raise NotFoundError(
            f"There is no such person: {username[:64]}",
            hint="check the spelling",
            subject=f"{slug}/{username[:64]}",
            reason="missing",
        )


def _require_local(membership: Membership) -> None:
    if membership.source is not MembershipSource.LOCAL:
        raise ConflictError(
            f"The identity provider decides on this membership: {membership.person}",
            hint="change it there; it holds here from the next sign-in on",
        )


def _reads(role: Role) -> bool:
    return role is not Role.GUEST


def _require_member(session: Session, slug: str, username: str) -> Membership:
    membership = session.get(Membership, (username, slug))
    if membership is None:
        raise NotFoundError(
            f"There is no such member: {username[:64]}",
            hint="invite the person, or look at the list of members",
            subject=f"{slug[:40]}/{username[:64]}",
            reason="no member",
        )
    return membership


def _record_change(
    session: Session,
    slug: str,
    username: str,
    roles: tuple[Role | None, Role | None],
    actor: str,
) -> None:
    before, after = roles
    mark_for_refresh(session, username)
    audit.record(
        session,
        audit.EventName.MEMBERSHIP_CHANGED,
        actor=actor,
        subject=f"{slug}/{username}",
        detail={"before": before and before.value, "after": after and after.value},
    )
