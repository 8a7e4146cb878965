"""What wrong requests get: a status, a kind, a sentence, a hint, and nothing half-made."""

import sqlite3
from pathlib import Path

import httpx
import pytest

from museion_hub.registry.database import Database
from museion_hub.registry.errors import ANSWERS
from museion_hub.registry.limits import MAX_BODY_BYTES
from tests.support.registry import Registry

WISH: dict[str, object] = {
    "path": "murals/new",
    "title": "New",
    "kind": "scan",
    "rights": "CC-BY-4.0",
    "synthetic": False,
    "description": "",
}
OPEN = "/datasets/murals/panel/open"
VERSIONS = "/datasets/murals/panel/versions"
ROWS: list[tuple[str, str, str, object, int]] = [
    ("path without name", "POST", "/datasets", WISH | {"path": "murals"}, 422),
    ("path that climbs", "POST", "/datasets", WISH | {"path": "../etc/passwd"}, 422),
    ("path with a line break", "POST", "/datasets", WISH | {"path": "murals/new\n"}, 422),
    ("taken path", "POST", "/datasets", WISH | {"path": "murals/panel"}, 409),
    ("unknown kind", "POST", "/datasets", WISH | {"kind": "spreadsheet"}, 422),
    ("unknown rights", "POST", "/datasets", WISH | {"rights": "all mine"}, 422),
    ("blank title", "POST", "/datasets", WISH | {"title": "  "}, 422),
    ("long title", "POST", "/datasets", WISH | {"title": "x" * 201}, 422),
    ("word for a boolean", "POST", "/datasets", WISH | {"synthetic": "yes"}, 422),
    ("unknown member", "POST", "/datasets", WISH | {"owner": "lapidary"}, 422),
    ("missing members", "POST", "/datasets", {"path": "murals/new"}, 422),
    ("list", "POST", "/datasets", [], 422),
    ("nothing", "POST", "/datasets", None, 422),
    ("short key", "POST", OPEN, {"public_key": "AAAA"}, 422),
    ("key that is no base64", "POST", OPEN, {"public_key": "not base64!"}, 422),
    ("number for a key", "POST", OPEN, {"public_key": 7}, 422),
    ("parent 0", "POST", VERSIONS, {"parent": 0, "head": {}, "size_bytes": 1}, 422),
    ("partial head", "POST", VERSIONS, {"parent": 1, "head": {"version": 2}, "size_bytes": 1}, 422),
    ("no head", "POST", VERSIONS, {"parent": 1, "head": None, "size_bytes": -1}, 422),
    ("version 0", "GET", f"{VERSIONS}/0", None, 422),
    ("version in words", "GET", f"{VERSIONS}/one", None, 422),
    ("version to come", "GET", f"{VERSIONS}/2", None, 404),
    ("huge version", "GET", f"{VERSIONS}/{2**80}", None, 422),
    ("path in capitals", "POST", "/datasets/Murals/panel/open", {"public_key": ""}, 422),
    ("unknown address", "GET", "/nothing", None, 404),
    ("unknown method", "PATCH", "/datasets", None, 405),
    ("people as a word", "PUT", "/presence", {"people": "murals-lead"}, 422),
    ("long name", "PUT", "/presence", {"people": ["x" * 65]}, 422),
]


@pytest.mark.parametrize(
    ("method", "route", "body", "status"),
    [pytest.param(*row, id=label) for label, *row in ROWS],
)
async def test_wrong_request_gets_one_clear_answer(
    registry: Registry, method: str, route: str, body: object, status: int
) -> None:
    async with registry.client("wg-murals") as client:
        response = await client.request(method, route, json=body)
    assert response.status_code == status, response.text
    assert set(response.json()) == {"kind", "message", "hint"}
    assert not response.json()["message"].endswith(".")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"path": "\\ud800"}', b"[" * 60_000])
async def test_body_that_is_no_json_is_refused(registry: Registry, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with registry.client("wg-murals") as client:
        response = await client.post("/datasets", content=content, headers=headers)
    assert (response.status_code, response.json()["kind"]) == (422, "invalid")


async def endless() -> object:
    while True:
        yield b" " * 65536


@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "streamed"])
async def test_too_large_body_is_refused(registry: Registry, *, is_announced: bool) -> None:
    content = b" " * (MAX_BODY_BYTES + 1) if is_announced else endless()
    headers = {"Content-Type": "application/json"}
    async with registry.client("wg-murals") as client:
        response = await client.post("/datasets", content=content, headers=headers)  # type: ignore[arg-type]  # either form
    assert (response.status_code, response.json()["kind"]) == (413, "too_large")


async def create(registry: Registry) -> httpx.Response:
    async with registry.client("wg-murals") as client:
        return await client.post("/datasets", json=WISH)


async def listed(registry: Registry) -> list[str]:
    with registry.database.reading() as session:
        return list(session.connection().exec_driver_sql("SELECT name FROM dataset").scalars())


async def test_locked_database_is_unavailable_and_then_works_again(
    registry: Registry, state: Path
) -> None:
    with sqlite3.connect(state / "registry.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = await create(registry)
        other.execute("ROLLBACK")
    other.close()
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable")
    assert "busy" in refused.json()["message"]
    assert (await create(registry)).status_code == 201


async def test_full_disk_is_unavailable_and_leaves_nothing_half_made(registry: Registry) -> None:
    with registry.database.reading() as session:
        # SQLite's own limit makes it run out of space as a full disk does.
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
    refused = await create(registry)
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable")
    assert "full" in refused.json()["message"]
    assert "new" not in await listed(registry)


async def test_damaged_database_is_unavailable(registry: Registry, state: Path) -> None:
    registry.database.close()
    (state / "registry.sqlite").write_bytes(b"not a database, " * 1000)
    refused = await create(registry)
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable")


async def test_hub_that_is_down_is_unavailable(registry: Registry) -> None:
    registry.hub.is_down = True
    refused = await create(registry)
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable")


def test_database_that_was_never_made_says_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.sqlite")
    with pytest.raises(Exception, match="not set up\nhint: run"), database.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM person")
    database.close()


def test_every_kind_has_a_status_a_sentence_and_a_hint() -> None:
    for kind, answer in ANSWERS.items():
        assert answer.status >= 400, kind
        assert answer.message[0].isupper()
        assert not answer.message.endswith(".")
        assert answer.hint
