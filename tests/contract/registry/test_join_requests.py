"""Asking to join a listed workgroup over the API, and what its leads answer."""

import httpx

from museion_hub.registry.join_requests import MAX_OPEN
from museion_hub.registry.workgroup_tables import JoinRequest
from tests.support.registry import Registry

REQUESTS = "/workgroups/murals/requests"


async def send(
    registry: Registry, who: str, method: str, path: str = "", body: object = None
) -> httpx.Response:
    async with registry.client(who) as client:
        return await client.request(method, REQUESTS + path, json=body)


async def list_it(registry: Registry) -> None:
    async with registry.client("murals-lead") as client:
        await client.patch("/workgroups/murals", json={"is_listed": True})


async def test_a_stranger_asks_and_a_lead_takes_them_in(registry: Registry) -> None:
    await list_it(registry)
    for words in ("Please", "I know frescoes <b>well</b>"):
        asked = await send(registry, "stranger", "POST", "", {"message": words})
        assert asked.status_code == 201
    waiting = (await send(registry, "murals-lead", "GET")).json()
    assert [(one["username"], one["message"]) for one in waiting] == [
        ("stranger", "I know frescoes <b>well</b>")
    ]
    async with registry.client("stranger") as client:
        assert (await client.get("/workgroups/listed")).json()[0]["asked"] is True
    taken = await send(registry, "murals-lead", "POST", "/stranger/accept", {"role": "guest"})
    assert taken.json() == {"slug": "murals", "role": "guest"}
    assert (await send(registry, "murals-lead", "GET")).json() == []
    again = await send(registry, "murals-lead", "POST", "/stranger/accept", {"role": "lead"})
    assert again.status_code == 404
    assert registry.hub.refreshed == ["stranger"]


async def test_a_workgroup_that_is_not_listed_can_not_be_asked(registry: Registry) -> None:
    asked = await send(registry, "stranger", "POST", "", {"message": "Please"})
    taken_back = await send(registry, "stranger", "DELETE", "/stranger")
    async with registry.client("stranger") as client:
        missing = await client.post("/workgroups/nothing/requests", json={})
    assert asked.status_code == 404
    assert asked.json() == missing.json() == taken_back.json()


async def test_a_request_is_declined_or_taken_back(registry: Registry) -> None:
    await list_it(registry)
    events = []
    for who in ("murals-lead", "stranger"):
        await send(registry, "stranger", "POST", "", {})
        assert (await send(registry, who, "DELETE", "/stranger")).status_code == 204
        events.append(registry.last_event()[:3])
    assert events == [
        ("join.declined", "murals-lead", "murals/stranger"),
        ("join.withdrawn", "stranger", "murals/stranger"),
    ]


async def test_nobody_answers_for_somebody_else(registry: Registry) -> None:
    await list_it(registry)
    await send(registry, "stranger", "POST", "", {})
    for who, status in (("stranger", 404), ("murals-member", 403), ("lapidary-lead", 404)):
        answer = await send(registry, who, "POST", "/stranger/accept", {"role": "lead"})
        assert answer.status_code == status
    assert (await send(registry, "lapidary-lead", "DELETE", "/stranger")).status_code == 404
    assert (await send(registry, "murals-member", "POST", "", {})).status_code == 409
    assert (await send(registry, "wg-archive", "POST", "", {})).status_code == 403


async def test_messages_are_short_and_visible(registry: Registry) -> None:
    await list_it(registry)
    for words in ("a" * 10_000, "a\u202eb", "a\x00b"):
        asked = await send(registry, "stranger", "POST", "", {"message": words})
        assert asked.status_code == 422
    with registry.database.reading() as session:
        assert session.query(JoinRequest).count() == 0


async def test_archiving_ends_the_requests(registry: Registry) -> None:
    await list_it(registry)
    await send(registry, "stranger", "POST", "", {})
    async with registry.client("murals-lead") as client:
        await client.post("/workgroups/murals/archive")
    with registry.database.reading() as session:
        assert session.query(JoinRequest).count() == 0
    assert MAX_OPEN > 1
