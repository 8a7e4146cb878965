"""The HTTP API of invitations: making them, and following their links.

Two endpoints take no sign-in, because whoever follows a link may not have an account yet. What a
link opens is decided by its token alone, 256 random bits; tries are slowed down by address.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from museion_hub.registry import invitations, joining
from museion_hub.registry.group_views import InvitationView, JoinedPlace, OfferedPlace
from museion_hub.registry.group_wire import MadeInvitation, NewAccount, NewInvitation
from museion_hub.registry.invitations import InvitationWish
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.settling import settle
from museion_hub.registry.workgroup_routes import WORKGROUP, Slug

TOKEN: Final = "/invitations/{token}"  # noqa: S105 - an address
Token = Annotated[
    str, Path(min_length=1, max_length=64, description="The secret part of the invitation's link.")
]
InvitationId = Annotated[str, Path(max_length=64, description="The invitation's id.")]

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["invitations"], responses=REFUSALS)


@api.get(f"{WORKGROUP}/invitations")
def list_invitations(service: Parts, who: Who, slug: Slug) -> list[InvitationView]:
    """List a workgroup's invitations, ended ones included; their links are not stored."""
    with service.database.reading() as session:
        return invitations.list_invitations(session, who, slug, now=datetime.now(UTC))


@api.post(f"{WORKGROUP}/invitations", status_code=HTTPStatus.CREATED)
def create_invitation(service: Parts, who: Who, slug: Slug, wish: NewInvitation) -> MadeInvitation:
    """Make an invitation; the answer holds its link, which is shown this once."""
    wanted = InvitationWish(
        wish.role, timedelta(days=wish.expires_days), wish.uses, wish.label, wish.email
    )
    return joining.make_invitation(service, who, slug, wanted)


@api.delete(f"{WORKGROUP}/invitations/{{invitation}}", status_code=HTTPStatus.NO_CONTENT)
def revoke_invitation(service: Parts, who: Who, slug: Slug, invitation: InvitationId) -> None:
    """End an invitation; who joined by it stays."""
    with service.database.writing() as session:
        invitations.revoke(session, who, slug, invitation)


@api.get(TOKEN)
def read_invitation(service: Parts, request: Request, token: Token) -> OfferedPlace:
    """Say what an invitation offers; needs no sign-in.

    A link that is forged, expired, used up or revoked looks the same: there is nothing.
    """
    return joining.read_offer(service, joining.address_of(request), token)


@api.post(f"{TOKEN}/accept")
async def accept_invitation(service: Parts, who: Who, token: Token) -> JoinedPlace:
    """Become a member; a role that is as high already stays, and no use is taken."""

    def write() -> JoinedPlace:
        with service.database.writing() as session:
            return invitations.accept(session, who, token, now=datetime.now(UTC))

    joined = await run_in_threadpool(write)
    await settle(service, [who.name])
    return joined


@api.post(f"{TOKEN}/account", status_code=HTTPStatus.CREATED)
async def create_account(
    service: Parts, request: Request, token: Token, wish: NewAccount
) -> JoinedPlace:
    """Make an account and become a member at once; needs no sign-in.

    Only where people have accounts with a password. The username must not look like another's.
    """
    address = joining.address_of(request)
    joined = await run_in_threadpool(joining.make_account, service, address, token, wish)
    await settle(service, [wish.username])
    return joined
