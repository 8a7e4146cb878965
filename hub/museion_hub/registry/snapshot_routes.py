"""The API of published notebooks. Who publishes is asked before a byte of the page is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Lock
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from museion_hub.registry import snapshots
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import ConflictError
from museion_hub.registry.group_wire import Username
from museion_hub.registry.names import MAX_SLUG_CHARS, MAX_USERNAME_CHARS
from museion_hub.registry.permissions import Action
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.sanitising import sanitise
from museion_hub.registry.service import Service
from museion_hub.registry.snapshots import PageTooLargeError, Publication, SnapshotView
from museion_hub.registry.standing import require_action
from museion_hub.registry.wire import Request as Body

api: Final = APIRouter(
    prefix=f"{PREFIX}/api/v1/workgroups/{{slug}}/snapshots",
    responses=REFUSALS,
    tags=["published notebooks"],
)

type Slug = Annotated[str, Path(max_length=MAX_SLUG_CHARS, description="The workgroup's slug")]
type SnapshotId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The snapshot's id")]


class NewSnapshot(Body):
    """A notebook's page to publish; the registry keeps what of it is harmless."""

    path: Annotated[str, Field(max_length=snapshots.MAX_PATH_CHARS)]
    title: Annotated[str, Field(max_length=snapshots.MAX_TITLE_CHARS)]
    html: Annotated[str, Field(max_length=snapshots.MAX_PAGE_BYTES)]
    author: Username | None = None


class SnapshotPage(BaseModel):
    """A published notebook with its page, a part of HTML that is harmless."""

    snapshot: SnapshotView
    html: str


class OneAtATime:
    """Lets a workgroup publish one page at a time, so that it can't keep others waiting."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._busy: set[str] = set()

    @contextmanager
    def turn(self, slug: str) -> Iterator[None]:
        """Hold a workgroup's turn.

        Raises
        ------
        ConflictError
            If a page of the same workgroup is being published now.
        """
        with self._lock:
            if slug in self._busy:
                raise ConflictError(
                    "Another notebook of the workgroup is being published now",
                    hint="try again in a moment",
                )
            self._busy.add(slug)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(slug)


_turns: Final = OneAtATime()


@api.get("")
def list_snapshots(service: Parts, who: Who, slug: Slug) -> list[SnapshotView]:
    """List the notebooks that a workgroup has published to its guests."""
    with service.database.reading() as session:
        return snapshots.list_snapshots(session, who, slug)


@api.get("/{snapshot}")
def read_snapshot(service: Parts, who: Who, slug: Slug, snapshot: SnapshotId) -> SnapshotPage:
    """Give a published notebook to one of the workgroup's people."""
    with service.database.reading() as session:
        view, html = snapshots.read_snapshot(session, service.custody, who, slug, snapshot)
    return SnapshotPage(snapshot=view, html=html)


@api.post(
    "",
    status_code=HTTPStatus.CREATED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": NewSnapshot.model_json_schema()}},
        }
    },
)
async def publish_snapshot(request: Request, service: Parts, who: Who, slug: Slug) -> SnapshotView:
    """Publish a notebook's page, or replace the one of the same path."""
    await run_in_threadpool(_require_may_publish, service, who, slug)
    with _turns.turn(slug):
        wish = _decode(await request.body())
        return await run_in_threadpool(_publish, service, who, slug, wish)


@api.delete("/{snapshot}", status_code=HTTPStatus.NO_CONTENT)
def withdraw_snapshot(
    service: Parts,
    who: Who,
    slug: Slug,
    snapshot: SnapshotId,
    author: Annotated[
        str | None,
        Query(max_length=MAX_USERNAME_CHARS, description="Member for whom a workspace asks"),
    ] = None,
) -> None:
    """Take a published notebook away."""
    with service.database.writing() as session:
        snapshots.withdraw(session, who, slug, snapshot, author=author)


def _require_may_publish(service: Service, who: Principal, slug: str) -> None:
    with service.database.reading() as session:
        require_action(session, who, slug, Action.PUBLISH_SNAPSHOT)


def _decode(body: bytes) -> NewSnapshot:
    """Read what came in.

    Raises
    ------
    PageTooLargeError
        If the page is.
    RequestValidationError
        If it is not what the API's description says.
    """
    try:
        return NewSnapshot.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        too_long = [each for each in found if each["loc"] == ("html",) and "long" in each["type"]]
        if too_long:
            raise PageTooLargeError(len(body)) from None
        raise RequestValidationError(found) from None


def _publish(service: Service, who: Principal, slug: str, wish: NewSnapshot) -> SnapshotView:
    with service.database.reading() as session:
        snapshots.require_author(session, who, slug, wish.author)
    page = Publication(wish.path, wish.title, sanitise(wish.html), wish.author)
    with service.database.writing() as session:
        return snapshots.publish(session, service.custody, who, slug, page)
