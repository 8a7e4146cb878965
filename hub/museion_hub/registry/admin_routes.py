"""The HTTP API of the administrators' overview."""

from typing import Final

from fastapi import APIRouter

from museion_hub.registry.group_views import Overview
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.server_views import read_overview

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["administration"], responses=REFUSALS)


@api.get("/admin/overview")
async def show_overview(service: Parts, who: Who) -> Overview:
    """Give all workgroups with members, storage and servers, and what waits for approval."""
    return await read_overview(service, who)
