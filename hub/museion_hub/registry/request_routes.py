"""The HTTP API of requests to join a workgroup that is listed."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from museion_hub.registry import join_requests
from museion_hub.registry.group_views import JoinedPlace, RequestView
from museion_hub.registry.group_wire import RequestAnswer, Wish
from museion_hub.registry.member_routes import Username
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.settling import settle
from museion_hub.registry.workgroup_routes import WORKGROUP, Slug

REQUESTS: Final = f"{WORKGROUP}/requests"

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["requests"], responses=REFUSALS)


@api.get(REQUESTS)
def list_requests(service: Parts, who: Who, slug: Slug) -> list[RequestView]:
    """List who asks to join, the longest waiting first."""
    with service.database.reading() as session:
        return join_requests.list_requests(session, who, slug)


@api.post(REQUESTS, status_code=HTTPStatus.CREATED)
def ask_to_join(service: Parts, who: Who, slug: Slug, wish: Wish) -> Wish:
    """Ask to join; asking again replaces what was said."""
    with service.database.writing() as session:
        join_requests.ask_to_join(session, who, slug, wish.message)
    return wish


@api.post(f"{REQUESTS}/{{username}}/accept")
async def accept_request(
    service: Parts, who: Who, slug: Slug, username: Username, answer: RequestAnswer
) -> JoinedPlace:
    """Make somebody who asks a member."""

    def write() -> JoinedPlace:
        with service.database.writing() as session:
            return join_requests.accept_request(session, who, slug, username, answer.role)

    joined = await run_in_threadpool(write)
    await settle(service, [username])
    return joined


@api.delete(f"{REQUESTS}/{{username}}", status_code=HTTPStatus.NO_CONTENT)
def end_request(service: Parts, who: Who, slug: Slug, username: Username) -> None:
    """Decline a request, or take one's own back."""
    with service.database.writing() as session:
        join_requests.end_request(session, who, slug, username)
