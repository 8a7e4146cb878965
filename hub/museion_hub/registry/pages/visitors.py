"""Who looks at a page: a person with a valid session, on a page of their own browser's tab.

A page is given only to a top-level navigation. A script, a frame or a worker of a workspace is of
the same origin and its requests carry the same cookie; the browser says what they are for, and
they get nothing.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from museion_hub.registry.access import Principal
from museion_hub.registry.database import Database
from museion_hub.registry.errors import NotFoundError, RefusedError, UnauthenticatedError
from museion_hub.registry.people import view_of
from museion_hub.registry.principals import principal_of
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.sessions import PREFIX
from museion_hub.registry.tables import Person
from museion_hub.registry.views import PersonView

SIGN_IN: Final = f"{PREFIX}sign-in"
_TOP_LEVEL: Final = frozenset({None, "document"})


@dataclass(frozen=True, slots=True)
class Visit:
    """A person at a page, and what the page's own requests prove themselves with."""

    principal: Principal
    person: PersonView
    request_token: str = field(repr=False)


class SignInNeededError(HTTPException):
    """Leads to the hub's sign-in and back."""

    def __init__(self, request: Request) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        location = f"{SIGN_IN}?{urlencode({'next': request.url.path + query})}"
        super().__init__(HTTPStatus.SEE_OTHER, headers={"Location": location})


def require_top_level(request: Request) -> None:
    """Refuse whatever is not a page of its own in the browser.

    Raises
    ------
    RefusedError
        If the browser says that it fetches something else than a page.
    """
    if request.headers.get("Sec-Fetch-Dest") not in _TOP_LEVEL:
        raise RefusedError("This is a page of its own", hint="open its address in a browser's tab")


async def find_visit(
    request: Request, service: Annotated[Service, Depends(service_of)]
) -> Visit | None:
    """Give who looks, None if nobody is signed in; remember the principal for the audit log."""
    require_top_level(request)
    session = service.sessions.find_session(request.cookies)
    if session is None:
        return None
    try:
        account = await service.hub.require_account(session.token)
        principal = await run_in_threadpool(principal_of, service.database, account)
    except UnauthenticatedError:
        return None
    person = await run_in_threadpool(_find_person, service.database, account)
    request.state.principal = principal
    if person is None:
        return None
    visit = Visit(principal, person, session.request_token)
    request.state.visit = visit
    return visit


def require_visit(request: Request, visit: Annotated[Visit | None, Depends(find_visit)]) -> Visit:
    """Give who looks, or lead to the sign-in.

    Raises
    ------
    SignInNeededError
        If nobody is signed in.
    NotFoundError
        If an account is that is no person's.
    """
    if visit is not None:
        return visit
    if getattr(request.state, "principal", None) is not None:
        raise NotFoundError(reason="the account is no person's")
    raise SignInNeededError(request)


def require_visitor(visit: Annotated[Visit, Depends(require_visit)]) -> Principal:
    """Give the principal who looks at a page."""
    return visit.principal


def _find_person(database: Database, account: str) -> PersonView | None:
    with database.reading() as session:
        person = session.get(Person, account)
        return view_of(person) if person else None


Visitor = Annotated[Principal, Depends(require_visitor)]
ThisVisit = Annotated[Visit, Depends(require_visit)]
AnyVisit = Annotated[Visit | None, Depends(find_visit)]
