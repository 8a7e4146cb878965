"""Where a cluster may compute on a dataset, and who may have clusters at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from museion_hub.registry.pages.event_words import event_line
from museion_hub.registry.places import places_of
from museion_hub.registry.workgroup_events import list_events
from museion_hub.settings import ComputePlace, Settings
from tests.support.clusters import (
    Workers,
    declare_places,
    set_policy,
    start,
    start_granted,
)
from tests.support.registry import Registry

TOMORROW = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()


async def start_at(registry: Registry, place: str, account: str = "wg-murals") -> Workers:
    declare_places(registry)
    return await start(registry, account, place=place)


@pytest.mark.parametrize(
    ("place", "account", "policy", "wish", "said"),
    [
        ("gateway", "wg-murals", {"compute_jurisdictions": ("DE",)}, {}, ""),
        ("gateway", "wg-murals", {"compute_jurisdictions": ("EU",)}, {}, ""),
        (
            "hpc",
            "wg-murals",
            {"compute_jurisdictions": ("EU",)},
            {},
            "only in EU, not at hpc, which is in US",
        ),
        (
            "workspace",
            "wg-murals",
            {"compute_jurisdictions": ("EU",)},
            {},
            "not at workspace, whose country nobody declared",
        ),
        ("hpc", "wg-murals", {"purposes": ("research",)}, {}, "no purpose was named"),
        ("hpc", "wg-murals", {"purposes": ("research",)}, {"purpose": "research"}, ""),
        ("hpc", "wg-murals", {"embargo_until": TOMORROW}, {}, ""),
        ("hpc", "wg-lapidary", {"embargo_until": TOMORROW}, {}, "under embargo until"),
        ("hpc", "wg-lapidary", {}, {"mode": "write"}, "read but not changed"),
        ("hpc", "murals-member", {}, {"mode": "write"}, "can't be written from a private server"),
        ("hpc", "murals-member", {}, {}, ""),
    ],
)
async def test_a_grant_is_given_or_refused_with_the_reason(
    registry: Registry,
    place: str,
    account: str,
    policy: dict[str, object],
    wish: dict[str, object],
    said: str,
) -> None:
    workers = await start_at(registry, place, account)
    set_policy(registry, **policy)
    answer = await workers.grant(**wish)
    assert answer.status_code == (403 if said else 201)
    assert said in answer.json().get("message", "")
    event = registry.events()[-1]
    assert (event.event, event.subject) == (
        "key.refused" if said else "grant.issued",
        "murals/panel",
    )


async def test_a_refused_grant_can_be_asked_for_at_another_place(registry: Registry) -> None:
    far = await start_at(registry, "hpc")
    set_policy(registry, compute_jurisdictions=("DE",))
    assert (await far.grant()).status_code == 403
    near = await start_at(registry, "gateway", "wg-lapidary")
    assert (await near.grant()).status_code == 201
    assert (await near.open()).status_code == 200


async def test_a_place_that_is_declared_no_longer_gets_nothing(registry: Registry) -> None:
    workers = await start_at(registry, "gateway")
    assert (await workers.grant()).status_code == 201
    registry.app.state.service = type(registry.app.state.service)(
        registry.database,
        registry.custody,
        registry.client_of_hub,
        registry.app.state.service.refresher,
    )
    assert await workers.granted() == []
    refused = await workers.open()
    assert (refused.status_code, "no longer declared" in refused.text) == (403, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"place": "moon", "cluster": "notebook-1"}, 422),
        ({"place": "workspace", "cluster": "short"}, 422),
        ({"place": "workspace", "cluster": "Notebook-1"}, 422),
        ({"place": "workspace", "cluster": "notebook-1\n"}, 422),
        ({"place": "workspace", "cluster": "notebook-1", "label": "x" * 81}, 422),
        ({"place": "workspace", "cluster": "notebook-1", "token": "mine"}, 422),
        ({"place": "workspace", "cluster": "x" * 80}, 201),
    ],
)
async def test_what_is_no_cluster_is_refused(
    registry: Registry, body: dict[str, str], status: int
) -> None:
    async with registry.client("wg-murals") as client:
        assert (await client.post("/clusters", json=body)).status_code == status


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"dataset": "murals/panel", "first_version": 0}, 422),
        ({"dataset": "murals/panel", "first_version": 2, "last_version": 1}, 422),
        ({"dataset": "murals/panel", "mode": "own"}, 422),
        ({"dataset": "murals/panel", "purpose": "Any thing"}, 422),
        ({"dataset": "../panel"}, 422),
        ({"dataset": "murals/panel", "first_version": 2}, 404),
        ({"dataset": "archive/panel"}, 404),
    ],
)
async def test_what_is_no_grant_is_refused(
    registry: Registry, wish: dict[str, object], status: int
) -> None:
    workers = await start(registry)
    async with registry.client("wg-murals") as client:
        answer = await client.post(f"/clusters/{workers.name}/grants", json=wish)
    assert answer.status_code == status


async def test_a_running_cluster_does_not_move(registry: Registry) -> None:
    await start_at(registry, "gateway")
    async with registry.client("wg-murals") as client:
        body = {"place": "hpc", "cluster": "notebook-1"}
        answer = await client.post("/clusters", json=body)
    assert (answer.status_code, "another place: gateway" in answer.text) == (409, True)


async def test_a_person_has_clusters_of_their_own(registry: Registry) -> None:
    workers = await start(registry, "murals-member")
    assert (await workers.grant()).status_code == 201
    assert (await workers.open()).status_code == 200
    async with registry.client("murals-member") as client:
        own = (await client.get("/clusters")).json()
    async with registry.client("murals-lead") as client:
        others = (await client.get("/clusters")).json()
    assert ([one["workgroup"] for one in own], others) == ([None], [])


async def test_operator_sees_all_clusters_has_none_and_ends_any(registry: Registry) -> None:
    await start_granted(registry)
    await start(registry, "wg-lapidary")
    token = registry.hub.token_of("operator", kind="service")
    async with registry.client(token=token) as client:
        body = {"place": "workspace", "cluster": "notebook-9"}
        refused = await client.post("/clusters", json=body)
        listed = (await client.get("/clusters")).json()
        ended = await client.delete("/clusters/notebook-1?workgroup=murals")
        left = (await client.get("/clusters")).json()
    assert (refused.status_code, ended.status_code) == (403, 204)
    assert [one["workgroup"] for one in listed] == ["murals", "lapidary"]
    assert [one["workgroup"] for one in left] == ["lapidary"]


async def test_the_workgroups_page_says_what_clusters_did(registry: Registry) -> None:
    workers = await start_granted(registry)
    await workers.open()
    await workers.open(mode="write")
    async with registry.client("wg-murals") as client:
        await client.delete("/clusters/notebook-1")
    lead = registry.principal("murals-lead")
    with registry.database.reading() as session:
        events = list_events(session, lead, "murals", before=None, limit=5)
    assert [event_line(event, {}).text for event in events] == [
        "closed the cluster notebook-1",
        "was refused the keys of panel in a cluster",
        "opened the dataset panel at workspace, in a cluster",
        "let a cluster read panel at workspace",
        "started the cluster notebook-1 at workspace",
    ]


def test_settings_declare_the_compute_places(tmp_path: Path) -> None:
    compute = (ComputePlace("gateway"), ComputePlace("hpc", jurisdiction="FR"))
    places = places_of(Settings(tmp_path, jurisdiction="DE", compute=compute))
    found = {name: places.require_compute(name) for name in ("workspace", "gateway", "hpc")}
    assert {name: one.jurisdiction for name, one in found.items()} == {
        "workspace": "DE",
        "gateway": "DE",
        "hpc": "FR",
    }
