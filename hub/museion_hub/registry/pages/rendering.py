"""From a template to a page: the frame it needs, and the headers that keep it to itself."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from museion_hub.pages.assets import templates_path
from museion_hub.pages.colour import paint_section
from museion_hub.pages.site import HUB, REGISTRY
from museion_hub.pages.view import portrait
from museion_hub.registry.pages import words
from museion_hub.registry.service import service_of

if TYPE_CHECKING:
    from museion_hub.registry.pages.visitors import Visit

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FIRST_TO_KNOW_NOOPENER: Final = 131
_CHROMIUM: Final = re.compile(r"Chrom(?:e|ium)/(\d+)")


def render(
    request: Request,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    status: int = HTTPStatus.OK,
) -> HTMLResponse:
    """Give a page.

    Parameters
    ----------
    request : Request
        What is answered.
    template : str
        File name of the template.
    values : mapping
        What this template shows.
    status : int
        The answer's HTTP status.
    """
    text = _ENVIRONMENT.get_template(template).render(_frame(request) | dict(values or {}))
    policy = opener_policy(request.headers.get("User-Agent", ""))
    return HTMLResponse(text, status, HEADERS | {"Cross-Origin-Opener-Policy": policy})


def opener_policy(user_agent: str) -> str:
    """Say how a browser keeps a page from whoever opened it.

    Workspaces are of the same origin as these pages, and what runs in one must not reach into a
    page that its visitor opens. Only ``noopener-allow-popups`` keeps the same origin out; browsers
    that don't know it get ``same-origin``, which keeps others out.
    """
    found = _CHROMIUM.search(user_agent)
    knows = found is not None and int(found[1]) >= FIRST_TO_KNOW_NOOPENER
    return "noopener-allow-popups" if knows else "same-origin"


def _frame(request: Request) -> dict[str, Any]:
    """Give what `page.html` needs, under the names that JupyterHub uses."""
    visit: Visit | None = getattr(request.state, "visit", None)
    return {
        "site": service_of(request).site,
        "base_url": HUB,
        "registry_url": REGISTRY,
        "prefix": "/",
        "login_url": f"{HUB}login",
        "logout_url": f"{HUB}logout",
        "xsrf": visit.request_token if visit else "",
        "viewer": portrait(visit.person) if visit else None,
        "is_administrator": visit.principal.is_administrator if visit else False,
        "parsed_scopes": (),
        "announcement": "",
        "path": request.url.path,
    }


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(templates_path()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "size": words.size_words,
        "moment": words.moment_words,
        "day": words.day_words,
        "sentence": words.as_sentence,
    }
    made.globals |= {
        "portrait": portrait,
        "paint_section": paint_section,
        "role_words": words.ROLES,
        "state_words": words.STATES,
        "server_words": words.SERVERS,
    }
    return made


_ENVIRONMENT: Final = _environment()
