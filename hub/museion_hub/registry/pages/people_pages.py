"""The pages about people: one's own account, an invitation, the administrators' overview."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from museion_hub.registry.access import Principal
from museion_hub.registry.administration import list_people
from museion_hub.registry.group_views import (
    Overview,
    OverviewLine,
    PersonLine,
    ServerState,
    ServerView,
)
from museion_hub.registry.invitations import require_offer
from museion_hub.registry.overview import overview
from museion_hub.registry.own_account import account_of
from museion_hub.registry.pages.listing import list_part
from museion_hub.registry.pages.page_route import PageRoute
from museion_hub.registry.pages.rendering import render
from museion_hub.registry.pages.visitors import AnyVisit, SignInNeededError, ThisVisit
from museion_hub.registry.permissions import SiteAction, require_caller
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.sessions import BROWSER_COOKIE, HUB_SIGN_IN_COOKIE, PREFIX
from museion_hub.registry.tables import WorkgroupState

router: Final = APIRouter(prefix=PREFIX.rstrip("/"), route_class=PageRoute, include_in_schema=False)
Parts = Annotated[Service, Depends(service_of)]


@router.get("/account")
def show_account(request: Request, service: Parts, visit: ThisVisit) -> Response:
    """Show a person their own account."""
    with service.database.reading() as session:
        account = account_of(session, visit.person.username)
    return render(request, "account.html", {"account": account})


@router.get("/join/{token}")
def show_invitation(request: Request, service: Parts, visit: AnyVisit, token: str) -> Response:
    """Show what an invitation offers, to whoever has its link.

    Raises
    ------
    SignInNeededError
        If the hub knows who it is and the registry does not yet; tried once, since somebody
        without an account would not come back from there.
    """
    with service.database.reading() as session:
        offer = require_offer(session, token, now=datetime.now(UTC))
    is_tried = BROWSER_COOKIE in request.cookies
    if visit is None and HUB_SIGN_IN_COOKIE in request.cookies and not is_tried:
        raise SignInNeededError(request)
    return render(request, "join.html", {"offer": offer, "token": token})


@router.get("/admin")
async def show_overview(request: Request, service: Parts, visit: ThisVisit) -> Response:
    """Show administrators the whole deployment."""
    require_caller(visit.principal.caller, SiteAction.READ_OVERVIEW)
    servers = await service.hub.servers()
    whole, people = await run_in_threadpool(_read, service, visit.principal, servers)
    groups = whole.workgroups
    values = {
        "groups": list_part(request, groups, _text_of_group, name="which", anchor="workgroups"),
        "people": list_part(request, people, _text_of_person, anchor="people"),
        "pending": [one for one in groups if one.state is WorkgroupState.PENDING],
        "running": sum(one.server.state is ServerState.RUNNING for one in groups),
        "storage_bytes": sum(one.storage_bytes for one in groups),
    }
    return render(request, "administration.html", values)


def _read(
    service: Service, who: Principal, servers: Mapping[str, ServerView] | None
) -> tuple[Overview, list[PersonLine]]:
    with service.database.reading() as session:
        return overview(session, who, servers), list_people(session, who)


def _text_of_group(line: OverviewLine) -> str:
    return f"{line.title} {line.slug} {' '.join(line.leads)} {line.state.value}"


def _text_of_person(line: PersonLine) -> str:
    role = "administrator" if line.is_administrator else ""
    return f"{line.display_name} {line.username} {line.email or ''} {role}"
