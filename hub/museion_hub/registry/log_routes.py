"""The log over HTTP: in the layout of C2SP tlog-tiles below ``/services/registry/log/``.

Checkpoint, tiles and bundles are as the specification has them; besides, the log says its keys,
proves an event to whom it concerns, and lists to leads what was done by and to their workgroup.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response
from pydantic import BaseModel

from museion_datasets.errors import InvalidError as MalformedError
from museion_datasets.log.tiles import Tile
from museion_datasets.log.tree import MAX_TREE_SIZE
from museion_hub import audit
from museion_hub.registry import log_reading
from museion_hub.registry.errors import InvalidError
from museion_hub.registry.log_reading import MAX_EVENTS
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.wire import Json

log: Final = APIRouter(prefix=f"{PREFIX}/log", responses=REFUSALS, tags=["log"])

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_FRESH: Final = {"Cache-Control": "no-store"}
_FOR_EVER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
_SIGNED_NOTE: Final[Json] = {
    "content": {_TEXT: {"schema": {"type": "string"}}},
    "description": "A signed note",
}
_TILE: Final[Json] = {
    "content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}},
    "description": "Hashes, or entries each after its length",
}


def tile_at(address: Annotated[str, Path(max_length=64)]) -> Tile:
    """Give the tile of an address.

    Raises
    ------
    InvalidError
        If no tile can have it.
    """
    try:
        return Tile.parse(f"tile/{address}")
    except MalformedError as error:
        raise InvalidError(error.message, hint=error.hint) from None


At = Annotated[Tile, Depends(tile_at)]
Index = Annotated[int, Path(ge=0, le=MAX_TREE_SIZE)]


class LogKeys(BaseModel):
    """The log's name and public keys."""

    origin: str
    keys: list[str]


class LogEvent(BaseModel):
    """What happened, as the log commits to it."""

    index: int
    time: str
    event: str
    actor: str
    subject: str
    detail: dict[str, str | int | bool | None]


class LoggedEvent(BaseModel):
    """A proof that an event is in the log, which needs no hub to be checked."""

    format: int
    index: int
    leaf: str
    tree_size: int
    proof: list[str]
    checkpoint: str
    event: LogEvent
    salt: str


@log.get("/checkpoint", response_class=Response, responses={200: _SIGNED_NOTE})
def read_checkpoint(service: Parts, _who: Who) -> Response:
    """Sign the log as it is now: its size and its root."""
    with service.database.writing() as session:
        note = audit.sign_checkpoint(session, service.custody)
    return Response(note, media_type=_TEXT, headers=_FRESH)


@log.get("/keys")
def read_keys(service: Parts, _who: Who) -> LogKeys:
    """Give the log's name and the keys that sign its checkpoints."""
    with service.database.writing() as session:
        key = audit.open_log_key(session, service.custody)
    return LogKeys(origin=key.origin, keys=list(key.verifiers))


@log.get("/tile/{address:path}", response_class=Response, responses={200: _TILE})
def read_tile(service: Parts, _who: Who, tile: At) -> Response:
    """Give a tile of hashes, or a bundle of entries: salted hashes, without any name."""
    with service.database.reading() as session:
        content = log_reading.find_tile(session, tile)
    return _answer(content)


@log.get("/events/{index}/proof")
def prove_event(service: Parts, who: Who, index: Index) -> LoggedEvent:
    """Prove an event that the caller did, or that concerns a workgroup they lead."""
    with service.database.writing() as session:
        log_reading.require_event(session, who, index)
        return LoggedEvent.model_validate(audit.prove(session, service.custody, index))


@log.get("/events")
def list_events(
    service: Parts,
    who: Who,
    workgroup: Annotated[str, Query(max_length=32)],
    before: Annotated[int | None, Query(ge=0, le=MAX_TREE_SIZE)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = 100,
) -> list[LogEvent]:
    """List what was done by or to a workgroup that the caller leads, the newest first."""
    with service.database.reading() as session:
        events = log_reading.list_events(session, who, workgroup, before=before, limit=limit)
    return [LogEvent.model_validate(event) for event in events]


def _answer(content: bytes | None) -> Response:
    if content is None:
        # Not one of our errors: nothing was refused, so nothing is recorded.
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(content, media_type=_BYTES, headers=_FOR_EVER)
