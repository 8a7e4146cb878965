"""Stories of attackers, each with what they get and what is written down."""

import asyncio
import base64
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_hub.registry.errors import InvalidNameError
from museion_hub.registry.memberships import remove_member
from museion_hub.registry.people import create_person
from museion_hub.registry.tables import Dataset, Person, WorkgroupKey
from tests.support.registry import ACCESS, PANEL, Registry, make_head, new_key


async def open_panel(client: httpx.AsyncClient, pair: envelope.KeyPair) -> httpx.Response:
    public = base64.b64encode(pair.public).decode()
    return await client.post(f"/datasets/{PANEL}/open", json={"public_key": public})


def panel_id(registry: Registry) -> str:
    with registry.database.reading() as session:
        return session.scalars(select(Dataset.id).where(Dataset.name == PANEL.name)).one()


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


async def commit_on(client: httpx.AsyncClient, dataset: str, parent: int) -> httpx.Response:
    body = {"parent": parent, "head": make_head(dataset, parent).to_json(), "size_bytes": 2000}
    return await client.post(f"/datasets/{PANEL}/versions", json=body)


async def test_owner_and_reader_get_the_same_key_and_each_vend_is_logged(
    registry: Registry,
) -> None:
    keys = []
    for account in ("wg-murals", "wg-lapidary", "lapidary-lead"):
        pair = new_key()
        async with registry.client(account) as client:
            answer = (await open_panel(client, pair)).json()
        info = envelope.vend_info(answer["dataset"]["id"], answer["epoch"])
        keys.append(
            envelope.open_(pair.private, base64.b64decode(answer["keys"][0]["sealed_key"]), info)
        )
        assert registry.last_event()[:3] == ("key.vended", account, "murals/panel")
        assert answer["location"] == f"murals/{answer['dataset']['id']}"
    assert len(set(keys)) == 1
    assert len(keys[0]) == envelope.KEY_BYTES


async def test_eavesdropper_cannot_open_a_vended_key(registry: Registry) -> None:
    async with registry.client("wg-murals") as client:
        answer = (await open_panel(client, new_key())).json()
    info = envelope.vend_info(answer["dataset"]["id"], answer["epoch"])
    with pytest.raises(KeyUnavailableError):
        envelope.open_(new_key().private, base64.b64decode(answer["keys"][0]["sealed_key"]), info)


async def test_replayed_commit_is_refused_and_changes_nothing(registry: Registry) -> None:
    dataset = panel_id(registry)
    async with registry.client("wg-murals") as client:
        first = await commit_on(client, dataset, 1)
        replayed = await commit_on(client, dataset, 1)
        listed = (await client.get("/datasets")).json()
    assert (first.status_code, replayed.status_code) == (201, 409)
    assert replayed.json()["kind"] == "conflict"
    assert listed[0]["version"] == 2


async def test_of_racing_commits_exactly_one_wins(registry: Registry) -> None:
    dataset = panel_id(registry)
    async with registry.client("wg-murals") as client:
        responses = await asyncio.gather(*(commit_on(client, dataset, 1) for _ in range(6)))
    statuses = sorted(response.status_code for response in responses)
    assert statuses == [201, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "f" * 32},
        {"epoch": 2},
        {"parent_root": "e" * 64},
        {"version": 9},
        {"author": "lapidary-lead"},
    ],
    ids=str,
)
async def test_head_that_does_not_fit_is_refused(
    registry: Registry, changes: dict[str, object]
) -> None:
    head = make_head(panel_id(registry), 1).to_json() | changes
    async with registry.client("wg-murals") as client:
        body = {"parent": 1, "head": head, "size_bytes": 1}
        response = await client.post(f"/datasets/{PANEL}/versions", json=body)
    assert (response.status_code, response.json()["kind"]) == (422, "invalid")


@pytest.mark.parametrize("token", ["forged", "a\tb", "x" * 5000, "\x7f"])
async def test_forged_token_is_refused(registry: Registry, token: str) -> None:
    async with registry.client(token=token) as client:
        assert (await client.get("/me")).status_code == 401


async def test_token_of_a_visitor_does_not_count(registry: Registry) -> None:
    # What lapidary's server gets when the lead of murals visits it: identity, no registry.
    scopes = ("access:servers!server=wg-lapidary/", "read:users:name!user=murals-lead")
    token = registry.hub.token_of("murals-lead", scopes=scopes)
    async with registry.client(token=token) as client:
        response = await open_panel(client, new_key())
    assert response.status_code == 401
    assert "not meant for the registry" in response.json()["message"]


async def test_token_of_a_service_does_not_count(registry: Registry) -> None:
    token = registry.hub.token_of("wg-murals", kind="service", scopes=(ACCESS,))
    async with registry.client(token=token) as client:
        assert (await client.get("/me")).status_code == 401


@pytest.mark.parametrize("account", ["wg-nobody", "wg-", "wg-Murals", "wg-murals--lead", "ws-x"])
async def test_account_named_like_a_missing_workgroup_is_nobody(
    registry: Registry, account: str
) -> None:
    async with registry.client(account) as client:
        assert (await client.get("/me")).status_code == 401


def test_person_cannot_be_named_like_a_workgroup(registry: Registry) -> None:
    with registry.database.writing() as session, pytest.raises(InvalidNameError):
        create_person(session, "wg-murals", display_name="Mallory", actor="test")


def test_database_itself_refuses_a_person_named_like_a_workgroup(registry: Registry) -> None:
    row = {"username": "wg-murals", "display_name": "Mallory", "color": "#000000"}
    times = {"created": registry.events()[0].time}
    with pytest.raises(IntegrityError), registry.database.writing() as session:
        session.execute(insert(Person).values(**row, **times))


async def test_removed_member_cannot_open_with_a_token_still_cached(registry: Registry) -> None:
    async with registry.client("murals-member") as client:
        assert (await open_panel(client, new_key())).status_code == 200
        with registry.database.writing() as session:
            remove_member(session, "murals", "murals-member", actor="murals-lead")
        assert (await open_panel(client, new_key())).status_code == 404
    assert registry.last_event() == ("key.refused", "murals-member", "murals/panel", "foreign")


async def test_revoked_token_works_for_ten_seconds_at_most(registry: Registry) -> None:
    async with registry.client("wg-murals") as client:
        assert (await client.get("/me")).status_code == 200
        registry.hub.tokens.clear()
        registry.now_s[0] += 10.0
        assert (await client.get("/me")).status_code == 401


async def test_sealed_key_moved_to_another_row_does_not_open(registry: Registry) -> None:
    # Somebody who can write the database gives archive's row the key sealed for murals.
    with registry.database.writing() as session:
        stolen = session.scalars(select(WorkgroupKey).where(WorkgroupKey.workgroup == "murals"))
        row = session.get_one(WorkgroupKey, ("lapidary", 1))
        row.sealed_private = stolen.one().sealed_private
    async with registry.client("wg-lapidary") as client:
        response = await open_panel(client, new_key())
    assert (response.status_code, response.json()["kind"]) == (500, "internal")


async def test_no_key_stands_in_the_files_unsealed(registry: Registry, state: Path) -> None:
    pair = new_key()
    async with registry.client("wg-murals") as client:
        answer = (await open_panel(client, pair)).json()
    info = envelope.vend_info(answer["dataset"]["id"], 1)
    key = envelope.open_(pair.private, base64.b64decode(answer["keys"][0]["sealed_key"]), info)
    files = contents(state)
    assert len(files) >= 3  # database, its write-ahead log, root key
    for form in (key, key.hex().encode(), base64.b64encode(key)):
        assert not any(form in content for content in files)
