"""The HTTP API of a workgroup's members: roles, leaving, removing."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool

from museion_hub.registry import memberships
from museion_hub.registry.group_views import WorkgroupPage
from museion_hub.registry.group_wire import Removal, RoleChange
from museion_hub.registry.memberships import Removed
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.server_views import read_page
from museion_hub.registry.settling import settle
from museion_hub.registry.workgroup_routes import WORKGROUP, Slug

MEMBER: Final = f"{WORKGROUP}/members/{{username}}"
Username = Annotated[str, Path(max_length=64, description="The person's username.")]

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["members"], responses=REFUSALS)


@api.put(MEMBER)
async def change_role(
    service: Parts, who: Who, slug: Slug, username: Username, change: RoleChange
) -> WorkgroupPage:
    """Give a member another role, or step down, unless somebody was quicker.

    To hand a workgroup on, make somebody else its lead, then step down. An administrator may also
    add a person who is no member yet.
    """

    def write() -> None:
        with service.database.writing() as session:
            memberships.change_role(
                session,
                service.custody,
                who,
                (slug, username),
                change.role,
                change.expected_role,
            )

    await run_in_threadpool(write)
    await settle(service, [username])
    return await read_page(service, who, slug)


@api.delete(MEMBER)
async def remove_member(service: Parts, who: Who, slug: Slug, username: Username) -> Removal:
    """Remove a member, or leave; new keys begin in the same transaction.

    `hub` says whether the hub and the running workspace have confirmed that nothing of the
    person's is open any more; if it is pending, they are asked again until they have.
    """

    def write() -> Removed:
        with service.database.writing() as session:
            return memberships.end_membership(session, service.custody, who, slug, username)

    removed = await run_in_threadpool(write)
    settled = await settle(service, [username])
    return Removal(removed=removed.username, epoch=removed.epoch, hub=settled)
