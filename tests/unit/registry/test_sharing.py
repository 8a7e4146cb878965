"""Recipients, epochs and rules of a dataset: what each change does, and who may make it."""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from museion_datasets import envelope
from museion_datasets.model import DatasetPath
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.keyfiles import open_keys
from museion_datasets.recipients.shares import combine, create_recovery
from museion_hub.registry import policies
from museion_hub.registry.epochs import rotate_workgroup_key
from museion_hub.registry.memberships import remove_member
from museion_hub.registry.start import adopt_recovery
from museion_hub.registry.tables import Dataset, DatasetKey
from tests.support.registry import PANEL, SKETCH, Registry, make_head, new_key

OWNER, READER, FOREIGN, LEAD = "wg-murals", "wg-lapidary", "wg-archive", "murals-lead"
EVERYONE = (
    OWNER,
    READER,
    FOREIGN,
    LEAD,
    "murals-member",
    "murals-guest",
    "lapidary-lead",
    "stranger",
)
NOTHING = DatasetPath("murals", "nothing")
POLICY = DatasetPolicy("Museum of Fine Arts", "CC0-1.0")

type Keys = dict[int, bytes]


async def ask(
    registry: Registry, who: str, method: str, route: str, **body: object
) -> httpx.Response:
    path = body.pop("at", PANEL)
    async with registry.client(who) as client:
        return await client.request(method, f"/datasets/{path}{route}", json=body or None)


async def open_panel(
    registry: Registry, who: str, purpose: str | None = None
) -> tuple[httpx.Response, Keys]:
    pair = new_key()
    public = base64.b64encode(pair.public).decode()
    response = await ask(registry, who, "POST", "/open", public_key=public, purpose=purpose)
    if response.status_code != 200:
        return response, {}
    dataset = response.json()["dataset"]["id"]
    return response, {
        item["epoch"]: envelope.open_(
            pair.private,
            base64.b64decode(item["sealed_key"]),
            envelope.vend_info(dataset, item["epoch"]),
        )
        for item in response.json()["keys"]
    }


def panel_of(registry: Registry) -> Dataset:
    with registry.database.reading() as session:
        return session.scalars(select(Dataset).where(Dataset.name == PANEL.name)).one()


def names_of(state: Path) -> set[Path]:
    return set(state.rglob("*"))


def partner_body(public: bytes, **more: object) -> dict[str, Any]:
    return {"public_key": base64.b64encode(public).decode(), "label": "Getty", **more}


async def test_new_epoch_reaches_everybody_who_may_read_and_keeps_the_old_ones(
    registry: Registry,
) -> None:
    before = (await open_panel(registry, OWNER))[1]
    made = await ask(registry, OWNER, "POST", "/epochs")
    assert (made.status_code, made.json()) == (201, {"epoch": 2})
    mine, theirs = [(await open_panel(registry, who))[1] for who in (OWNER, READER)]
    assert mine == theirs
    assert mine.keys() == {1, 2}
    assert mine[1] == before[1] != mine[2]
    assert registry.last_event()[0] == "key.vended"
    assert "dataset.key-rotated" in {event.event for event in registry.events()}


async def test_revoked_workgroup_is_served_nothing_and_has_no_key_to_what_comes(
    registry: Registry,
) -> None:
    _, kept = await open_panel(registry, READER)
    answer = await ask(registry, LEAD, "DELETE", "/recipients/lapidary")
    assert answer.json() == {
        "recipient": "lapidary",
        "epoch": 2,
        "is_grant_removed": True,
        "is_mount_removed": False,
        "is_reencrypted": False,
    }
    assert (await open_panel(registry, READER))[0].status_code == 404
    mine = (await open_panel(registry, OWNER))[1]
    assert mine[2] not in kept.values()
    assert mine[1] == kept[1]  # what was read stays read
    with registry.database.reading() as session:
        recipients = session.scalars(select(DatasetKey.recipient)).all()
    assert "lapidary" not in recipients


async def test_sharing_seals_every_epoch_to_the_new_reader_and_copies_nothing(
    registry: Registry, state: Path
) -> None:
    await ask(registry, OWNER, "POST", "/epochs")
    files = names_of(state)
    shared = await ask(registry, OWNER, "POST", "/recipients", workgroup="archive")
    assert [(each["name"], each["epochs"]) for each in shared.json()] == [
        ("murals", [1, 2]),
        ("archive", [1, 2]),
        ("lapidary", [1, 2]),
    ]
    assert (await open_panel(registry, FOREIGN))[1] == (await open_panel(registry, OWNER))[1]
    assert names_of(state) == files


async def test_draft_that_was_open_during_a_rotation_is_not_committed(registry: Registry) -> None:
    await ask(registry, OWNER, "POST", "/epochs")
    head = make_head(panel_of(registry).id, 1).to_json()
    stale = await ask(registry, OWNER, "POST", "/versions", parent=1, head=head, size_bytes=1)
    assert (stale.status_code, stale.json()["kind"]) == (409, "conflict")
    assert "rotated while the draft was open" in stale.json()["message"]
    fresh = head | {"epoch": 2}
    done = await ask(registry, OWNER, "POST", "/versions", parent=1, head=fresh, size_bytes=1)
    assert done.status_code == 201


async def test_when_a_member_leaves_what_comes_after_has_keys_that_were_never_in_reach(
    registry: Registry,
) -> None:
    kept = (await open_panel(registry, "murals-member"))[1]
    with registry.database.writing() as session:
        remove_member(session, "murals", "murals-member", actor=LEAD)
        assert rotate_workgroup_key(session, registry.custody, "murals", actor=LEAD) == 2
    assert (await open_panel(registry, "murals-member"))[0].status_code == 404
    mine = (await open_panel(registry, OWNER))[1]
    assert mine.keys() == {1, 2}
    assert mine[2] not in kept.values()
    with registry.database.reading() as session:
        sealed = session.scalars(select(DatasetKey).where(DatasetKey.recipient == "murals")).all()
    assert {(key.epoch, key.recipient_epoch) for key in sealed} == {(1, 1), (2, 2)}


async def test_when_a_member_of_a_reader_leaves_the_shared_dataset_gets_a_new_epoch_too(
    registry: Registry,
) -> None:
    with registry.database.writing() as session:
        rotate_workgroup_key(session, registry.custody, "lapidary", actor="lapidary-lead")
    assert (await open_panel(registry, READER))[1].keys() == {1, 2}


async def test_partner_opens_the_files_beside_the_objects_without_the_hub(
    registry: Registry,
) -> None:
    pair, other = new_key(), new_key()
    shared = await ask(registry, OWNER, "POST", "/partners", **partner_body(pair.public))
    assert shared.json()[-1]["kind"] == "partner"
    await ask(registry, OWNER, "POST", "/epochs")
    response, mine = await open_panel(registry, OWNER)
    files = {path: text.encode() for path, text in response.json()["key_files"].items()}
    assert open_keys(files, panel_of(registry).id, pair) == mine
    with pytest.raises(envelope.KeyUnavailableError, match="None of this dataset's keys"):
        open_keys(files, panel_of(registry).id, other)


async def test_revoked_partner_finds_nothing_in_the_newest_files(registry: Registry) -> None:
    pair = new_key()
    shared = await ask(registry, OWNER, "POST", "/partners", **partner_body(pair.public))
    name = shared.json()[-1]["name"]
    await ask(registry, OWNER, "DELETE", f"/recipients/{name}")
    response, _ = await open_panel(registry, OWNER)
    assert name not in "".join(response.json()["key_files"].values())
    again = await ask(registry, OWNER, "DELETE", f"/recipients/{name}")
    assert again.status_code == 404


async def test_reader_learns_neither_recipients_nor_sealed_keys_of_others(
    registry: Registry,
) -> None:
    assert (await ask(registry, READER, "GET", "/recipients")).status_code == 403
    assert (await open_panel(registry, READER))[0].json()["key_files"] == {}


async def test_recovery_key_is_a_recipient_of_old_and_new_datasets_and_epochs(
    registry: Registry, tmp_path: Path
) -> None:
    file, shares = create_recovery("Museum", shares=3, threshold=2)
    path = tmp_path / "recovery.json"
    path.write_bytes(file.encode())
    made = [adopt_recovery(registry.database, registry.custody, str(path), None) for _ in range(2)]
    assert made == [2, 0]
    await ask(registry, OWNER, "POST", "/epochs")
    response, mine = await open_panel(registry, OWNER)
    files = {name: text.encode() for name, text in response.json()["key_files"].items()}
    assert files[file.path] == file.encode()
    pair = file.open(combine(shares[1:]))
    assert open_keys(files, panel_of(registry).id, pair) == mine
    assert len(mine) == 2


async def test_replaced_recovery_key_gets_nothing_new(registry: Registry, tmp_path: Path) -> None:
    names = []
    for number in range(2):
        file, _ = create_recovery(f"Museum {number}", shares=3, threshold=2)
        path = tmp_path / f"{number}.json"
        path.write_bytes(file.encode())
        adopt_recovery(registry.database, registry.custody, str(path), None)
        names.append(f"key:{file.fingerprint}")
    await ask(registry, OWNER, "POST", "/epochs")
    listed = (await ask(registry, OWNER, "GET", "/recipients")).json()
    epochs = {each["name"]: each["epochs"] for each in listed}
    assert (epochs[names[0]], epochs[names[1]]) == ([1], [1, 2])


LIMITED = DatasetPolicy("Museum", "INC", compute_jurisdictions=("EU",), purposes=("research",))
BEFORE = (datetime.now(UTC).date() + timedelta(days=400)).isoformat()
REFUSALS = [
    ({"compute_jurisdictions": ("EU",)}, None, "only in EU, not at workspace, whose country"),
    ({"purposes": ("research",)}, None, "for research; no purpose was named"),
    ({"purposes": ("research",)}, "teaching", "for research; not: 'teaching'"),
    ({"embargo_until": BEFORE}, None, f"under embargo until {BEFORE}"),
]


def set_terms(registry: Registry, **terms: Any) -> None:  # noqa: ANN401 - a policy's fields
    with registry.database.writing() as session:
        dataset = session.scalars(select(Dataset).where(Dataset.name == PANEL.name)).one()
        policy = DatasetPolicy("Museum", "CC0-1.0", **terms)
        place = registry.app.state.service.places.require("local")
        policies.set_policy(session, dataset, policy, place, actor=LEAD)


@pytest.mark.parametrize(
    ("terms", "purpose", "reason"), REFUSALS, ids=lambda value: str(value)[:40]
)
async def test_key_against_the_policy_is_refused_with_the_reason_and_logged(
    registry: Registry, terms: dict[str, Any], purpose: str | None, reason: str
) -> None:
    set_terms(registry, **terms)
    response, _ = await open_panel(registry, READER, purpose)
    assert (response.status_code, response.json()["kind"]) == (403, "refused")
    assert reason in response.json()["message"]
    event = registry.last_event()
    assert event[:3] == ("key.refused", READER, "murals/panel")
    assert reason in str(event[3])


async def test_embargo_lets_the_owner_in_and_ends_by_itself(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_terms(registry, embargo_until="2040-01-01")
    assert (await open_panel(registry, OWNER))[0].status_code == 200
    assert (await open_panel(registry, READER))[0].status_code == 403
    monkeypatch.setattr(policies, "today", lambda: date(2040, 1, 1))
    assert (await open_panel(registry, READER))[0].status_code == 200


async def test_purpose_is_written_down_with_the_key(registry: Registry) -> None:
    set_terms(registry, purposes=("research", "teaching"))
    assert (await open_panel(registry, READER, "teaching"))[0].status_code == 200
    event = registry.events()[-1]
    assert (event.event, event.detail["purpose"]) == ("key.vended", "teaching")


@pytest.mark.parametrize(
    ("terms", "declared", "status"),
    [
        ({"compute_jurisdictions": ("EU",)}, {"jurisdiction": "US"}, 403),
        ({"compute_jurisdictions": ("EU",)}, {}, 403),
        ({"compute_jurisdictions": ("EU",)}, {"jurisdiction": "FR"}, 201),
        ({"purposes": ("research",)}, {}, 403),
        ({"purposes": ("research",)}, {"purpose": "research"}, 201),
        ({"embargo_until": BEFORE}, {}, 403),
        ({}, {"jurisdiction": "Atlantis"}, 403),
    ],
    ids=str,
)
async def test_partner_is_refused_what_could_not_be_refused_later(
    registry: Registry, terms: dict[str, Any], declared: dict[str, str], status: int
) -> None:
    set_terms(registry, **terms)
    body = partner_body(new_key().public, **declared)
    assert (await ask(registry, OWNER, "POST", "/partners", **body)).status_code == status


async def test_policy_that_the_place_breaks_is_refused_and_changes_nothing(
    registry: Registry,
) -> None:
    wanted = DatasetPolicy("Museum", "INC", storage_jurisdictions=("IT",)).to_json()
    response = await ask(registry, LEAD, "PUT", "/policy", **wanted)
    assert (response.status_code, response.json()["kind"]) == (403, "refused")
    kept = await ask(registry, LEAD, "GET", "/policy")
    assert kept.json()["storage_jurisdictions"] == []


async def test_lead_changes_the_policy_and_the_rights_with_it(registry: Registry) -> None:
    wanted = DatasetPolicy("Museum", "CC-BY-4.0", purposes=("teaching",)).to_json()
    response = await ask(registry, LEAD, "PUT", "/policy", **wanted)
    assert (response.status_code, response.json()) == (200, wanted)
    assert panel_of(registry).rights == "CC-BY-4.0"
    event = registry.events()[-1]
    assert (event.event, event.actor) == ("dataset.policy-changed", LEAD)
    assert event.detail["purposes"] == "['teaching']"


async def test_dataset_is_not_placed_where_its_policy_forbids(registry: Registry) -> None:
    policy = DatasetPolicy("Museum", "INC", storage_jurisdictions=("IT",)).to_json()
    wish = {
        "path": "murals/vault",
        "title": "Vault",
        "kind": "cube",
        "rights": "INC",
        "synthetic": False,
        "description": "",
        "policy": policy,
    }
    async with registry.client(OWNER) as client:
        refused = await client.post("/datasets", json=wish)
        unknown = await client.post("/datasets", json=wish | {"place": "moon"})
        contrary = await client.post("/datasets", json=wish | {"rights": "CC0"})
    assert (refused.status_code, refused.json()["kind"]) == (403, "refused")
    assert "only in IT, not at local, whose country nobody declared" in refused.json()["message"]
    assert (unknown.status_code, contrary.status_code) == (422, 422)


type Action = Callable[[Registry, str, DatasetPath], Awaitable[httpx.Response]]
ACTIONS: dict[str, Action] = {
    "list": lambda registry, who, at: ask(registry, who, "GET", "/recipients", at=at),
    "share": lambda registry, who, at: ask(
        registry, who, "POST", "/recipients", workgroup="archive", at=at
    ),
    "partner": lambda registry, who, at: ask(
        registry, who, "POST", "/partners", **partner_body(new_key().public, at=at)
    ),
    "revoke": lambda registry, who, at: ask(registry, who, "DELETE", "/recipients/lapidary", at=at),
    "rotate": lambda registry, who, at: ask(registry, who, "POST", "/epochs", at=at),
    "read policy": lambda registry, who, at: ask(registry, who, "GET", "/policy", at=at),
    "set policy": lambda registry, who, at: ask(
        registry, who, "PUT", "/policy", **POLICY.to_json(), at=at
    ),
}
# What OWNER, READER, FOREIGN, LEAD, member, guest, lead of the reader, stranger get: of a dataset
# with a version, of a draft, and of a path where nothing is.
NOBODY = (404,) * len(EVERYONE)
MATRIX = {
    ("list", PANEL): (200, 403, 404, 200, 403, 404, 403, 404),
    ("share", PANEL): (201, 403, 404, 201, 403, 404, 403, 404),
    ("partner", PANEL): (201, 403, 404, 201, 403, 404, 403, 404),
    ("revoke", PANEL): (200, 403, 404, 200, 403, 404, 403, 404),
    ("rotate", PANEL): (201, 403, 404, 201, 403, 404, 403, 404),
    ("read policy", PANEL): (200, 200, 404, 200, 200, 404, 200, 404),
    ("set policy", PANEL): (403, 403, 404, 200, 403, 404, 403, 404),
    ("list", SKETCH): (200, *NOBODY[1:]),
    ("share", SKETCH): (201, *NOBODY[1:]),
    ("partner", SKETCH): (201, *NOBODY[1:]),
    ("revoke", SKETCH): NOBODY,  # it is shared with nobody
    ("rotate", SKETCH): (201, *NOBODY[1:]),
    ("read policy", SKETCH): (200, *NOBODY[1:]),
    ("set policy", SKETCH): (403, *NOBODY[1:]),
    ("share", NOTHING): NOBODY,
    ("rotate", NOTHING): NOBODY,
}
ROWS = [
    pytest.param(action, path, who, status, id=f"{who} {action} {path}")
    for (action, path), statuses in MATRIX.items()
    for who, status in zip(EVERYONE, statuses, strict=True)
]


@pytest.mark.parametrize(("action", "path", "who", "status"), ROWS)
async def test_each_role_gets_what_the_table_says(
    registry: Registry, action: str, path: DatasetPath, who: str, status: int
) -> None:
    response = await ACTIONS[action](registry, who, path)
    assert response.status_code == status, response.text
    if status >= 400:
        assert registry.last_event()[:2] == ("access.refused", who)


@pytest.mark.parametrize("action", ACTIONS)
async def test_nothing_is_answered_without_a_token(registry: Registry, action: str) -> None:
    response = await ACTIONS[action](registry, "", PANEL)
    assert response.status_code == 401


async def test_former_reader_can_do_nothing_any_more(registry: Registry) -> None:
    await ask(registry, OWNER, "DELETE", "/recipients/lapidary")
    for name, action in ACTIONS.items():
        assert (await action(registry, READER, PANEL)).status_code == 404, name
