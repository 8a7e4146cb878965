"""Two people do at once what only one of them can have done: exactly one does.

Each asks a process of its own, with a database connection of its own.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace

import httpx
import pytest

from museion_hub import audit
from museion_hub.registry.app import create_app
from museion_hub.registry.database import Database
from museion_hub.registry.memberships import set_member
from museion_hub.registry.people import create_person
from museion_hub.registry.tables import Role
from tests.support.registry import Registry

MEMBERS = "/workgroups/murals/members"


@pytest.fixture(scope="module")
def second_app() -> Callable[[Registry, Database], Registry]:
    """Give what makes a second process's registry, its routes built once."""
    nothing: object = None
    app = create_app(nothing)  # type: ignore[arg-type]  # replaced before it serves

    def make(first: Registry, database: Database) -> Registry:
        app.state.service = replace(first.app.state.service, database=database)
        return replace(first, database=database, app=app)

    return make


@pytest.fixture
def other(
    registry: Registry, second_app: Callable[[Registry, Database], Registry]
) -> Generator[Registry]:
    with registry.database.writing() as session:
        set_member(session, "murals", "murals-member", Role.LEAD, actor="test")
    database = Database(registry.database.url)
    yield second_app(registry, database)
    database.close()


async def both(
    registries: tuple[Registry, Registry],
    accounts: tuple[str, str],
    act: Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]],
) -> Counter[int]:
    """Act as two accounts at the same time; count the answers by status."""

    async def one(registry: Registry, account: str) -> httpx.Response:
        async with registry.client(account) as client:
            return await act(client, account)

    pairs = zip(registries, accounts, strict=True)
    answers = await asyncio.gather(*(one(*pair) for pair in pairs))
    for answer in answers:
        assert answer.status_code < 300 or set(answer.json()) == {"kind", "message", "hint"}
    return Counter(answer.status_code for answer in answers)


async def roles_of(registry: Registry) -> dict[str, str]:
    async with registry.client("hub-admin") as client:
        members = (await client.get("/workgroups/murals")).json()["members"]
    with registry.database.reading() as session:
        audit.verify(session)
    return {member["username"]: member["role"] for member in members}


async def test_role_edited_by_two_leads_is_edited_by_one(
    registry: Registry, other: Registry
) -> None:
    wished = {"murals-lead": "member", "murals-member": "lead"}

    async def edit(client: httpx.AsyncClient, account: str) -> httpx.Response:
        wish = {"role": wished[account], "expected_role": "guest"}
        return await client.put(f"{MEMBERS}/murals-guest", json=wish)

    answers = await both((registry, other), ("murals-lead", "murals-member"), edit)
    assert answers == {200: 1, 409: 1}
    assert (await roles_of(registry))["murals-guest"] in wished.values()


async def test_of_two_last_leads_who_step_down_at_once_one_stays(
    registry: Registry, other: Registry
) -> None:
    async def step_down(client: httpx.AsyncClient, account: str) -> httpx.Response:
        wish = {"role": "member", "expected_role": "lead"}
        return await client.put(f"{MEMBERS}/{account}", json=wish)

    answers = await both((registry, other), ("murals-lead", "murals-member"), step_down)
    assert answers == {200: 1, 409: 1}
    assert sorted((await roles_of(registry)).values()) == ["guest", "lead", "member"]


async def test_of_two_last_leads_who_leave_at_once_one_stays(
    registry: Registry, other: Registry
) -> None:
    async def leave(client: httpx.AsyncClient, account: str) -> httpx.Response:
        return await client.delete(f"{MEMBERS}/{account}")

    answers = await both((registry, other), ("murals-lead", "murals-member"), leave)
    assert answers == {200: 1, 409: 1}
    assert sorted((await roles_of(registry)).values()) == ["guest", "lead"]


async def test_last_use_of_an_invitation_is_one_persons(
    registry: Registry, other: Registry
) -> None:
    with registry.database.writing() as session:
        create_person(session, "anna", display_name="Anna", actor="test")
    async with registry.client("murals-lead") as client:
        wish = {"role": "member", "expires_days": 1, "uses": 1}
        made = (await client.post("/workgroups/murals/invitations", json=wish)).json()
    token = made["url"].rpartition("/")[2]

    async def accept(client: httpx.AsyncClient, _account: str) -> httpx.Response:
        return await client.post(f"/invitations/{token}/accept")

    answers = await both((registry, other), ("stranger", "anna"), accept)
    assert answers == {200: 1, 404: 1}
    assert len({"stranger", "anna"} & (await roles_of(registry)).keys()) == 1


async def test_slug_wished_by_two_is_given_to_one(registry: Registry, other: Registry) -> None:
    async def ask(client: httpx.AsyncClient, _account: str) -> httpx.Response:
        wish = {"slug": "glass", "title": "Glass", "description": ""}
        return await client.post("/workgroups", json=wish)

    answers = await both((registry, other), ("stranger", "murals-guest"), ask)
    assert answers == {201: 1, 409: 1}
