"""From a request's token, or a browser's session, to the principal it acts for."""

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, APIKeyHeader
from sqlalchemy.orm import Session

from museion_hub.registry import names
from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnauthenticatedError
from museion_hub.registry.reading import memberships_of
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.sessions import REQUEST_HEADER, SESSION_COOKIE
from museion_hub.registry.tables import Person, Role, Workgroup, WorkgroupState
from museion_hub.registry.views import MembershipView

_SCHEMES: Final = ("token", "bearer")
_header: Final = APIKeyHeader(
    name="Authorization",
    scheme_name="HubToken",
    description="`token <hub token>`, as in `JUPYTERHUB_API_TOKEN`.",
    auto_error=False,
)
_cookie: Final = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="BrowserSession",
    description=f"Of the registry's own pages; every request also sends `{REQUEST_HEADER}`.",
    auto_error=False,
)


async def require_account(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    header: Annotated[str | None, Depends(_header)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> str:
    """Give the hub account of the request's token; without one, of the browser's session.

    Raises
    ------
    UnauthenticatedError
        If there is neither, or the hub does not vouch for it.
    """
    if header is None and cookie is not None:
        session = service.sessions.require_session(request.cookies, request.headers)
        return await service.hub.require_account(session.token)
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() not in _SCHEMES:
        raise UnauthenticatedError
    return await service.hub.require_account(token)


def require_principal(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    account: Annotated[str, Depends(require_account)],
) -> Principal:
    """Give the principal of the request, and remember it for the audit log."""
    principal = principal_of(service.database, account)
    request.state.principal = principal
    return principal


def principal_of(database: Database, account: str) -> Principal:
    """Give the principal of a hub account, with its memberships of this moment.

    Raises
    ------
    UnauthenticatedError
        If it is no person's any more, or named like the account of a workgroup that does not
        exist.
    """
    if account == names.OPERATOR:
        return Principal(account, PrincipalKind.OPERATOR, (), is_administrator=True)
    with database.reading() as session:
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


Who = Annotated[Principal, Depends(require_principal)]
