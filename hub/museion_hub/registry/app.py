"""The registry as an ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from museion_hub.custody import Custody
from museion_hub.registry import answers, key_routes, log_routes, release_routes, routes
from museion_hub.registry.accounts import keep_accounts
from museion_hub.registry.database import Database
from museion_hub.registry.hub import HubClient
from museion_hub.registry.limits import BodyLimit
from museion_hub.registry.places import Places, local_places
from museion_hub.registry.service import Service


def create_app(
    database: Database,
    custody: Custody,
    hub: HubClient,
    places: Places | None = None,
    institution: str = "Museion",
) -> FastAPI:
    """Put the registry together.

    Parameters
    ----------
    database : Database
        Already upgraded.
    custody : Custody
        Opens the keys that the database holds sealed.
    hub : HubClient
        Says whose token it is, and makes the workgroups' accounts.
    places : Places, optional
        Where datasets may lie; by default the local storage alone.
    institution : str
        In whose name releases are signed.
    """
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
    app.state.service = Service(database, custody, hub, places or local_places(), institution)
    app.include_router(routes.health)
    app.include_router(routes.api)
    app.include_router(log_routes.log)
    app.include_router(key_routes.api)
    app.include_router(release_routes.api)
    answers.install(app)
    app.add_middleware(BodyLimit)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    keeper = asyncio.create_task(keep_accounts(service.database, service.hub))
    try:
        yield
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        await service.hub.close()
        service.database.close()
