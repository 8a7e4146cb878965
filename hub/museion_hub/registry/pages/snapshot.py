"""The page of a published notebook: it has no server behind it and can do nothing.

What a workspace rendered is cleaned when it is published; here the browser is told, beside that,
to give the page an origin of its own without scripts, forms, frames or requests, and to apply no
style but ours. There is no `Cross-Origin-Opener-Policy`: browsers refuse to show a sandboxed page
that has one, and an origin of its own keeps others out already.
"""

import base64
import hashlib
from functools import cache
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from museion_hub.registry import snapshots
from museion_hub.registry.names import MAX_SLUG_CHARS
from museion_hub.registry.pages.page_route import PageRoute
from museion_hub.registry.pages.rendering import render
from museion_hub.registry.pages.visitors import Visitor
from museion_hub.registry.sanitising import stylesheet
from museion_hub.registry.service import Service, service_of
from museion_hub.registry.sessions import PREFIX
from museion_hub.registry.tables import Workgroup

router: Final = APIRouter(prefix=PREFIX.rstrip("/"), route_class=PageRoute, include_in_schema=False)
_POLICY: Final = (
    "sandbox; default-src 'none'; img-src data:; style-src '{style}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@router.get("/workgroups/{slug}/snapshots/{snapshot}")
def show_snapshot(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    who: Visitor,
    slug: Annotated[str, Path(max_length=MAX_SLUG_CHARS)],
    snapshot: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")],
) -> HTMLResponse:
    """Show a published notebook to one of the workgroup's people."""
    with service.database.reading() as session:
        view, html = snapshots.read_snapshot(session, service.custody, who, slug, snapshot)
        workgroup = session.get_one(Workgroup, slug).title
    values = {
        "back": f"{PREFIX}workgroups/{slug}",
        "workgroup": workgroup,
        "snapshot": view,
        "has_heading": "<h1" in html,
        "html": html,
        "style": stylesheet_once(),
    }
    answer = render(request, "snapshot.html", values)
    answer.headers["Content-Security-Policy"] = policy(stylesheet_once())
    del answer.headers["Cross-Origin-Opener-Policy"]
    return answer


def policy(style: str) -> str:
    """Say to the browser what a published page may do: nothing, in our style."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _POLICY.format(style=f"sha256-{digest}")


@cache
def stylesheet_once() -> str:
    """Read the style once."""
    return stylesheet()
