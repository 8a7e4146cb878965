"""What the API gives to those who may have it."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import update

from museion_hub.registry import presence
from museion_hub.registry.app import ROUTERS
from museion_hub.registry.principals import (
    require_cluster,
    require_opener,
    require_principal,
)
from museion_hub.registry.tables import Presence
from tests.support.registry import API, SKETCH, Registry, make_head

ENDPOINTS = [route for router in ROUTERS for route in router.routes if route.include_in_schema]
DEMANDING = {require_principal, require_opener, require_cluster}
OPEN = {"read_health", "read_invitation", "create_account"}
"""Who follows an invitation's link may have no account yet."""


async def test_me_names_account_kind_and_workgroups(registry: Registry) -> None:
    async with registry.client("wg-murals") as client:
        workgroup = (await client.get("/me")).json()
    async with registry.client("murals-guest") as client:
        person = (await client.get("/me")).json()
    itself = [{"slug": "murals", "role": "member"}]
    assert workgroup == {"name": "wg-murals", "kind": "workgroup", "workgroups": itself}
    guest = [{"slug": "murals", "role": "guest"}]
    assert person == {"name": "murals-guest", "kind": "person", "workgroups": guest}


async def test_card_shows_members_presence_and_datasets(registry: Registry) -> None:
    async with registry.client("wg-murals") as client:
        report = await client.put(
            "/presence", json={"people": ["murals-lead", "lapidary-lead", "nobody"]}
        )
        (card,) = (await client.get("/workgroups")).json()
    assert report.json() == {"people": ["murals-lead"]}
    online = {member["username"]: member["is_online"] for member in card["members"]}
    assert online == {"murals-lead": True, "murals-member": False, "murals-guest": False}
    assert [dataset["path"] for dataset in card["datasets"]] == ["murals/panel"]


async def test_report_replaces_who_was_there_before(registry: Registry) -> None:
    async with registry.client("wg-murals") as client:
        for people in (["murals-lead"], ["murals-member"]):
            await client.put("/presence", json={"people": people})
        (card,) = (await client.get("/workgroups")).json()
    assert [one["username"] for one in card["members"] if one["is_online"]] == ["murals-member"]


async def test_member_not_seen_for_long_is_offline(registry: Registry) -> None:
    with registry.database.writing() as session:
        presence.report(session, "murals", ["murals-lead"])
        long_ago = datetime.now(UTC) - timedelta(seconds=91)
        session.execute(update(Presence).values(last_seen=long_ago))
    async with registry.client("wg-murals") as client:
        (card,) = (await client.get("/workgroups")).json()
    assert not any(member["is_online"] for member in card["members"])


async def test_guest_sees_the_people_but_no_datasets(registry: Registry) -> None:
    async with registry.client("murals-guest") as client:
        (card,) = (await client.get("/workgroups")).json()
    assert len(card["members"]) == 3
    assert card["datasets"] == []


async def test_draft_becomes_a_dataset_with_its_first_version(registry: Registry) -> None:
    wish = {"title": " Sketch ", "kind": "files", "rights": "cc by 4.0", "synthetic": True}
    async with registry.client("wg-murals") as client:
        body = {"path": "murals/notes", "description": "…", **wish}
        record = (await client.post("/datasets", json=body)).json()
        head = make_head(record["id"]).to_json()
        commit = {"parent": None, "head": head, "size_bytes": 7}
        done = (await client.post("/datasets/murals/notes/versions", json=commit)).json()
        read = (await client.get("/datasets/murals/notes/versions/1")).json()
    assert (record["title"], record["rights"], record["version"]) == ("Sketch", "CC-BY-4.0", None)
    assert done == record | {"version": 1, "size_bytes": 7}
    assert read == head


async def test_discarded_draft_makes_room_for_another(registry: Registry) -> None:
    body = {"title": "x", "kind": "scan", "rights": "CC0", "synthetic": False, "description": ""}
    async with registry.client("wg-murals") as client:
        taken = await client.post("/datasets", json={"path": str(SKETCH), **body})
        gone = await client.delete(f"/datasets/{SKETCH}")
        made = await client.post("/datasets", json={"path": str(SKETCH), **body})
    assert (taken.status_code, gone.status_code, made.status_code) == (409, 204, 201)


async def test_health_needs_no_token_and_asks_the_database(registry: Registry) -> None:
    async with registry.client() as client:
        response = await client.get(f"http://registry{API.removesuffix('/api/v1')}/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("route", ENDPOINTS, ids=lambda route: f"{route.methods} {route.path}")
def test_every_endpoint_but_the_open_ones_demands_a_principal(route: APIRoute) -> None:
    calls = {dependency.call for dependency in route.dependant.dependencies}
    assert bool(calls & DEMANDING) == (route.name not in OPEN)


def test_a_clusters_token_is_taken_at_three_addresses() -> None:
    taking = {
        route.name
        for route in ENDPOINTS
        if {one.call for one in route.dependant.dependencies} & {require_opener, require_cluster}
    }
    assert taking == {"open_dataset", "read_version", "renew_lease"}


async def test_description_has_a_schema_for_every_answer_and_refusal(registry: Registry) -> None:
    async with registry.client("stranger") as client:
        described = (await client.get("/openapi.json")).json()
    operations = [
        (f"{method} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) == len(ENDPOINTS)
    for name, operation in operations:
        assert operation["description"], name
        for status, response in operation["responses"].items():
            schemas = [media["schema"] for media in response.get("content", {}).values()]
            assert (status == "204") or (schemas and all(schemas)), (name, status)
