"""How the registry uses the hub's API."""

import asyncio

import httpx
import pytest

from museion_hub.registry.accounts import keep_accounts, make_missing
from museion_hub.registry.errors import UnauthenticatedError, UnavailableError
from museion_hub.registry.hub import CACHE_S, HubClient
from museion_hub.registry.workgroups import create_workgroup
from tests.support.registry import Registry

DEADLINE_S = 10.0


async def test_hub_is_asked_once_in_ten_seconds_for_a_token(registry: Registry) -> None:
    token = registry.hub.token_of("wg-murals")
    for _ in range(3):
        assert await registry.client_of_hub.require_account(token) == "wg-murals"
    assert (registry.hub.requests, CACHE_S <= 10) == (1, True)


async def test_refusal_is_not_remembered(registry: Registry) -> None:
    with pytest.raises(UnauthenticatedError):
        await registry.client_of_hub.require_account("token-of-user-wg-murals-1")
    token = registry.hub.token_of("wg-murals")
    assert await registry.client_of_hub.require_account(token) == "wg-murals"


async def test_cache_holds_no_token(registry: Registry) -> None:
    token = registry.hub.token_of("wg-murals")
    await registry.client_of_hub.require_account(token)
    assert token not in repr(vars(registry.client_of_hub)["_cache"])


async def test_missing_accounts_are_made_once(registry: Registry) -> None:
    made = await make_missing(registry.database, registry.client_of_hub, frozenset())
    again = await make_missing(registry.database, registry.client_of_hub, made)
    assert again == registry.hub.users == {"wg-murals", "wg-lapidary", "wg-archive"}
    assert registry.hub.requests == 1


async def test_accounts_that_exist_already_are_fine(registry: Registry) -> None:
    registry.hub.users = {"wg-murals", "wg-lapidary", "wg-archive"}
    assert await make_missing(registry.database, registry.client_of_hub, frozenset())


async def test_service_without_the_scope_is_told_which(registry: Registry) -> None:
    client = HubClient(
        "http://hub/hub/api", "wrong", transport=httpx.ASGITransport(registry.hub.app())
    )
    with pytest.raises(UnavailableError, match="admin:users"):
        await client.create_accounts(["wg-murals"])


async def test_hub_that_comes_up_late_still_gets_the_accounts(registry: Registry) -> None:
    registry.hub.is_down = True
    keeper = asyncio.create_task(keep_accounts(registry.database, registry.client_of_hub))
    async with asyncio.timeout(DEADLINE_S):
        await registry.hub.was_refused.wait()
        registry.hub.is_down = False
        await registry.hub.has_users.wait()
    keeper.cancel()
    assert "wg-murals" in registry.hub.users


async def test_workgroup_made_later_gets_its_account(registry: Registry) -> None:
    made = await make_missing(registry.database, registry.client_of_hub, frozenset())
    with registry.database.writing() as session:
        create_workgroup(session, registry.custody, "glass", title="Glass", actor="test")
    await make_missing(registry.database, registry.client_of_hub, made)
    assert "wg-glass" in registry.hub.users
