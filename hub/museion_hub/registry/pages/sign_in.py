"""Signing in to the registry's pages: through the hub and back (RFC 6749 with RFC 7636)."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from museion_hub.pages.site import HUB
from museion_hub.registry.errors import UnauthenticatedError
from museion_hub.registry.hub import CLIENT_ID
from museion_hub.registry.pages.page_route import PageRoute
from museion_hub.registry.pages.rendering import render
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.sessions import (
    BROWSER_COOKIE,
    CALLBACK,
    PREFIX,
    SESSION_COOKIE,
    SIGN_IN_S,
    new_browser,
)

router: Final = APIRouter(prefix=PREFIX.rstrip("/"), route_class=PageRoute, include_in_schema=False)
Parts = Annotated[Service, Depends(service_of)]


@router.get("/sign-in")
def begin_sign_in(request: Request, service: Parts, next_path: str = PREFIX) -> Response:
    """Lead to the hub, which signs in or knows already who it is."""
    browser = request.cookies.get(BROWSER_COOKIE) or new_browser()
    begun = service.sessions.new_sign_in(request.query_params.get("next", next_path), browser)
    query = {
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": begun.state,
        "code_challenge": begun.challenge,
        "code_challenge_method": "S256",
    }
    answer = _redirect(f"{HUB}api/oauth2/authorize?{urlencode(query)}")
    _set_cookie(answer, request, BROWSER_COOKIE, browser, max_age_s=SIGN_IN_S)
    return answer


@router.get("/oauth_callback")
async def end_sign_in(
    request: Request, service: Parts, code: str = "", state: str = ""
) -> Response:
    """Take the hub's code, if this browser began the sign-in, and open a session."""
    ended = service.sessions.find_sign_in(state, request.cookies)
    if ended is None or not code:
        return _failed(request)
    try:
        token = await service.hub.redeem_code(code, ended.verifier, CALLBACK)
        await service.hub.require_account(token)
    except UnauthenticatedError:
        return _failed(request)
    answer = _redirect(ended.next_path)
    sealed = service.sessions.new_session(token, request.cookies)
    _set_cookie(answer, request, SESSION_COOKIE, sealed)
    return answer


def _failed(request: Request) -> Response:
    return render(request, "sign_in_failed.html", status=HTTPStatus.BAD_REQUEST)


def _redirect(location: str) -> RedirectResponse:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(location, HTTPStatus.SEE_OTHER, headers)


def _set_cookie(
    answer: Response, request: Request, name: str, value: str, *, max_age_s: int | None = None
) -> None:
    forwarded = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip()
    answer.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path=PREFIX,
        secure=service_of(request).site.is_secure or forwarded == "https",
        httponly=True,
        samesite="lax",
    )
