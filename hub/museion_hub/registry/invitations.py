"""Invitations: links that make whoever follows them a member, each to a role, for a while.

The token is 256 random bits, shown once; stored is its SHA-256, so the database opens nothing.
Forged, foreign, expired, used up and revoked look the same to whoever has the link; only the log
tells them apart. The last use is taken by one statement that counts it down, so two people can't
both have it.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import ConflictError, NotFoundError
from museion_hub.registry.group_views import InvitationView, JoinedPlace, OfferedPlace
from museion_hub.registry.memberships import RANKS, take_in
from museion_hub.registry.permissions import Action
from museion_hub.registry.standing import require_action, require_person
from museion_hub.registry.tables import Membership, Person, Role, Workgroup, WorkgroupState
from museion_hub.registry.texts import require_email, require_line
from museion_hub.registry.workgroup_tables import Invitation

TOKEN_BYTES: Final = 32
ID_BYTES: Final = 16
MAX_OPEN: Final = 200
"""Usable invitations of one workgroup."""
MAX_MAILED: Final = 100
MAILED_WITHIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class InvitationWish:
    """An invitation to be made."""

    role: Role
    lifetime: timedelta
    uses: int = 1
    label: str = ""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class NewLink:
    """A new invitation with its token, which is nowhere else."""

    invitation: InvitationView
    title: str
    token: str = field(repr=False)


class UnusableError(NotFoundError):
    """A link that opens nothing: one answer for all; only the log learns why."""

    def __init__(self, row: Invitation | None, reason: str) -> None:
        super().__init__(
            "This invitation can't be used",
            hint="ask the person who sent it for a new one",
            subject=f"{row.workgroup}/{row.id}" if row else "invitation",
            reason=reason,
        )


def invite(
    session: Session, principal: Principal, slug: str, wish: InvitationWish, *, now: datetime
) -> NewLink:
    """Make an invitation.

    Raises
    ------
    InvalidError
        If the label or the address is unfit.
    ConflictError
        If the workgroup has too many open ones, or has sent too many mails.
    """
    workgroup = require_action(session, principal, slug, Action.INVITE)
    label = require_line(wish.label, "label") if wish.label.strip() else ""
    email = require_email(wish.email) if wish.email else None
    _require_few(session, slug, now, is_mailed=email is not None)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = Invitation(
        id=secrets.token_hex(ID_BYTES),
        workgroup=slug,
        token_hash=hash_of(token),
        role=wish.role,
        label=label,
        email=email,
        expires=now + wish.lifetime,
        uses=wish.uses,
        uses_left=wish.uses,
        created=now,
        created_by=principal.name,
    )
    session.add(row)
    session.flush()
    detail: audit.Detail = {
        "role": wish.role.value,
        "uses": wish.uses,
        "expires": row.expires.astimezone(UTC).isoformat(timespec="seconds"),
    }
    _record(session, audit.EventName.INVITATION_CREATED, row, principal.name, detail)
    return NewLink(_view(row, now), workgroup.title, token)


def list_invitations(
    session: Session, principal: Principal, slug: str, *, now: datetime
) -> list[InvitationView]:
    """List a workgroup's invitations, the newest first, ended ones included."""
    require_action(session, principal, slug, Action.READ_INVITATIONS)
    rows = session.scalars(
        select(Invitation)
        .where(Invitation.workgroup == slug)
        .order_by(Invitation.created.desc(), Invitation.id)
    )
    return [_view(row, now) for row in rows]


def revoke(session: Session, principal: Principal, slug: str, invitation: str) -> None:
    """End an invitation; doing it twice changes nothing.

    Raises
    ------
    NotFoundError
        If the workgroup has no such invitation.
    """
    subject = f"{slug[:40]}/{invitation[:32]}"
    require_action(session, principal, slug, Action.REVOKE_INVITATION, subject=subject)
    row = session.get(Invitation, invitation)
    if row is None or row.workgroup != slug:
        reason = "missing" if row is None else "foreign"
        raise NotFoundError(subject=subject, reason=reason)
    if row.revoked is None:
        row.revoked = datetime.now(UTC)
        session.flush()
        _record(session, audit.EventName.INVITATION_REVOKED, row, principal.name)


def record_mailed(session: Session, invitation: str, *, actor: str, is_sent: bool) -> None:
    """Write down whether an invitation's mail went out."""
    row = session.get(Invitation, invitation)
    if row is not None:
        detail = {"is_sent": is_sent}
        _record(session, audit.EventName.INVITATION_MAILED, row, actor, detail)


def find_usable(session: Session, token: str, *, now: datetime) -> Invitation | None:
    """Find the invitation that a token opens at this moment."""
    row = _find(session, token)
    return row if row is not None and _trouble(row, now) is None else None


def require_offer(session: Session, token: str, *, now: datetime) -> OfferedPlace:
    """Give what somebody with a link may know before they accept.

    Raises
    ------
    NotFoundError
        If the link opens nothing.
    """
    row = require_usable(session, token, now)
    workgroup = _require_workgroup(session, row)
    inviter = session.get(Person, row.created_by)
    return OfferedPlace(
        workgroup=workgroup.title,
        inviter=inviter.display_name if inviter else "",
        role=row.role,
        expires=row.expires,
        is_usable=workgroup.state is WorkgroupState.ACTIVE,
    )


def accept(session: Session, principal: Principal, token: str, *, now: datetime) -> JoinedPlace:
    """Make the caller a member; a role that is as high already stays, and no use is taken.

    Raises
    ------
    ReadOnlyError
        If the caller is no person.
    NotFoundError
        If the link opens nothing.
    ConflictError
        If the workgroup is archived, or the identity provider decides on the caller's role.
    """
    username = require_person(principal, "invitation")
    row = require_usable(session, token, now)
    subject = f"{row.workgroup}/{row.id}"
    require_action(session, principal, row.workgroup, Action.ACCEPT_INVITATION, subject=subject)
    return join(session, row, username, now=now)


def join(session: Session, row: Invitation, username: str, *, now: datetime) -> JoinedPlace:
    """Take one use of an invitation and make a person a member by it.

    Raises
    ------
    NotFoundError
        If somebody else was quicker.
    """
    membership = session.get(Membership, (username, row.workgroup))
    if membership is not None and RANKS[membership.role] >= RANKS[row.role]:
        return JoinedPlace(row.workgroup, membership.role)
    _take_use(session, row, now)
    _record(session, audit.EventName.INVITATION_ACCEPTED, row, username, {"role": row.role.value})
    role = take_in(session, row.workgroup, username, row.role, actor=username)
    return JoinedPlace(row.workgroup, role)


def hash_of(token: str) -> bytes:
    """Give what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _find(session: Session, token: str) -> Invitation | None:
    hashed = hash_of(token)
    return session.scalars(select(Invitation).where(Invitation.token_hash == hashed)).one_or_none()


def require_usable(session: Session, token: str, now: datetime) -> Invitation:
    """Give the invitation that a token opens at this moment.

    Raises
    ------
    UnusableError
        If it opens none.
    """
    row = _find(session, token)
    trouble = "forged" if row is None else _trouble(row, now)
    if row is None or trouble is not None:
        raise UnusableError(row, trouble or "")
    return row


def _require_workgroup(session: Session, row: Invitation) -> Workgroup:
    workgroup = session.get(Workgroup, row.workgroup)
    if workgroup is None:  # a foreign key stands before this
        raise NotFoundError(subject=row.workgroup, reason="missing")
    return workgroup


def _trouble(row: Invitation, now: datetime) -> str | None:
    if row.revoked is not None:
        return "revoked"
    if row.expires <= now:
        return "expired"
    return None if row.uses_left > 0 else "used up"


def _take_use(session: Session, row: Invitation, now: datetime) -> None:
    taken = session.execute(
        update(Invitation)
        .where(
            Invitation.id == row.id,
            Invitation.uses_left > 0,
            Invitation.revoked.is_(None),
            Invitation.expires > now,
        )
        .values(uses_left=Invitation.uses_left - 1)
        .returning(Invitation.id)
    ).one_or_none()
    if taken is None:
        raise UnusableError(row, "used up")


def _require_few(session: Session, slug: str, now: datetime, *, is_mailed: bool) -> None:
    count = select(func.count()).select_from(Invitation).where(Invitation.workgroup == slug)
    usable = count.where(
        Invitation.revoked.is_(None), Invitation.expires > now, Invitation.uses_left > 0
    )
    if (session.scalar(usable) or 0) >= MAX_OPEN:
        raise ConflictError(
            f"The workgroup has {MAX_OPEN} open invitations already",
            hint="revoke some, or make one with more uses",
        )
    mailed = count.where(Invitation.email.is_not(None), Invitation.created > now - MAILED_WITHIN)
    if is_mailed and (session.scalar(mailed) or 0) >= MAX_MAILED:
        raise ConflictError(
            f"The workgroup has mailed {MAX_MAILED} invitations within a day",
            hint="make one with more uses and send its link yourself",
        )


def _view(row: Invitation, now: datetime) -> InvitationView:
    return InvitationView(
        id=row.id,
        role=row.role,
        label=row.label,
        email=row.email,
        expires=row.expires,
        uses=row.uses,
        uses_left=row.uses_left,
        created=row.created,
        created_by=row.created_by,
        revoked=row.revoked,
        is_usable=_trouble(row, now) is None,
    )


def _record(
    session: Session,
    name: audit.EventName,
    row: Invitation,
    actor: str,
    detail: audit.Detail | None = None,
) -> None:
    subject = f"{row.workgroup}/{row.id}"
    audit.record(session, name, actor=actor, subject=subject, detail=detail)
