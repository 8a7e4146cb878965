"""What a workgroup publishes to its guests, over HTTP, on each kind of database."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from museion_hub.custody import CustodyError
from museion_hub.registry import snapshots
from museion_hub.registry.limits import MAX_SNAPSHOT_BODY_BYTES
from museion_hub.registry.workgroup_tables import Snapshot
from tests.support.registry import Registry

ROUTE = "/workgroups/murals/snapshots"
NOTEBOOK = {"path": "maps/panel.ipynb", "title": "Blue pigments", "html": "<h1>Blue</h1>"}


async def publish(
    registry: Registry, account: str = "wg-murals", **changes: object
) -> dict[str, Any]:
    async with registry.client(account) as client:
        answer = await client.post(ROUTE, json=NOTEBOOK | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ask(registry: Registry, account: str, method: str, path: str = "") -> httpx.Response:
    async with registry.client(account) as client:
        return await client.request(method, f"{ROUTE}{path}")


async def test_a_guest_reads_what_a_member_published_through_the_workspace(
    registry: Registry,
) -> None:
    made = await publish(registry, author="murals-member")
    assert (made["published_by"], made["title"]) == ("murals-member", "Blue pigments")
    listed = (await ask(registry, "murals-guest", "GET")).json()
    assert [each["id"] for each in listed] == [made["id"]]
    page = (await ask(registry, "murals-guest", "GET", f"/{made['id']}")).json()
    assert page["html"] == "<h1>Blue</h1>"


async def test_what_is_kept_is_harmless_and_sealed(registry: Registry) -> None:
    html = "<p onclick=alert(1)>azurite</p><script>alert(1)</script>"
    made = await publish(registry, html=html)
    with registry.database.reading() as session:
        row = session.get_one(Snapshot, made["id"])
        sealed = row.sealed
        assert b"azurite" not in sealed
        assert registry.custody.open_snapshot("murals", row.id, sealed) == b"<p>azurite</p>"
    with pytest.raises(CustodyError, match="does not open"):
        registry.custody.open_snapshot("lapidary", made["id"], sealed)
    with pytest.raises(CustodyError, match="does not open"):
        registry.custody.open_snapshot("murals", made["id"], sealed[:-1] + b"x")


async def test_publishing_again_replaces_the_page_at_its_address(registry: Registry) -> None:
    first = await publish(registry)
    second = await publish(registry, html="<p>newer</p>", title="Newer")
    assert second["id"] == first["id"]
    page = (await ask(registry, "murals-guest", "GET", f"/{first['id']}")).json()
    assert (page["html"], page["snapshot"]["title"]) == ("<p>newer</p>", "Newer")
    assert len((await ask(registry, "murals-guest", "GET")).json()) == 1


async def test_a_withdrawn_page_is_gone(registry: Registry) -> None:
    made = await publish(registry)
    path = f"/{made['id']}"
    assert (await ask(registry, "murals-member", "DELETE", path)).status_code == 204
    assert (await ask(registry, "murals-guest", "GET", path)).status_code == 404
    assert (await ask(registry, "murals-guest", "GET")).json() == []
    again = await publish(registry)
    assert again["id"] != made["id"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_another_workgroups_people_learn_nothing_of_a_page(
    registry: Registry, method: str
) -> None:
    made = await publish(registry)
    foreign = f"/workgroups/lapidary/snapshots/{made['id']}"
    answers = []
    for account, path in (
        ("lapidary-lead", f"{ROUTE}/{made['id']}"),
        ("lapidary-lead", foreign),
        ("lapidary-lead", f"{ROUTE}/{'0' * 32}"),
        ("stranger", f"/workgroups/no-such/snapshots/{made['id']}"),
    ):
        async with registry.client(account) as client:
            answers.append(await client.request(method, path))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    ("account", "author", "status"),
    [
        ("wg-murals", "murals-guest", 422),
        ("wg-murals", "stranger", 422),
        ("wg-murals", "lapidary-lead", 422),
        ("wg-murals", "wg-lapidary", 422),
        ("murals-member", "murals-lead", 422),
        ("murals-guest", "murals-lead", 403),
        ("murals-guest", None, 403),
        ("stranger", None, 404),
        ("wg-lapidary", None, 404),
        ("wg-lapidary", "murals-lead", 404),
    ],
)
async def test_nobody_publishes_in_anothers_name_or_elsewhere(
    registry: Registry, account: str, author: str | None, status: int
) -> None:
    async with registry.client(account) as client:
        answer = await client.post(ROUTE, json=NOTEBOOK | {"author": author})
    assert answer.status_code == status, answer.text
    assert (await ask(registry, "murals-lead", "GET")).json() == []


async def test_a_guest_withdraws_nothing(registry: Registry) -> None:
    made = await publish(registry)
    assert (await ask(registry, "murals-guest", "DELETE", f"/{made['id']}")).status_code == 403


async def test_publishing_withdrawing_and_being_refused_stand_in_the_log(
    registry: Registry,
) -> None:
    made = await publish(registry, author="murals-member")
    await ask(registry, "stranger", "GET", f"/{made['id']}")
    await ask(registry, "wg-murals", "DELETE", f"/{made['id']}?author=murals-lead")
    told = [
        (each.event, each.actor, each.detail.get("by") or each.detail.get("action"))
        for each in registry.events()
        if "snapshots" in each.subject
    ]
    assert told == [
        ("snapshot.published", "wg-murals", "murals-member"),
        ("access.refused", "stranger", "read_snapshot"),
        ("snapshot.withdrawn", "wg-murals", "murals-lead"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "../secret.ipynb"},
        {"path": "/etc/passwd"},
        {"path": "a//b.ipynb"},
        {"path": "a\\b.ipynb"},
        {"path": "x" * 401},
        {"path": ""},
        {"title": ""},
        {"title": "x" * 201},
        {"title": "turned\u202eround"},
        {"html": 1},
        {"html": None},
        {"extra": 1},
        {"author": "x" * 65},
    ],
    ids=str,
)
async def test_nonsense_is_refused_in_words(registry: Registry, changes: dict[str, Any]) -> None:
    async with registry.client("wg-murals") as client:
        answer = await client.post(ROUTE, json=NOTEBOOK | changes)
    assert answer.status_code == 422
    assert set(answer.json()) == {"kind", "message", "hint"}


async def test_a_title_with_markup_is_only_text(registry: Registry) -> None:
    made = await publish(registry, title="<img src=x onerror=alert(1)>")
    assert made["title"] == "<img src=x onerror=alert(1)>"


async def test_a_page_that_is_too_large_is_refused_with_its_size(registry: Registry) -> None:
    async with registry.client("wg-murals") as client:
        answer = await client.post(
            ROUTE, json=NOTEBOOK | {"html": "<p>" + "x" * snapshots.MAX_PAGE_BYTES}
        )
    assert answer.status_code == 413
    assert "at most 10 MB" in answer.json()["message"]


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(MAX_SNAPSHOT_BODY_BYTES // 1_000_000 + 2):
        yield b" " * 1_000_000


async def test_a_body_without_end_is_not_read_to_its_end(registry: Registry) -> None:
    async with registry.client("wg-murals") as client:
        answer = await client.post(ROUTE, content=_endless())
    assert answer.status_code == 413


async def test_who_may_not_publish_is_refused_before_the_page_is_read(registry: Registry) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    async with registry.client("murals-guest") as client:
        answer = await client.post(ROUTE, content=never())
    assert answer.status_code == 403


async def test_a_workgroup_publishes_no_more_than_it_may(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MAX_SNAPSHOTS", 1)
    await publish(registry)
    await publish(registry, title="Replaced")
    async with registry.client("wg-murals") as client:
        answer = await client.post(ROUTE, json=NOTEBOOK | {"path": "other.ipynb"})
    assert answer.status_code == 409
    assert "withdraw one" in answer.json()["hint"]
