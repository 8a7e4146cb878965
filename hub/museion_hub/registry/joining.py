"""Inviting and following a link, with what stands around the transaction: mail, and patience.

Whoever tries out tokens or usernames from one address has to wait longer and longer. Mail is sent
after the invitation is stored, outside the transaction; if it fails, the answer says so plainly
and the link can be sent by hand.
"""

from datetime import UTC, datetime

from fastapi import Request

from museion_hub.registry import invitations, people
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    TooManyError,
)
from museion_hub.registry.group_views import JoinedPlace, OfferedPlace
from museion_hub.registry.group_wire import MadeInvitation, NewAccount
from museion_hub.registry.invitations import InvitationWish, NewLink
from museion_hub.registry.mail import Letter, send
from museion_hub.registry.passwords import require_fit
from museion_hub.registry.permissions import Action, Standing, require
from museion_hub.registry.service import Service
from museion_hub.registry.tables import Person, Workgroup
from museion_hub.settings import SignInProvider

JOIN_PAGE = "/services/registry/join/"


def make_invitation(
    service: Service, principal: Principal, slug: str, wish: InvitationWish
) -> MadeInvitation:
    """Make an invitation, and mail it if it has an address and the deployment sends mail."""
    with service.database.writing() as session:
        link = invitations.invite(session, principal, slug, wish, now=datetime.now(UTC))
        person = session.get(Person, principal.name)
        inviter = person.display_name if person else service.settings.title
    url = f"{service.settings.address}{JOIN_PAGE}{link.token}"
    failure = _mail(service, principal, link, url, inviter)
    return MadeInvitation(
        invitation=link.invitation,
        url=url,
        token=link.token,
        mailed=failure == "" and link.invitation.email is not None,
        mail_failure=failure,
    )


def read_offer(service: Service, address: str, token: str) -> OfferedPlace:
    """Say what an invitation offers to whoever has its link.

    Raises
    ------
    NotFoundError
        If the link opens nothing.
    """
    require_patience(service, address)
    try:
        with service.database.reading() as session:
            return invitations.require_offer(session, token, now=datetime.now(UTC))
    except NotFoundError:
        service.joining.remember(address, is_right=False)
        raise


def make_account(service: Service, address: str, token: str, wish: NewAccount) -> JoinedPlace:
    """Make an account by an invitation, and a member of it, in one transaction.

    Raises
    ------
    NotFoundError
        If the link opens nothing, or people have no accounts with a password here.
    ConflictError
        If the username is taken or looks like another's, or the workgroup is archived.
    InvalidError
        If a name or the password is unfit.
    """
    require_patience(service, address)
    sign_in = service.settings.sign_in
    if sign_in.provider is not SignInProvider.LOCAL and not sign_in.local_too:
        raise NotFoundError(
            "Accounts are not made here", hint="sign in through your institution, then accept"
        )
    try:
        return _make_account(service, token, wish)
    except (NotFoundError, ConflictError, InvalidError):
        service.joining.remember(address, is_right=False)
        raise


def address_of(request: Request) -> str:
    """Give the address from which a request came, as the proxy in front says."""
    return request.client.host if request.client else ""


def require_patience(service: Service, address: str) -> None:
    """Refuse an address that has failed too often lately.

    Raises
    ------
    TooManyError
        If it has to wait.
    """
    wait_s = service.joining.seconds_until_next_try(address)
    if wait_s > 0:
        raise TooManyError(hint=f"wait {wait_s:.0f} s, then try again")


def _make_account(service: Service, token: str, wish: NewAccount) -> JoinedPlace:
    now = datetime.now(UTC)
    require_fit(wish.password)
    with service.database.writing() as session:
        row = invitations.require_usable(session, token, now)
        workgroup = session.get_one(Workgroup, row.workgroup)
        stranger = {Standing.STRANGER}
        require(stranger, Action.ACCEPT_INVITATION, workgroup.state, f"{row.workgroup}/{row.id}")
        people.require_not_alike(session, wish.username)
        people.create_person(
            session,
            wish.username,
            display_name=wish.display_name,
            password=wish.password,
            actor=wish.username,
        )
        return invitations.join(session, row, wish.username, now=now)


def _mail(service: Service, principal: Principal, link: NewLink, url: str, inviter: str) -> str:
    invitation, mail = link.invitation, service.settings.mail
    if invitation.email is None:
        return ""
    if not mail.host:
        return "This deployment sends no mail: send the link yourself"
    letter = Letter(
        to=invitation.email,
        inviter=inviter,
        workgroup=link.title,
        site=service.settings.title,
        role=invitation.role.value,
        url=url,
        expires=invitation.expires,
    )
    failure = send(mail, letter)
    with service.database.writing() as session:
        invitations.record_mailed(session, invitation.id, actor=principal.name, is_sent=not failure)
    return failure
