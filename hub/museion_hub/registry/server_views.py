"""A workgroup's page and the overview, completed by what the hub says of the servers."""

from dataclasses import replace
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool

from museion_hub.registry import names
from museion_hub.registry.access import Principal
from museion_hub.registry.group_views import Overview, ServerState, ServerView, WorkgroupPage
from museion_hub.registry.overview import overview
from museion_hub.registry.permissions import SiteAction, require_caller
from museion_hub.registry.service import Service
from museion_hub.registry.tables import WorkgroupState
from museion_hub.registry.workgroup_reading import page_of


async def read_page(service: Service, principal: Principal, slug: str) -> WorkgroupPage:
    """Give a workgroup's page, its server included."""

    def read() -> WorkgroupPage:
        with service.database.reading() as session:
            return page_of(session, principal, slug, now=datetime.now(UTC))

    page = await run_in_threadpool(read)
    if page.state is not WorkgroupState.ACTIVE:
        return replace(page, server=ServerView(ServerState.STOPPED))
    return replace(page, server=await service.hub.server_of(names.account_name(slug)))


async def read_overview(service: Service, principal: Principal) -> Overview:
    """Give the whole deployment, its servers included."""
    require_caller(principal.caller, SiteAction.READ_OVERVIEW)
    servers = await service.hub.servers()

    def read() -> Overview:
        with service.database.reading() as session:
            return overview(session, principal, servers)

    return await run_in_threadpool(read)
