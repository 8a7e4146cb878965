"""The pages of workgroups: one's own page, a new one, and finding one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from museion_datasets.log.event import Event
from museion_hub.registry import names
from museion_hub.registry.access import Principal
from museion_hub.registry.group_views import InvitationView, MemberLine, RequestView, WorkgroupPage
from museion_hub.registry.invitations import list_invitations
from museion_hub.registry.join_requests import list_requests
from museion_hub.registry.pages.event_words import EventLine, event_line
from museion_hub.registry.pages.listing import list_part
from museion_hub.registry.pages.page_route import PageRoute
from museion_hub.registry.pages.rendering import render
from museion_hub.registry.pages.visitors import ThisVisit
from museion_hub.registry.permissions import Action
from museion_hub.registry.principals import Who
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.sessions import PREFIX
from museion_hub.registry.snapshots import SnapshotView, list_snapshots
from museion_hub.registry.tables import Person, Role
from museion_hub.registry.workgroup_events import list_events
from museion_hub.registry.workgroup_reading import listed, page_of

EVENTS_SHOWN: Final = 20
_RANK: Final = {Role.LEAD: 0, Role.MEMBER: 1, Role.GUEST: 2}

router: Final = APIRouter(prefix=PREFIX.rstrip("/"), route_class=PageRoute, include_in_schema=False)
fragments: Final = APIRouter(prefix=PREFIX.rstrip("/"), include_in_schema=False)
Parts = Annotated[Service, Depends(service_of)]


@dataclass(frozen=True, slots=True)
class Events:
    """A part of a workgroup's log, and where it goes on."""

    lines: tuple[EventLine, ...]
    next: str


@dataclass(frozen=True, slots=True)
class _Sections:
    page: WorkgroupPage
    invitations: list[InvitationView] | None
    requests: list[RequestView]
    events: Events | None
    snapshots: Sequence[SnapshotView] | None


@router.get("/")
def show_start() -> Response:
    """Lead to the workgroups."""
    return RedirectResponse(f"{PREFIX}workgroups")


@router.get("/workgroups")
def show_listed(request: Request, service: Parts, visit: ThisVisit) -> Response:
    """Show the workgroups that may be found."""
    with service.database.reading() as session:
        found = listed(session, visit.principal)
    part = list_part(request, found, lambda one: f"{one.title} {one.slug} {one.description}")
    return render(request, "workgroups.html", {"listed": part})


@router.get("/workgroups/new")
def show_new_workgroup(request: Request, _visit: ThisVisit) -> Response:
    """Show the form for a new workgroup."""
    return render(request, "workgroup_new.html")


@router.get("/workgroups/{slug}")
async def show_workgroup(request: Request, service: Parts, visit: ThisVisit, slug: str) -> Response:
    """Show a workgroup to those who may know of it."""
    sections, server = await asyncio.gather(
        run_in_threadpool(_read, service, visit.principal, slug),
        service.hub.server_of(names.account_name(slug)),
    )
    page = replace(sections.page, server=server)
    members = sorted(page.members, key=_precedence)
    values: dict[str, Any] = {
        "page": page,
        "me": visit.person.username,
        "may": {action.value: action in page.allowed for action in Action},
        "people": list_part(request, members, _text_of, anchor="members"),
        "online": sum(one.is_online for one in members),
        "requests": sections.requests,
        "invitations": sections.invitations,
        "events": sections.events,
        "snapshots": sections.snapshots,
    }
    return render(request, "workgroup.html", values)


@fragments.get("/workgroups/{slug}/activity")
def read_activity(
    request: Request, service: Parts, who: Who, slug: str, before: int | None = None
) -> Response:
    """Give more of a workgroup's log to its page."""
    with service.database.reading() as session:
        events = _events(session, who, slug, before)
    return render(request, "activity.html", {"events": events})


def _read(service: Service, who: Principal, slug: str) -> _Sections:
    now = datetime.now(UTC)
    with service.database.reading() as session:
        page = page_of(session, who, slug, now=now)
        may = page.allowed
        return _Sections(
            page,
            list_invitations(session, who, slug, now=now)
            if Action.READ_INVITATIONS in may
            else None,
            list_requests(session, who, slug) if Action.READ_REQUESTS in may else [],
            _events(session, who, slug, None) if Action.READ_EVENTS in may else None,
            list_snapshots(session, who, slug) if Action.LIST_SNAPSHOTS in may else None,
        )


def _events(session: Session, who: Principal, slug: str, before: int | None) -> Events:
    found: Sequence[Event] = list_events(session, who, slug, before=before, limit=EVENTS_SHOWN + 1)
    people = _names(session, found)
    lines = tuple(event_line(event, people) for event in found[:EVENTS_SHOWN])
    goes_on = len(found) > EVENTS_SHOWN
    address = f"{PREFIX}workgroups/{slug}/activity?before={lines[-1].index}" if goes_on else ""
    return Events(lines, address)


def _names(session: Session, events: Sequence[Event]) -> dict[str, str]:
    """Give the names of the people in these events, by username."""
    parts = [str(event[key] or "") for event in events for key in ("actor", "subject")]
    usernames = {part.rpartition("/")[2] for part in parts}
    rows = session.execute(
        select(Person.username, Person.display_name).where(Person.username.in_(usernames))
    )
    return {username: name or username for username, name in rows}


def _precedence(line: MemberLine) -> tuple[int, str]:
    return _RANK[line.role], (line.display_name or line.username).casefold()


def _text_of(line: MemberLine) -> str:
    return f"{line.display_name} {line.username} {line.role.value}"
