"""All pages of the registry, for its application."""

from typing import Final

from museion_hub.registry.pages import people_pages, sign_in, snapshot, workgroup_pages

ROUTERS: Final = (
    sign_in.router,
    workgroup_pages.router,
    workgroup_pages.fragments,
    people_pages.router,
    snapshot.router,
)
