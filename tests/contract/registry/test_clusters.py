"""Clusters and grants over the API, on each kind of database."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select

from museion_hub.registry import sharing
from museion_hub.registry.catalogue import require_visible
from museion_hub.registry.cluster_clearing import keep_clearing
from museion_hub.registry.cluster_tables import Cluster, ClusterGrant
from museion_hub.registry.tables import Workgroup, WorkgroupState
from tests.support.clusters import (
    begin_epoch,
    commit_next,
    let_pass,
    opened_keys,
    set_policy,
    start,
    start_granted,
)
from tests.support.registry import PANEL, SKETCH, Registry, new_key
from tests.support.waiting import wait_until


def count(registry: Registry, table: type) -> int:
    with registry.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def events_after(registry: Registry, before: int) -> list[str]:
    return [one.event for one in registry.events()[before:]]


async def test_a_cluster_is_registered_granted_leased_and_closed(registry: Registry) -> None:
    before, pair = len(registry.events()), new_key()
    workers = await start_granted(registry, last_version=1)
    lease = (await workers.lease()).json()
    opened = await workers.open(version=1, pair=pair)
    assert [one["dataset"] for one in lease["grants"]] == ["murals/panel"]
    assert (lease["cluster"], lease["place"], lease["lease_s"]) == ("notebook-1", "workspace", 30)
    assert opened_keys(opened, pair).keys() == {1}
    assert opened.json()["head"] == (await workers.read_head(1)).json()
    async with registry.client("wg-murals") as client:
        listed = (await client.get("/clusters")).json()
        closed = await client.delete("/clusters/notebook-1")
    assert [one["label"] for one in listed] == ["pigments.ipynb"]
    assert listed[0]["grants"] == lease["grants"]
    assert (closed.status_code, (await workers.lease()).status_code) == (204, 401)
    assert (count(registry, Cluster), count(registry, ClusterGrant)) == (0, 0)
    told = ["cluster.registered", "grant.issued", "key.vended", "cluster.ended"]
    assert events_after(registry, before) == told


async def test_each_exchange_names_the_cluster_in_the_log_and_a_lease_does_not(
    registry: Registry,
) -> None:
    workers = await start_granted(registry)
    await workers.open()
    vended = registry.events()[-1]
    assert (vended.event, vended.actor, vended.subject) == (
        "key.vended",
        "wg-murals",
        "murals/panel",
    )
    assert (vended.detail["cluster"], vended.detail["place"]) == ("notebook-1", "workspace")
    before = len(registry.events())
    for _ in range(3):
        assert (await workers.lease()).status_code == 200
    assert events_after(registry, before) == []


async def test_the_same_wish_is_one_grant_also_for_many_at_once(registry: Registry) -> None:
    workers = await start(registry)
    wish = {"first_version": 1, "last_version": None, "purpose": "research"}
    answers = await asyncio.gather(*(workers.grant(**wish) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert count(registry, ClusterGrant) == 1


async def test_many_workers_exchange_their_grant_at_once(registry: Registry) -> None:
    workers = await start_granted(registry)
    pairs = [new_key() for _ in range(8)]
    answers = await asyncio.gather(*(workers.open(pair=pair) for pair in pairs))
    keys = {opened_keys(*one)[1] for one in zip(answers, pairs, strict=True)}
    assert len(keys) == 1


async def test_a_lease_that_is_renewed_keeps_the_token_alive(registry: Registry) -> None:
    workers = await start_granted(registry)
    for _ in range(4):
        let_pass(registry, timedelta(minutes=14))
        assert await workers.granted() == ["murals/panel"]
    let_pass(registry, timedelta(minutes=16))
    assert (await workers.lease()).status_code == 401
    assert (await workers.open()).status_code == 401


async def test_what_is_over_is_cleared_away_and_written_down(registry: Registry) -> None:
    await start_granted(registry)
    let_pass(registry, timedelta(minutes=16))
    clearing = asyncio.create_task(keep_clearing(registry.database))
    await asyncio.to_thread(wait_until, lambda: count(registry, Cluster) == 0)
    clearing.cancel()
    assert (count(registry, Cluster), count(registry, ClusterGrant)) == (0, 0)
    assert registry.last_event() == ("cluster.ended", "museion", "murals/notebook-1", "expired")


async def test_registered_again_it_has_a_new_token_and_its_grants(registry: Registry) -> None:
    first = await start_granted(registry)
    again = await start(registry)
    assert (await first.lease()).status_code == 401
    assert (await again.granted(), again.token != first.token) == (["murals/panel"], True)
    assert count(registry, Cluster) == 1


async def test_a_share_that_ends_takes_the_grant_from_running_clusters(registry: Registry) -> None:
    workers = await start(registry, "wg-lapidary")
    assert (await workers.grant()).status_code == 201
    assert (await workers.open()).status_code == 200
    murals = registry.principal("wg-murals")
    with registry.database.writing() as session:
        dataset = require_visible(session, murals, PANEL).dataset
        sharing.revoke_recipient(
            session, registry.custody, dataset, "lapidary", actor="murals-lead"
        )
    assert await workers.granted() == []
    assert (await workers.open()).status_code == 404
    assert (await workers.read_head(1)).status_code == 404


async def test_a_changed_policy_takes_the_grant_away_and_gives_it_back(registry: Registry) -> None:
    workers = await start_granted(registry)
    set_policy(registry, compute_jurisdictions=("FR",))
    refused = await workers.open()
    assert await workers.granted() == []
    assert refused.status_code == 403
    assert "only in FR, not at workspace" in refused.json()["message"]
    set_policy(registry)
    assert await workers.granted() == ["murals/panel"]


async def test_an_archived_workgroups_clusters_get_nothing(registry: Registry) -> None:
    workers = await start_granted(registry)
    with registry.database.writing() as session:
        session.get_one(Workgroup, "murals").state = WorkgroupState.ARCHIVED
    assert (await workers.granted(), (await workers.open()).status_code) == ([], 409)
    async with registry.client("wg-murals") as client:
        body = {"place": "workspace", "cluster": "notebook-2"}
        assert (await client.post("/clusters", json=body)).status_code == 409


async def test_who_leaves_takes_no_cluster_token_along(registry: Registry) -> None:
    workers = await start_granted(registry)
    async with registry.client("murals-lead") as client:
        removed = await client.delete("/workgroups/murals/members/murals-member")
    assert removed.status_code == 200
    assert (await workers.lease()).status_code == 401
    assert await (await start(registry)).granted() == ["murals/panel"]


async def test_a_reader_gets_the_epochs_of_its_versions_and_no_later_one(
    registry: Registry,
) -> None:
    workers, pair = await start_granted(registry, last_version=2), new_key()
    commit_next(registry, 1)
    assert begin_epoch(registry) == 2
    commit_next(registry, 2, epoch=2)
    opened = await workers.open(pair=pair)
    assert (opened.json()["head"]["version"], opened.json()["dataset"]["version"]) == (2, 2)
    assert opened_keys(opened, pair).keys() == {1}
    assert (opened.json()["epoch"], opened.json()["key_files"]) == (1, {})
    await workers.grant(first_version=3)
    newest = await workers.open(pair=pair)
    assert (newest.json()["head"]["version"], newest.json()["epoch"]) == (3, 2)
    assert opened_keys(newest, pair).keys() == {1, 2}


async def test_a_writer_gets_the_newest_key_alone(registry: Registry) -> None:
    workers, pair = await start_granted(registry, mode="write"), new_key()
    assert begin_epoch(registry) == 2
    opened = await workers.open(mode="write", pair=pair)
    assert opened_keys(opened, pair).keys() == {2}
    assert (opened.json()["head"], opened.json()["epoch"]) == (None, 2)
    assert (await workers.open()).status_code == 404


async def test_a_draft_is_written_before_it_has_a_version_and_not_read(registry: Registry) -> None:
    workers = await start(registry)
    assert (await workers.grant(SKETCH, mode="write")).status_code == 201
    assert (await workers.open(SKETCH, mode="write")).status_code == 200
    assert (await workers.grant(SKETCH)).status_code == 404
    async with registry.client("wg-murals") as client:
        assert (await client.delete(f"/datasets/{SKETCH}")).status_code == 204
    assert (await workers.granted(), count(registry, ClusterGrant)) == ([], 0)
