"""The HTTP API of a workgroup's server: to stop it for everybody."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool

from museion_hub import audit
from museion_hub.registry import names
from museion_hub.registry.access import Principal
from museion_hub.registry.names import MAX_SLUG_CHARS
from museion_hub.registry.permissions import Action
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.service import Service
from museion_hub.registry.standing import require_action

Slug = Annotated[str, Path(max_length=MAX_SLUG_CHARS, description="The workgroup's slug.")]

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["workgroups"], responses=REFUSALS)


@api.post("/workgroups/{slug}/server/stop", status_code=HTTPStatus.NO_CONTENT)
async def stop_server(service: Parts, who: Who, slug: Slug) -> None:
    """Stop the workgroup's workspace for everybody; one that does not run stays so."""
    await run_in_threadpool(_require_may_stop, service, who, slug)
    await service.hub.stop_server(names.account_name(slug))
    await run_in_threadpool(_record, service, who, slug)


def _require_may_stop(service: Service, who: Principal, slug: str) -> None:
    with service.database.reading() as session:
        require_action(session, who, slug, Action.STOP_WORKSPACE)


def _record(service: Service, who: Principal, slug: str) -> None:
    with service.database.writing() as session:
        audit.record(session, audit.EventName.WORKSPACE_STOPPED, actor=who.name, subject=slug)
