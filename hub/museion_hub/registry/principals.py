"""From a request's token, or a browser's session, to the principal it acts for.

A cluster's token is a scheme of its own: only what asks for `Opener` or `ClusterWho` takes it, to
everything else it is no token at all.
"""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, APIKeyHeader
from starlette.concurrency import run_in_threadpool

from museion_hub.registry import cluster_tokens, names
from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.acting import principal_in
from museion_hub.registry.cluster_tokens import ClusterPrincipal
from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnauthenticatedError
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.sessions import REQUEST_HEADER, SESSION_COOKIE

_SCHEMES: Final = ("token", "bearer")
_CLUSTER_SCHEME: Final = "cluster"
_header: Final = APIKeyHeader(
    name="Authorization",
    scheme_name="HubToken",
    description="`token <hub token>`, as in `JUPYTERHUB_API_TOKEN`.",
    auto_error=False,
)
_cluster_header: Final = APIKeyHeader(
    name="Authorization",
    scheme_name="ClusterToken",
    description="`cluster <token>`, as a cluster got it when it was registered.",
    auto_error=False,
)
_cookie: Final = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="BrowserSession",
    description=f"Of the registry's own pages; every request also sends `{REQUEST_HEADER}`.",
    auto_error=False,
)


def require_token(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    header: Annotated[str | None, Depends(_header)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> str:
    """Give the request's token of the hub; without one, that of the browser's session.

    Raises
    ------
    UnauthenticatedError
        If there is neither.
    """
    if header is None and cookie is not None:
        return service.sessions.require_session(request.cookies, request.headers).token
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() not in _SCHEMES:
        raise UnauthenticatedError
    return token


async def require_account(
    service: Annotated[Service, Depends(service_of)],
    token: Annotated[str, Depends(require_token)],
) -> str:
    """Give the hub account of the request's token, if the hub vouches for it."""
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
        return principal_in(session, account)


def require_cluster(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    header: Annotated[str | None, Depends(_cluster_header)],
) -> ClusterPrincipal:
    """Give the cluster of the request's token, and remember it for the audit log.

    Raises
    ------
    UnauthenticatedError
        If there is none, or it has ended.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != _CLUSTER_SCHEME:
        raise UnauthenticatedError
    with service.database.reading() as session:
        principal = cluster_tokens.require_principal(session, token, now=datetime.now(UTC))
    request.state.principal = principal
    return principal


async def require_opener(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    header: Annotated[str | None, Depends(_header)],
    cookie: Annotated[str | None, Depends(_cookie)],
    cluster: Annotated[str | None, Depends(_cluster_header)],
) -> Principal | ClusterPrincipal:
    """Give who opens a dataset: an account, or a process of a cluster."""
    if (cluster or "").partition(" ")[0].lower() == _CLUSTER_SCHEME:
        return await run_in_threadpool(require_cluster, request, service, cluster)
    account = await require_account(service, require_token(request, service, header, cookie))
    return await run_in_threadpool(require_principal, request, service, account)


Token = Annotated[str, Depends(require_token)]
Who = Annotated[Principal, Depends(require_principal)]
ClusterWho = Annotated[ClusterPrincipal, Depends(require_cluster)]
Opener = Annotated[Principal | ClusterPrincipal, Depends(require_opener)]
