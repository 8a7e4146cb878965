"""From a hub account to the principal it is at this moment, inside the caller's session."""

from sqlalchemy.orm import Session

from museion_hub.registry import names
from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.errors import UnauthenticatedError
from museion_hub.registry.reading import memberships_of
from museion_hub.registry.tables import Person, Role, Workgroup, WorkgroupState
from museion_hub.registry.views import MembershipView


def principal_in(session: Session, account: str) -> Principal:
    """Give the principal of a hub account, with its memberships of this moment.

    Raises
    ------
    UnauthenticatedError
        If it is no person's any more, or named like the account of a workgroup that does not
        exist.
    """
    slug = names.find_slug(account)
    if slug is None and not account.startswith(names.RESERVED_PREFIXES):
        return _person(session, account)
    workgroup = session.get(Workgroup, slug) if slug else None
    if workgroup is None or workgroup.state is WorkgroupState.PENDING:
        raise UnauthenticatedError("The token's workgroup does not exist", hint="sign in again")
    itself = MembershipView(workgroup.slug, workgroup.title, Role.MEMBER, workgroup.state)
    return Principal(account, PrincipalKind.WORKGROUP, (itself,))


def _person(session: Session, username: str) -> Principal:
    person = session.get(Person, username)
    if person is None:
        raise UnauthenticatedError("The token's account does not exist", hint="sign in again")
    memberships = tuple(memberships_of(session, username))
    is_administrator = person.is_administrator
    return Principal(username, PrincipalKind.PERSON, memberships, is_administrator)
