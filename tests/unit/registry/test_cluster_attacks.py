"""What an attacker with a cluster's token, or with another account, tries, and what comes of it."""

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from museion_hub.registry import clusters
from museion_hub.registry.app import ROUTERS
from museion_hub.registry.cluster_tables import Cluster
from tests.support.clusters import commit_next, let_pass, start, start_granted
from tests.support.registry import PANEL, SKETCH, Registry, make_head

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
TAKING = {"open_dataset", "read_version", "renew_lease"}
OPEN = {"read_health", "read_invitation", "create_account"}
REAL = {"workgroup": "murals", "name": "panel", "slug": "murals", "number": "1"}
REAL |= {"username": "murals-member", "cluster": "notebook-1", "recipient": "lapidary"}


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def addresses(*, of_api: bool) -> list[tuple[str, str]]:
    """Give every address that is not for clusters or open to all, and how it is asked."""
    return [
        (method, re.sub(r"\{(\w+)(?::\w+)?\}", lambda one: REAL.get(one[1], "0"), route.path))
        for route in ROUTES
        if route.include_in_schema is of_api and route.name not in TAKING | OPEN
        for method in sorted(route.methods or ())
    ]


async def test_a_clusters_token_is_no_token_anywhere_else(registry: Registry) -> None:
    workers = await start_granted(registry, mode="write")
    before, asked = len(registry.events()), addresses(of_api=True)
    for method, path in asked:
        answer = await workers.ask(method, f"http://registry{path}")
        assert (answer.status_code, answer.json()["kind"]) == (401, "unauthenticated"), path
    assert (len(registry.events()), len(asked) > 60) == (before, True)


async def test_a_clusters_token_opens_no_page(registry: Registry) -> None:
    workers = await start_granted(registry, mode="write")
    for method, path in addresses(of_api=False):
        answer = await workers.ask(method, f"http://registry{path}")
        assert answer.status_code in {303, 307, 400, 401, 403, 404}, path


@pytest.mark.parametrize("scheme", ["token", "bearer"])
async def test_a_clusters_token_is_no_hub_token(registry: Registry, scheme: str) -> None:
    workers = await start_granted(registry)
    async with registry.client() as client:
        headers = {"Authorization": f"{scheme} {workers.token}"}
        assert (await client.get("/me", headers=headers)).status_code == 401


@pytest.mark.parametrize("account", ["wg-murals", "murals-lead"])
async def test_a_hub_token_is_no_clusters_token(registry: Registry, account: str) -> None:
    token = registry.hub.token_of(account)
    await start_granted(registry)
    async with registry.client() as client:
        headers = {"Authorization": f"cluster {token}"}
        answer = await client.post("/clusters/self/lease", headers=headers)
    assert answer.status_code == 401


async def test_no_grant_is_exchanged_by_another_cluster_of_the_workgroup(
    registry: Registry,
) -> None:
    await start_granted(registry)
    other = await start(registry, name="notebook-2")
    assert await other.granted() == []
    assert (await other.open()).status_code == 404
    assert registry.last_event() == ("key.refused", "wg-murals", "murals/panel", "no grant")
    assert registry.events()[-1].detail["cluster"] == "notebook-2"


async def test_no_grant_is_exchanged_by_another_workgroups_cluster_of_the_same_name(
    registry: Registry,
) -> None:
    await start_granted(registry)
    foreign = await start(registry, "wg-lapidary")
    assert (await foreign.granted(), (await foreign.open()).status_code) == ([], 404)


async def test_no_workgroup_asks_for_another_ones_cluster_or_ends_it(registry: Registry) -> None:
    workers = await start_granted(registry)
    grant = (await workers.lease()).json()["grants"][0]["id"]
    async with registry.client("wg-lapidary") as client:
        answers = [
            await client.post("/clusters/notebook-1/grants", json={"dataset": "murals/panel"}),
            await client.delete("/clusters/notebook-1"),
            await client.delete("/clusters/notebook-1?workgroup=murals"),
            await client.delete(f"/clusters/notebook-1/grants/{grant}?workgroup=murals"),
            await client.get("/clusters?workgroup=murals"),
        ]
        listed = (await client.get("/clusters")).json()
    assert [answer.status_code for answer in answers] == [404] * 5
    assert (listed, await workers.granted()) == ([], ["murals/panel"])


async def test_a_dataset_outside_the_grants_is_not_opened(registry: Registry) -> None:
    workers = await start_granted(registry)
    assert (await workers.open(SKETCH)).status_code == 404
    assert (await workers.open("murals/nothing")).status_code == 404
    assert (await workers.read_head(1, SKETCH)).status_code == 404


@pytest.mark.parametrize("version", [1, 3])
async def test_a_version_outside_the_range_is_not_opened(registry: Registry, version: int) -> None:
    commit_next(registry, 1)
    commit_next(registry, 2)
    workers = await start_granted(registry, first_version=2, last_version=2)
    assert (await workers.open(version=2)).status_code == 200
    assert (await workers.open(version=version)).status_code == 404
    assert (await workers.read_head(version)).status_code == 404


async def test_a_grant_for_reading_is_none_for_writing(registry: Registry) -> None:
    workers = await start_granted(registry)
    assert (await workers.open(mode="write")).status_code == 404


async def test_a_purpose_that_was_not_granted_is_refused(registry: Registry) -> None:
    workers = await start_granted(registry, purpose="research")
    assert (await workers.open(purpose="research")).status_code == 200
    assert (await workers.open(purpose="advertising")).status_code == 404


async def test_a_writing_cluster_commits_nothing(registry: Registry) -> None:
    workers = await start_granted(registry, mode="write")
    dataset = (await workers.open(mode="write")).json()["dataset"]["id"]
    body = {"parent": 1, "head": make_head(dataset, 1).to_json(), "size_bytes": 1}
    answer = await workers.ask("POST", f"/datasets/{PANEL}/versions", body)
    assert answer.status_code == 401


@pytest.mark.parametrize("token", ["", "forged", "x" * 5000, "a b", "ü"])
async def test_a_forged_token_is_refused(registry: Registry, token: str) -> None:
    workers = await start_granted(registry)
    workers.token = token
    assert (await workers.lease()).status_code == 401
    assert (await workers.open()).status_code == 401


async def test_nothing_is_replayed_after_the_close(registry: Registry) -> None:
    workers = await start_granted(registry)
    async with registry.client("wg-murals") as client:
        assert (await client.delete("/clusters/notebook-1")).status_code == 204
    again = await start(registry)
    assert [(await workers.lease()).status_code, (await workers.open()).status_code] == [401, 401]
    assert await again.granted() == []


async def test_what_a_lead_has_revoked_does_not_come_back(registry: Registry) -> None:
    workers = await start_granted(registry)
    async with registry.client("murals-lead") as client:
        ended = await client.delete("/clusters/notebook-1?workgroup=murals")
        twice = await client.delete("/clusters/notebook-1?workgroup=murals")
    async with registry.client("wg-murals") as client:
        body = {"place": "workspace", "cluster": "notebook-1"}
        again = await client.post("/clusters", json=body)
        listed = (await client.get("/clusters")).json()
    assert [one.status_code for one in (ended, twice, again)] == [204, 404, 403]
    assert "was revoked" in again.json()["message"]
    assert (listed, (await workers.lease()).status_code) == ([], 401)
    assert (await workers.grant()).status_code == 403
    said = [(one.event, one.actor, one.detail.get("reason")) for one in registry.events()]
    assert ("cluster.ended", "murals-lead", "revoked") in said


async def test_the_name_of_a_revoked_cluster_is_used_up_for_a_day(registry: Registry) -> None:
    await start_granted(registry)
    async with registry.client("murals-lead") as client:
        await client.delete("/clusters/notebook-1?workgroup=murals")
    cleared = []
    for hours in (23, 2):
        let_pass(registry, timedelta(hours=hours))
        with registry.database.writing() as session:
            cleared.append(clusters.clear_ended(session, now=datetime.now(UTC)))
    assert cleared == [0, 1]
    assert await (await start(registry)).granted() == []


async def test_a_grant_that_a_lead_took_away_is_not_granted_again(registry: Registry) -> None:
    workers = await start_granted(registry)
    grant = (await workers.lease()).json()["grants"][0]["id"]
    async with registry.client("murals-lead") as client:
        address = f"/clusters/notebook-1/grants/{grant}?workgroup=murals"
        assert (await client.delete(address)).status_code == 204
        assert (await client.delete(address)).status_code == 404
    assert (await workers.granted(), (await workers.open()).status_code) == ([], 404)
    again = await workers.grant()
    assert (again.status_code, "was revoked" in again.json()["message"]) == (403, True)


async def test_a_grant_that_the_workspace_gave_back_can_be_asked_for_again(
    registry: Registry,
) -> None:
    workers = await start_granted(registry)
    grant = (await workers.lease()).json()["grants"][0]["id"]
    async with registry.client("wg-murals") as client:
        assert (await client.delete(f"/clusters/notebook-1/grants/{grant}")).status_code == 204
    assert await workers.granted() == []
    assert (await workers.grant()).status_code == 201


async def test_an_expired_cluster_gets_no_grant_and_no_key(registry: Registry) -> None:
    workers = await start_granted(registry)
    let_pass(registry, timedelta(minutes=15, seconds=1))
    answers = [await workers.lease(), await workers.open(), await workers.read_head(1)]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert (await workers.grant()).status_code == 404
    again = await start(registry)
    assert await again.granted() == []


async def test_a_token_that_ends_between_two_steps_opens_nothing(registry: Registry) -> None:
    workers = await start_granted(registry)
    with registry.database.writing() as session:
        row = session.scalars(select(Cluster)).one()
        row.token_hash = bytes(32)  # another one was given out
    assert (await workers.open()).status_code == 401


async def test_no_token_stands_in_files_or_logs(
    registry: Registry, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    workers = await start_granted(registry)
    await workers.lease()
    await workers.open()
    await workers.open(mode="write")
    said = "".join(str(one.detail) + one.subject for one in registry.events())
    files = contents(state)
    assert len(files) >= 3
    assert not any(workers.token.encode() in content for content in files)
    assert workers.token not in said + caplog.text
    assert workers.token not in repr(workers)
