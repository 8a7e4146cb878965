"""From a request's token to the principal it acts for."""

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader

from museion_hub.registry import names
from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnauthenticatedError
from museion_hub.registry.reading import memberships_of
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.tables import Role, Workgroup
from museion_hub.registry.views import MembershipView

_SCHEMES: Final = ("token", "bearer")
_header: Final = APIKeyHeader(
    name="Authorization",
    scheme_name="HubToken",
    description="`token <hub token>`, as in `JUPYTERHUB_API_TOKEN`.",
    auto_error=False,
)


async def require_account(
    service: Annotated[Service, Depends(service_of)],
    header: Annotated[str | None, Depends(_header)],
) -> str:
    """Give the hub account of the request's token.

    Raises
    ------
    UnauthenticatedError
        If there is no token, or the hub does not vouch for it.
    """
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
        If it is named like the account of a workgroup that does not exist.
    """
    with database.reading() as session:
        slug = names.find_slug(account)
        if slug is None and not account.startswith(names.RESERVED_PREFIXES):
            return Principal(account, PrincipalKind.PERSON, tuple(memberships_of(session, account)))
        workgroup = session.get(Workgroup, slug) if slug else None
        if workgroup is None:
            raise UnauthenticatedError("The token's workgroup does not exist", hint="sign in again")
        itself = MembershipView(workgroup.slug, workgroup.title, Role.MEMBER)
        return Principal(account, PrincipalKind.WORKGROUP, (itself,))


Who = Annotated[Principal, Depends(require_principal)]
