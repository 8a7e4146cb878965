"""As what a principal meets a workgroup, read inside the transaction that acts on it.

The principal's own memberships were read before; somebody may have changed them since. So what
changes a workgroup asks here, where the answer still holds when it commits.
"""

from sqlalchemy.orm import Session

from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.errors import NotFoundError, ReadOnlyError
from museion_hub.registry.permissions import Action, Standing, allows, require
from museion_hub.registry.tables import Membership, Person, Workgroup

MAX_SHOWN_CHARS = 40


def standings_of(session: Session, principal: Principal, slug: str) -> frozenset[Standing]:
    """Give as what a principal meets a workgroup at this moment."""
    if principal.kind is not PrincipalKind.PERSON:
        return principal.standings_in(slug)
    person = session.get(Person, principal.name)
    membership = session.get(Membership, (principal.name, slug))
    found = {Standing(membership.role.value)} if membership else set()
    if person is not None and person.is_administrator:
        found.add(Standing.ADMINISTRATOR)
    return frozenset(found or {Standing.STRANGER})


def require_action(
    session: Session, principal: Principal, slug: str, action: Action, *, subject: str = ""
) -> Workgroup:
    """Give a workgroup in which the principal may do this now.

    Parameters
    ----------
    session : Session
        The one that acts.
    principal : Principal
        Who asks.
    slug : str
        As it came in; it may be nonsense.
    action : Action
        What is asked for.
    subject : str
        What the log says was asked for; the slug unless told.

    Raises
    ------
    NotFoundError
        If there is none, or it is not the principal's to know.
    """
    workgroup = session.get(Workgroup, slug)
    shown = subject or slug[:MAX_SHOWN_CHARS]
    if workgroup is None:
        raise NotFoundError(subject=shown, reason="missing")
    require(standings_of(session, principal, slug), action, workgroup.state, shown)
    return workgroup


def may(session: Session, principal: Principal, slug: str, action: Action) -> bool:
    """Tell whether the principal may do this in a workgroup that is there."""
    workgroup = session.get(Workgroup, slug)
    return workgroup is not None and any(
        allows(standing, action, workgroup.state)
        for standing in standings_of(session, principal, slug)
    )


def require_person(principal: Principal, what: str) -> str:
    """Give the username of a principal who is a person.

    Raises
    ------
    ReadOnlyError
        If it is a workgroup's account or the operator.
    """
    if principal.kind is not PrincipalKind.PERSON:
        raise ReadOnlyError(
            "Only a person may do this", hint="use your own account", subject=what, reason="account"
        )
    return principal.name
