"""The HTTP API of one's own account, and of people for administrators."""

import secrets
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from museion_hub.registry import administration, own_account
from museion_hub.registry.access import Principal
from museion_hub.registry.errors import RefusedError, TooManyError
from museion_hub.registry.group_views import AccountView, PersonLine
from museion_hub.registry.group_wire import (
    AccountChange,
    NewPerson,
    PasswordChange,
    PasswordChanged,
    PersonChange,
)
from museion_hub.registry.hub import Kept
from museion_hub.registry.member_routes import Username
from museion_hub.registry.people import Details
from museion_hub.registry.principals import Token, Who
from museion_hub.registry.routes import PREFIX, REFUSALS, Parts
from museion_hub.registry.service import Service
from museion_hub.registry.settling import settle
from museion_hub.registry.standing import require_person

TICKET_BYTES: Final = 32
api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["people"], responses=REFUSALS)


@api.get("/people/me")
def read_account(service: Parts, who: Who) -> AccountView:
    """Give the caller's own account."""
    username = require_person(who, "own account")
    with service.database.reading() as session:
        return own_account.account_of(session, username)


@api.patch("/people/me")
async def change_account(service: Parts, who: Who, change: AccountChange) -> AccountView:
    """Change the name that others see, or the e-mail address; an empty one removes it."""

    def write() -> AccountView:
        with service.database.writing() as session:
            return own_account.change_account(
                session, who, display_name=change.display_name, email=change.email
            )

    account = await run_in_threadpool(write)
    await settle(service, [account.username])
    return account


@api.post("/people/me/password")
async def change_password(
    service: Parts, who: Who, token: Token, change: PasswordChange
) -> PasswordChanged:
    """Replace the caller's password, and end the caller's other sessions and tokens.

    Tries at the old one are slowed down.
    """

    def write() -> None:
        _require_password(service, who, change.old)
        with service.database.writing() as session:
            own_account.change_password(session, who, change.new)

    await run_in_threadpool(write)
    kept = Kept(token, secrets.token_urlsafe(TICKET_BYTES))
    return PasswordChanged(hub=await settle(service, [who.name], kept), renewal=kept.ticket)


@api.get("/people")
def list_people(service: Parts, who: Who) -> list[PersonLine]:
    """List everybody; for administrators."""
    with service.database.reading() as session:
        return administration.list_people(session, who)


@api.post("/people", status_code=HTTPStatus.CREATED)
def create_person(service: Parts, who: Who, wish: NewPerson) -> AccountView:
    """Make a person; for administrators."""
    details = Details(email=wish.email, is_administrator=wish.is_administrator)
    with service.database.writing() as session:
        administration.make_person(session, who, wish.username, wish.display_name, details)
        if wish.password is not None:
            administration.give_password(session, who, wish.username, wish.password)
        return own_account.account_of(session, wish.username)


@api.patch("/people/{username}")
async def change_person(
    service: Parts, who: Who, username: Username, change: PersonChange
) -> AccountView:
    """Make somebody an administrator or end that, or give a new password; for administrators."""

    def write() -> AccountView:
        with service.database.writing() as session:
            administration.require_administrator(who)
            if change.password is not None:
                administration.give_password(session, who, username, change.password)
            if change.is_administrator is not None:
                administration.set_administrator(
                    session, who, username, is_administrator=change.is_administrator
                )
            return own_account.account_of(session, username)

    account = await run_in_threadpool(write)
    await settle(service, [username])
    return account


@api.delete("/people/{username}", status_code=HTTPStatus.NO_CONTENT)
async def remove_person(service: Parts, who: Who, username: Username) -> None:
    """Remove a person with all memberships; new keys begin. For administrators."""

    def write() -> None:
        with service.database.writing() as session:
            administration.remove_person(session, service.custody, who, username)

    await run_in_threadpool(write)
    await settle(service, [username])


def _require_password(service: Service, who: Principal, password: str) -> None:
    wait_s = service.passwords.seconds_until_next_try(who.name)
    if wait_s > 0:
        raise TooManyError(hint=f"wait {wait_s:.0f} s, then try again")
    try:
        with service.database.reading() as session:
            own_account.require_password(session, who, password)
    except RefusedError:
        service.passwords.remember(who.name, is_right=False)
        raise
    service.passwords.remember(who.name, is_right=True)
