"""The registry as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI

from museion_hub.registry import (
    admin_routes,
    answers,
    cluster_routes,
    invitation_routes,
    key_routes,
    log_routes,
    member_routes,
    people_routes,
    release_routes,
    request_routes,
    routes,
    server_routes,
    snapshot_routes,
    workgroup_routes,
)
from museion_hub.registry.accounts import keep_accounts
from museion_hub.registry.cluster_clearing import keep_clearing
from museion_hub.registry.limits import BodyLimit
from museion_hub.registry.pages.routing import ROUTERS as PAGES
from museion_hub.registry.service import Service
from museion_hub.settings import SignInProvider
from museion_hub.sign_in.leavers import keep_rotating

ROUTERS: Final = (
    routes.health,
    routes.api,
    workgroup_routes.api,
    member_routes.api,
    invitation_routes.api,
    request_routes.api,
    people_routes.api,
    admin_routes.api,
    snapshot_routes.api,
    log_routes.log,
    key_routes.api,
    cluster_routes.api,
    release_routes.api,
    server_routes.api,
    *PAGES,
)


def create_app(service: Service) -> FastAPI:
    """Put the registry together."""
    # No pages of documentation: they would load scripts from elsewhere. The description itself
    # is at /api/v1/openapi.json, for whoever has a token.
    app = FastAPI(
        title="Museion registry",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    answers.install(app)
    app.add_middleware(BodyLimit)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    tasks = [asyncio.create_task(work) for work in _work_of(service)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await service.hub.close()
        service.database.close()


def _work_of(service: Service) -> tuple[Coroutine[Any, Any, None], ...]:
    """Give what runs beside the requests, for ever."""
    return (
        keep_accounts(service.database, service.hub),
        service.refresher.keep_refreshing(),
        keep_clearing(service.database),
        keep_rotating(
            service.database,
            service.custody,
            service.refresher,
            has_provider=service.settings.sign_in.provider is not SignInProvider.LOCAL,
        ),
    )
