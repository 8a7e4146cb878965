"""Invitations over the API: making, following, ending them; and links that open nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import update

from museion_hub.registry import names
from museion_hub.registry.errors import InvalidError
from museion_hub.registry.group_wire import NewAccount
from museion_hub.registry.passwords import require_fit
from museion_hub.registry.tables import Role
from museion_hub.registry.texts import require_line
from museion_hub.registry.workgroup_tables import Invitation
from museion_hub.settings import SignIn, SignInProvider
from tests.support.registry import Registry

INVITATIONS = "/workgroups/murals/invitations"
ACCOUNT = {"username": "noor", "display_name": "Noor Haddad", "password": "ochre-and-umber"}


async def invite(registry: Registry, **wish: object) -> dict[str, object]:
    async with registry.client("murals-lead") as client:
        made = await client.post(INVITATIONS, json=wish)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def accept(registry: Registry, who: str, token: object) -> httpx.Response:
    async with registry.client(who) as client:
        return await client.post(f"/invitations/{token}/accept")


async def join(
    registry: Registry, token: object, account: Mapping[str, str] = ACCOUNT
) -> httpx.Response:
    async with registry.client() as client:
        return await client.post(f"/invitations/{token}/account", json=dict(account))


def change(registry: Registry, **values: object) -> None:
    with registry.database.writing() as session:
        session.execute(update(Invitation).values(**values))


async def test_a_link_makes_a_member_and_says_before_what_it_offers(registry: Registry) -> None:
    made = await invite(registry, role="member", label="Summer school")
    async with registry.client() as client:
        offer = (await client.get(f"/invitations/{made['token']}")).json()
    assert offer["workgroup"] == "Wall Paintings"
    assert (offer["inviter"], offer["role"], offer["is_usable"]) == (
        "Chiara Alberti",
        "member",
        True,
    )
    joined = await accept(registry, "stranger", made["token"])
    assert joined.json() == {"slug": "murals", "role": "member"}
    assert registry.hub.refreshed == ["stranger"]
    assert str(made["url"]).endswith(f"/services/registry/join/{made['token']}")


async def test_the_database_and_the_log_hold_no_token(registry: Registry) -> None:
    token = str((await invite(registry))["token"])
    await accept(registry, "stranger", token)
    with registry.database.reading() as session:
        row = session.query(Invitation).one()
        assert token.encode() not in row.token_hash
    assert len(token) >= 43
    assert not any(token in str((one.subject, one.detail)) for one in registry.events())


@pytest.mark.parametrize("trouble", ["forged", "expired", "used up", "revoked"])
async def test_links_that_open_nothing_look_the_same_and_are_logged_apart(
    registry: Registry, trouble: str
) -> None:
    token = (await invite(registry))["token"]
    values: dict[str, dict[str, object]] = {
        "expired": {"expires": datetime.now(UTC) - timedelta(seconds=1)},
        "used up": {"uses_left": 0},
        "revoked": {"revoked": datetime.now(UTC)},
    }
    if trouble == "forged":
        token = "A" * 43
    else:
        change(registry, **values[trouble])
    async with registry.client() as client:
        looked = await client.get(f"/invitations/{token}")
    tried, joined = await accept(registry, "stranger", token), await join(registry, token)
    assert [one.status_code for one in (looked, tried, joined)] == [404, 404, 404]
    assert looked.json() == tried.json() == joined.json()
    assert registry.last_event()[3] == trouble


async def test_two_people_can_not_both_take_the_last_use(registry: Registry) -> None:
    token = (await invite(registry, uses=1))["token"]
    answers = await asyncio.gather(
        accept(registry, "stranger", token), accept(registry, "lapidary-lead", token)
    )
    assert sorted(one.status_code for one in answers) == [200, 404]


async def test_many_at_once_take_as_many_uses_as_there_are(registry: Registry) -> None:
    token = (await invite(registry, uses=2))["token"]
    people = ("stranger", "lapidary-lead", "hub-admin", "murals-guest")
    answers = await asyncio.gather(*(accept(registry, who, token) for who in people))
    assert sorted(one.status_code for one in answers) == [200, 200, 404, 404]


async def test_a_link_never_lowers_a_role_and_takes_no_use_then(registry: Registry) -> None:
    token = (await invite(registry, role="guest"))["token"]
    assert (await accept(registry, "murals-lead", token)).json()["role"] == "lead"
    assert (await accept(registry, "stranger", token)).json()["role"] == "guest"


async def test_a_link_raises_a_guest(registry: Registry) -> None:
    token = (await invite(registry, role="member"))["token"]
    assert (await accept(registry, "murals-guest", token)).json()["role"] == "member"


async def test_a_workspace_follows_no_link(registry: Registry) -> None:
    token = (await invite(registry))["token"]
    assert (await accept(registry, "wg-lapidary", token)).status_code == 403


async def test_another_workgroups_lead_ends_no_invitation(registry: Registry) -> None:
    made = await invite(registry)
    invitation = made["invitation"]["id"]  # type: ignore[index]
    async with registry.client("lapidary-lead") as client:
        foreign = await client.delete(f"/workgroups/lapidary/invitations/{invitation}")
        unseen = await client.delete(f"{INVITATIONS}/{invitation}")
    assert (foreign.status_code, unseen.status_code) == (404, 404)
    assert (await accept(registry, "stranger", made["token"])).status_code == 200


async def test_a_revoked_link_is_over_and_who_joined_stays(registry: Registry) -> None:
    made = await invite(registry, uses=2)
    await accept(registry, "stranger", made["token"])
    async with registry.client("murals-lead") as client:
        path = f"{INVITATIONS}/{made['invitation']['id']}"  # type: ignore[index]
        codes = [(await client.delete(path)).status_code for _ in range(2)]
        listed = (await client.get(INVITATIONS)).json()
        members = (await client.get("/workgroups/murals")).json()["members"]
    assert codes == [204, 204]
    assert [(one["is_usable"], one["uses_left"]) for one in listed] == [(False, 1)]
    assert "token" not in str(listed)
    assert "stranger" in {one["username"] for one in members}
    assert (await accept(registry, "lapidary-lead", made["token"])).status_code == 404


async def test_wishes_that_nobody_can_have_are_refused(registry: Registry) -> None:
    wishes: list[dict[str, object]] = [
        {"role": "owner"},
        {"expires_days": 0},
        {"expires_days": 91},
        {"uses": 0},
        {"uses": 501},
        {"label": "a" * 10_000},
        {"email": "a@example.org\nBcc: b@example.org"},
        {"token": "mine"},
    ]
    async with registry.client("murals-lead") as client:
        answers = [(await client.post(INVITATIONS, json=wish)).status_code for wish in wishes]
    assert answers == [422] * len(wishes)


async def test_a_newcomer_makes_an_account_and_is_a_member_at_once(registry: Registry) -> None:
    token = (await invite(registry))["token"]
    made = await join(registry, token)
    assert (made.status_code, made.json()) == (201, {"slug": "murals", "role": "member"})
    async with registry.client("noor") as client:
        assert (await client.get("/workgroups/murals")).status_code == 200
    assert (await join(registry, token, {**ACCOUNT, "username": "other"})).status_code == 404


TAKEN = ("murals-lead", "murals.lead", "mura1s-1ead")
UNFIT = (
    {"username": "operator"},
    {"username": "wg-murals"},
    {"password": "short"},
    {"display_name": "\u202e"},
    {"display_name": "a" * 10_000},
)


async def test_a_newcomer_is_nobody_else_and_a_try_takes_no_use(registry: Registry) -> None:
    token = (await invite(registry))["token"]
    for username in TAKEN:
        answer = await join(registry, token, {**ACCOUNT, "username": username})
        assert answer.status_code == 409, username
    assert (await join(registry, token)).status_code == 201


@pytest.mark.parametrize("changes", UNFIT, ids=str)
def test_names_and_passwords_of_newcomers_are_checked(changes: dict[str, str]) -> None:
    wish = {**ACCOUNT, **changes}
    with pytest.raises((InvalidError, ValidationError)):
        check(wish)


def check(account: dict[str, str]) -> None:
    wish = NewAccount.model_validate(account)
    require_fit(wish.password)
    names.require_username(wish.username)
    require_line(wish.display_name, "name to show")


async def test_whoever_tries_too_often_has_to_wait(registry: Registry) -> None:
    token = (await invite(registry))["token"]
    tries = [(await join(registry, "A" * 43)).status_code for _ in range(6)]
    assert tries == [404] * 5 + [429]
    assert (await join(registry, token)).status_code == 429


async def test_accounts_are_not_made_where_people_come_from_elsewhere(registry: Registry) -> None:
    service = registry.app.state.service
    settings = replace(service.settings, sign_in=SignIn(provider=SignInProvider.OIDC))
    registry.app.state.service = replace(service, settings=settings)
    token = (await invite(registry))["token"]
    assert (await join(registry, token)).status_code == 404


async def test_a_link_to_an_archived_workgroup_opens_nothing(registry: Registry) -> None:
    token = (await invite(registry, role=Role.LEAD))["token"]
    async with registry.client("murals-lead") as client:
        await client.post("/workgroups/murals/archive")
    assert (await accept(registry, "stranger", token)).status_code == 404
