"""The log over HTTP: tiles for every principal, events for those whom they concern."""

import base64

import httpx
import pytest

from museion_datasets import log
from museion_datasets.log.follow import TileReader, require_all_entries, require_entry
from museion_datasets.log.tiles import Tile, split_bundle
from museion_datasets.log.tree import HASH_BYTES, prove_consistency
from museion_hub.audit import EventName
from tests.support.registry import Registry

URL = "http://registry/services/registry/log"


async def get(registry: Registry, account: str, path: str) -> httpx.Response:
    async with registry.client(account) as client:
        return await client.get(f"{URL}/{path}")


async def open_newest(registry: Registry, account: str = "stranger") -> log.SignedCheckpoint:
    keys = (await get(registry, account, "keys")).json()
    checkpoint = await get(registry, account, "checkpoint")
    assert checkpoint.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["Cache-Control"] == "no-store"
    verifiers = [log.Verifier.parse(key) for key in keys["keys"]]
    signed = log.open_checkpoint(checkpoint.content, verifiers)
    assert signed.checkpoint.origin == keys["origin"]
    return signed


async def download(registry: Registry, size: int) -> dict[str, bytes]:
    """Give every tile and bundle of a log smaller than two tiles."""
    tiles = [Tile(level, 0, size) for level in (0, None)]
    return {tile.path: (await get(registry, "stranger", tile.path)).content for tile in tiles}


async def test_anybody_with_a_token_follows_the_log_from_its_tiles(registry: Registry) -> None:
    older = (await open_newest(registry)).checkpoint.head
    await get(registry, "stranger", "events/0/proof")  # refused, and so recorded
    newer = (await open_newest(registry)).checkpoint.head
    assert newer.size > older.size > 5
    files = await download(registry, newer.size)

    def fetch(path: str, _max_bytes: int) -> bytes:
        return files[path]

    proof = prove_consistency(older.size, newer.size, TileReader(fetch, newer.size))
    log.verify_consistency(older, newer, proof)
    require_all_entries(newer, fetch)


async def test_following_leaves_no_trace_in_the_log(registry: Registry) -> None:
    head = (await open_newest(registry)).checkpoint.head
    missing = [f"tile/0/000.p/{head.size + 1}", "tile/0/000", "tile/1/000.p/1", "tile/0/001.p/1"]
    for path in missing:
        response = await get(registry, "stranger", path)
        assert (response.status_code, response.json()["kind"]) == (404, "not_found")
    assert (await open_newest(registry)).checkpoint.head == head


NOWHERE = [
    "tile/0/0",
    "tile/0/000.p/256",
    "tile/64/000",
    "tile/..%2Fcheckpoint",
    f"tile/0/x/{'0' * 99}",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
    "events/-1/proof",
    "events/a/proof",
    f"events/{2**63}/proof",
    "events",
    "events?workgroup=murals&limit=501",
]


@pytest.mark.parametrize("path", NOWHERE)
async def test_address_that_can_be_nothings_is_refused(registry: Registry, path: str) -> None:
    response = await get(registry, "murals-lead", path)
    assert response.status_code in {404, 422}
    assert response.json()["hint"]


@pytest.mark.parametrize(
    "path", ["checkpoint", "keys", "tile/0/000.p/1", "events/0/proof", "events"]
)
async def test_nothing_of_the_log_is_shown_without_a_token(registry: Registry, path: str) -> None:
    async with registry.client() as client:
        response = await client.get(f"{URL}/{path}")
    assert (response.status_code, response.json()["kind"]) == (401, "unauthenticated")


async def test_tiles_are_bytes_that_may_be_cached_for_ever(registry: Registry) -> None:
    response = await get(registry, "stranger", "tile/0/000.p/3")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in response.headers["Cache-Control"]
    assert len(response.content) == 3 * HASH_BYTES
    entries = (await get(registry, "stranger", "tile/entries/000.p/3")).content
    assert len(split_bundle(Tile(None, 0, 3), entries)) == 3
    assert b"murals" not in entries


def find_event(registry: Registry, name: EventName, actor: str = "") -> int:
    return next(
        event.log_index
        for event in registry.events()
        if event.event == name.value and actor in event.actor
    )


async def test_owner_of_an_event_proves_it_to_anybody(registry: Registry) -> None:
    index = find_event(registry, EventName.VERSION_COMMITTED)
    keys = (await get(registry, "wg-murals", "keys")).json()["keys"]
    answer = await get(registry, "wg-murals", f"events/{index}/proof")
    proof = log.LogProof.from_json(answer.json())
    signed = log.require_logged(proof, [log.Verifier.parse(key) for key in keys])
    assert proof.event is not None
    assert (proof.event["actor"], proof.event["event"]) == ("wg-murals", "version.committed")
    entry = log.entry_of(proof.event, base64.b64decode(answer.json()["salt"]))
    size = signed.checkpoint.head.size
    files = await download(registry, size)
    require_entry(entry, index, signed.checkpoint.head, lambda path, _max: files[path])


MAY_SEE = {
    "wg-murals": True,  # its own doing
    "murals-lead": True,
    "murals-member": False,
    "murals-guest": False,
    "lapidary-lead": False,
    "wg-lapidary": False,
    "stranger": False,
}


@pytest.mark.parametrize("who", MAY_SEE)
async def test_event_is_shown_to_its_actor_and_the_leads_it_concerns(
    registry: Registry, who: str
) -> None:
    index = find_event(registry, EventName.VERSION_COMMITTED)
    response = await get(registry, who, f"events/{index}/proof")
    assert response.status_code == (200 if MAY_SEE[who] else 404)
    missing = await get(registry, who, "events/99999/proof")
    if not MAY_SEE[who]:
        assert response.json() == missing.json()
        assert registry.last_event()[3] == "missing"
        assert registry.events()[-2].detail["reason"] == "denied"


@pytest.mark.parametrize(
    ("who", "workgroup", "status"),
    [
        ("murals-lead", "murals", 200),
        ("lapidary-lead", "lapidary", 200),
        ("murals-lead", "lapidary", 404),
        ("murals-lead", "nobody", 404),
        ("murals-lead", "%", 404),
        ("murals-member", "murals", 404),
        ("wg-murals", "murals", 404),
        ("stranger", "murals", 404),
    ],
)
async def test_only_leads_list_what_concerns_their_workgroup(
    registry: Registry, who: str, workgroup: str, status: int
) -> None:
    response = await get(registry, who, f"events?workgroup={workgroup}")
    assert response.status_code == status
    if status == 200:
        texts = [f"{e['actor']} {e['subject']} {e['detail']}" for e in response.json()]
        assert texts
        assert all(workgroup in text for text in texts)
        assert not any("archive" in text for text in texts)


async def test_share_is_seen_by_the_leads_of_both_workgroups(registry: Registry) -> None:
    for slug in ("murals", "lapidary"):
        events = (await get(registry, f"{slug}-lead", f"events?workgroup={slug}")).json()
        assert "dataset.shared" in {event["event"] for event in events}


async def test_events_are_read_on_page_by_page_the_newest_first(registry: Registry) -> None:
    everything = (await get(registry, "murals-lead", "events?workgroup=murals")).json()
    pages: list[dict[str, object]] = []
    before = ""
    while True:
        path = f"events?workgroup=murals&limit=2{before}"
        page = (await get(registry, "murals-lead", path)).json()
        if not page:
            break
        pages += page
        before = f"&before={page[-1]['index']}"
    assert pages == everything
    assert [e["index"] for e in pages] == sorted((e["index"] for e in pages), reverse=True)
