"""Who may do what: one table, role by action."""

import base64
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.support.registry import Registry, make_head, new_key

OWNER, READER, FOREIGN = "wg-murals", "wg-lapidary", "wg-archive"
LEAD, MEMBER, GUEST, VIA_GRANT, STRANGER = (
    "murals-lead",
    "murals-member",
    "murals-guest",
    "lapidary-lead",
    "stranger",
)
EVERYONE = (OWNER, READER, FOREIGN, LEAD, MEMBER, GUEST, VIA_GRANT, STRANGER)
WISH = {"title": "New", "kind": "scan", "rights": "CC0", "synthetic": False, "description": ""}

type Action = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


def open_(client: httpx.AsyncClient, path: str) -> Awaitable[httpx.Response]:
    public = base64.b64encode(new_key().public).decode()
    return client.post(f"/datasets/{path}/open", json={"public_key": public})


def commit(client: httpx.AsyncClient, path: str) -> Awaitable[httpx.Response]:
    head = make_head("0" * 32, 1).to_json()
    return client.post(
        f"/datasets/{path}/versions", json={"parent": 1, "head": head, "size_bytes": 1}
    )


ACTIONS: dict[str, Action] = {
    "open": open_,
    "version": lambda client, path: client.get(f"/datasets/{path}/versions/1"),
    "commit": commit,
    "create": lambda client, path: client.post("/datasets", json={"path": path, **WISH}),
    "discard": lambda client, path: client.delete(f"/datasets/{path}"),
    "presence": lambda client, _path: client.put("/presence", json={"people": []}),
    "me": lambda client, _path: client.get("/me"),
    "workgroups": lambda client, _path: client.get("/workgroups"),
    "list": lambda client, _path: client.get("/datasets"),
    "description": lambda client, _path: client.get("/openapi.json"),
}
# action, path → what OWNER, READER, FOREIGN, LEAD, MEMBER, GUEST, VIA_GRANT, STRANGER get.
# A commit by the owner is 422: it was allowed to try, but the head is of another dataset.
MATRIX = [
    ("open", "murals/panel", (200, 200, 404, 200, 200, 404, 200, 404)),
    ("open", "murals/sketch", (200, 404, 404, 404, 404, 404, 404, 404)),
    ("open", "murals/nothing", (404, 404, 404, 404, 404, 404, 404, 404)),
    ("open", "nobody/nothing", (404, 404, 404, 404, 404, 404, 404, 404)),
    ("version", "murals/panel", (200, 200, 404, 200, 200, 404, 200, 404)),
    ("commit", "murals/panel", (422, 403, 404, 403, 403, 403, 403, 403)),
    ("commit", "murals/nothing", (404, 404, 404, 403, 403, 403, 403, 403)),
    ("create", "murals/new", (201, 404, 404, 403, 403, 403, 403, 403)),
    ("create", "nobody/new", (404, 404, 404, 403, 403, 403, 403, 403)),
    ("discard", "murals/sketch", (204, 404, 404, 403, 403, 403, 403, 403)),
    ("discard", "murals/panel", (409, 403, 404, 403, 403, 403, 403, 403)),
    ("presence", "", (200, 200, 200, 403, 403, 403, 403, 403)),
    ("me", "", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("workgroups", "", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("list", "", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("description", "", (200, 200, 200, 200, 200, 200, 200, 200)),
]
ROWS = [
    pytest.param(action, path, who, status, id=f"{who} {action} {path}".strip())
    for action, path, statuses in MATRIX
    for who, status in zip(EVERYONE, statuses, strict=True)
]


@pytest.mark.parametrize(("action", "path", "who", "status"), ROWS)
async def test_each_role_gets_what_the_table_says(
    registry: Registry, action: str, path: str, who: str, status: int
) -> None:
    async with registry.client(who) as client:
        response = await ACTIONS[action](client, path)
    assert response.status_code == status, response.text


@pytest.mark.parametrize("action", ACTIONS)
async def test_nothing_is_answered_without_a_token(registry: Registry, action: str) -> None:
    async with registry.client() as client:
        response = await ACTIONS[action](client, "murals/panel")
    assert (response.status_code, response.json()["kind"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        (OWNER, ["murals/panel"]),
        (READER, ["murals/panel"]),
        (FOREIGN, []),
        (MEMBER, ["murals/panel"]),
        (GUEST, []),
        (VIA_GRANT, ["murals/panel"]),
        (STRANGER, []),
    ],
)
async def test_lists_show_versions_of_readable_datasets_and_no_drafts(
    registry: Registry, who: str, paths: list[str]
) -> None:
    async with registry.client(who) as client:
        response = await client.get("/datasets")
    assert [record["path"] for record in response.json()] == paths


async def test_denied_and_missing_look_the_same_but_are_logged_apart(registry: Registry) -> None:
    answers, reasons = [], []
    async with registry.client(FOREIGN) as client:
        for path in ("murals/panel", "murals/nothing"):
            response = await open_(client, path)
            answers.append((response.status_code, response.content))
            reasons.append(registry.last_event())
    assert answers[0] == answers[1]
    assert reasons == [
        ("key.refused", FOREIGN, "murals/panel", "foreign"),
        ("key.refused", FOREIGN, "murals/nothing", "missing"),
    ]


@pytest.mark.parametrize("account", [OWNER, MEMBER])
async def test_what_is_not_there_yet_in_the_own_workgroup_is_no_refusal(
    registry: Registry, account: str
) -> None:
    before = len(registry.events())
    async with registry.client(account) as client:
        answers = [
            await open_(client, "murals/new"),
            await client.get("/datasets/murals/new/versions/1"),
        ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len(registry.events()) == before
