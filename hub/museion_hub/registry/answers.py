"""From whatever went wrong to one JSON answer, and to the audit log when access was refused.

What a principal was refused is recorded with the true reason, in a transaction of its own since
the request's was rolled back; to read what is not there yet in the caller's own workgroup is no
refusal. Requests without a valid token only go to the process's log:
strangers must not be able to fill the disk.
"""

import logging
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from museion_hub import audit
from museion_hub.custody import CustodyError
from museion_hub.registry.access import Principal
from museion_hub.registry.cluster_tokens import ClusterPrincipal
from museion_hub.registry.errors import (
    ANSWERS,
    AbsentError,
    InternalError,
    InvalidError,
    Kind,
    NotFoundError,
    ReadOnlyError,
    RefusedError,
    RegistryError,
    UnavailableError,
)
from museion_hub.registry.service import service_of

_log: Final = logging.getLogger(__name__)
_KINDS: Final = {answer.status: kind for kind, answer in ANSWERS.items()}
_RECORDED: Final = (NotFoundError, ReadOnlyError, RefusedError)
_VENDING: Final = ("open_dataset", "issue_grant")
_READING: Final = (*_VENDING, "read_version", "read_policy")


def install(app: FastAPI) -> None:
    """Answer every error of this application in one form."""
    app.add_exception_handler(RegistryError, refuse)
    app.add_exception_handler(CustodyError, _fail)
    app.add_exception_handler(RequestValidationError, _correct)
    app.add_exception_handler(HTTPException, _answer_status)
    app.add_exception_handler(Exception, _fail)


def answer(error: RegistryError) -> JSONResponse:
    """Give the answer to an error: its kind, sentence and hint, nothing else."""
    content = {"kind": error.kind.value, "message": error.message, "hint": error.hint}
    return JSONResponse(content, ANSWERS[Kind(error.kind)].status)


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """Answer a refusal, and record it if somebody known was refused access."""
    if not isinstance(error, RegistryError):
        return await _fail(request, error)
    principal: Principal | ClusterPrincipal | None = getattr(request.state, "principal", None)
    is_refusal = isinstance(error, _RECORDED) and not _is_absent(request, error)
    if principal is not None and is_refusal:
        try:
            await run_in_threadpool(_record, request, principal, error)
        except UnavailableError as unavailable:
            return answer(unavailable)
    if isinstance(error, UnavailableError | InternalError):
        _log.error("%s %s: %s (%s)", request.method, _place(request), error, error.reason)
    return answer(error)


def _is_absent(request: Request, error: RegistryError) -> bool:
    """Tell whether somebody only looked whether there is a dataset of their own workgroup."""
    return isinstance(error, AbsentError) and request.scope["route"].name in _READING


def _record(
    request: Request, principal: Principal | ClusterPrincipal, error: RegistryError
) -> None:
    action = request.scope["route"].name
    is_vending = action in _VENDING
    detail: dict[str, str] = {"action": action, "reason": error.reason}
    if isinstance(principal, ClusterPrincipal):
        detail["cluster"] = principal.cluster
    with service_of(request).database.writing() as session:
        audit.record(
            session,
            audit.EventName.KEY_REFUSED if is_vending else audit.EventName.ACCESS_REFUSED,
            actor=principal.name,
            subject=error.subject,
            detail=detail,
        )


async def _correct(_request: Request, error: Exception) -> JSONResponse:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else None
    if not first:
        return answer(InvalidError())
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    reason = str(first["msg"]).removeprefix("Value error, ")
    return answer(InvalidError(f"The request is not well formed, {place}: {reason}"))


async def _answer_status(_request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == HTTPStatus.BAD_REQUEST:  # a body too deeply nested to be parsed
        return answer(InvalidError())
    kind = _KINDS.get(status, Kind.INVALID)
    said = ANSWERS[kind]
    content = {"kind": kind.value, "message": said.message, "hint": said.hint}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        content |= {"message": "This address does not take that method"}
    return JSONResponse(content, status, getattr(error, "headers", None))


async def _fail(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s", request.method, _place(request), exc_info=error)
    return answer(InternalError())


def _place(request: Request) -> str:
    # The route, not the address: an invitation's address holds its secret.
    return str(getattr(request.scope.get("route"), "path", "unknown address"))
