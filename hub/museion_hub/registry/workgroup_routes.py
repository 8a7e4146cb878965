"""The HTTP API of workgroups: making, finding, describing them, and their life."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from museion_datasets.log.tree import MAX_TREE_SIZE
from museion_hub.registry import workgroup_events, workgroup_reading, workgroup_states
from museion_hub.registry.access import Principal
from museion_hub.registry.group_views import ListedWorkgroup, WorkgroupPage
from museion_hub.registry.group_wire import NewWorkgroup, WorkgroupChange, WorkgroupText
from museion_hub.registry.log_reading import MAX_EVENTS
from museion_hub.registry.log_routes import LogEvent
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.server_views import read_page
from museion_hub.registry.service import Service
from museion_hub.registry.settling import begin_workspace, settle
from museion_hub.registry.tables import WorkgroupState
from museion_hub.registry.workgroup_states import Text
from museion_hub.registry.workgroups import Plan

WORKGROUP: Final = "/workgroups/{slug}"
Slug = Annotated[str, Path(max_length=64, description="The workgroup's slug.")]

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["workgroups"], responses=REFUSALS)


@api.post("/workgroups", status_code=HTTPStatus.CREATED)
async def create_workgroup(service: Parts, who: Who, wish: NewWorkgroup) -> WorkgroupPage:
    """Make a workgroup that the caller leads; where that needs approval, it waits for it."""
    page = await run_in_threadpool(_found, service, who, wish)
    if page.state is WorkgroupState.ACTIVE:
        await begin_workspace(service, page.slug, [one.username for one in page.members])
    return page


@api.get("/workgroups/listed")
def list_listed(service: Parts, who: Who) -> list[ListedWorkgroup]:
    """List the workgroups that may be found and asked to join, but the caller's own."""
    with service.database.reading() as session:
        return workgroup_reading.listed(session, who)


@api.get(WORKGROUP)
async def read_workgroup(service: Parts, who: Who, slug: Slug) -> WorkgroupPage:
    """Give a workgroup's page: its members, datasets, server, and what the caller may do."""
    return await read_page(service, who, slug)


@api.patch(WORKGROUP)
async def describe_workgroup(
    service: Parts, who: Who, slug: Slug, change: WorkgroupChange
) -> WorkgroupPage:
    """Rename, describe or list a workgroup, unless it is no longer what the caller saw."""

    def describe() -> None:
        with service.database.writing() as session:
            seen = _text(change.expected or WorkgroupText())
            workgroup_states.describe(session, who, slug, _text(change), seen)

    await run_in_threadpool(describe)
    return await read_page(service, who, slug)


@api.post(f"{WORKGROUP}/archive")
async def archive_workgroup(service: Parts, who: Who, slug: Slug) -> WorkgroupPage:
    """Put a workgroup away: its server stops, all is kept, nothing changes any more."""
    await settle(service, await _change(service, who, slug, workgroup_states.archive))
    return await read_page(service, who, slug)


@api.post(f"{WORKGROUP}/restore")
async def restore_workgroup(service: Parts, who: Who, slug: Slug) -> WorkgroupPage:
    """Take an archived workgroup into use again."""
    accounts = await _change(service, who, slug, workgroup_states.restore)
    await begin_workspace(service, slug, accounts)
    return await read_page(service, who, slug)


@api.post(f"{WORKGROUP}/approve")
async def approve_workgroup(service: Parts, who: Who, slug: Slug) -> WorkgroupPage:
    """Let a workgroup that waits for approval begin."""
    accounts = await _change(service, who, slug, workgroup_states.approve)
    await begin_workspace(service, slug, accounts)
    return await read_page(service, who, slug)


@api.post(f"{WORKGROUP}/decline", status_code=HTTPStatus.NO_CONTENT)
def decline_workgroup(service: Parts, who: Who, slug: Slug) -> None:
    """Decline a workgroup that waits for approval, or take one's own wish back."""
    with service.database.writing() as session:
        workgroup_states.decline(session, who, slug)


@api.get(f"{WORKGROUP}/events")
def list_workgroup_events(
    service: Parts,
    who: Who,
    slug: Slug,
    before: Annotated[int | None, Query(ge=0, le=MAX_TREE_SIZE)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = 100,
) -> list[LogEvent]:
    """List what happened in a workgroup, the newest first: who did and opened what."""
    with service.database.reading() as session:
        events = workgroup_events.list_events(session, who, slug, before=before, limit=limit)
    return [LogEvent.model_validate(event) for event in events]


def _found(service: Service, who: Principal, wish: NewWorkgroup) -> WorkgroupPage:
    plan = Plan(wish.slug, wish.title, wish.description)
    needs_approval = service.settings.workgroups_need_approval
    with service.database.writing() as session:
        workgroup_states.found_workgroup(
            session, service.custody, who, plan, lead=wish.lead, needs_approval=needs_approval
        )
        return workgroup_reading.page_of(session, who, wish.slug, now=datetime.now(UTC))


async def _change(
    service: Service,
    who: Principal,
    slug: str,
    change: Callable[[Session, Principal, str], frozenset[str]],
) -> frozenset[str]:
    def write() -> frozenset[str]:
        with service.database.writing() as session:
            return change(session, who, slug)

    return await run_in_threadpool(write)


def _text(given: WorkgroupText) -> Text:
    return Text(given.title, given.description, given.is_listed)
