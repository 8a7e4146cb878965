"""Who may release what, and what the registry refuses to sign."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Signers, Standing, judge
from museion_datasets.evidence.records import decode_json
from museion_datasets.evidence.signing import KeyUse, decode_key_file
from museion_datasets.evidence.statement import Listed, Outline, Previous, Release
from museion_datasets.log.keys import Verifier
from museion_datasets.log.logged import LogProof, require_logged
from museion_datasets.model import timestamp
from museion_hub.custody.errors import SealedKeyError
from museion_hub.custody.signers import INSTITUTION
from museion_hub.registry.tables import SignerKey
from tests.support.registry import Registry

OWNER, READER, FOREIGN = "wg-murals", "wg-lapidary", "wg-archive"
EVERYONE = (
    OWNER,
    READER,
    FOREIGN,
    "murals-lead",
    "murals-member",
    "murals-guest",
    "lapidary-lead",
    "stranger",
)
BASE = "/datasets/murals/panel"
type Answer = Callable[[], Awaitable[httpx.Response]]
LISTED = Listed("a" * 64, "b" * 64, 5, 1000)


async def outline_for(client: httpx.AsyncClient) -> Outline:
    answer = await client.get(f"{BASE}/versions/1/outline")
    assert answer.status_code == 200, answer.text
    return Outline.from_json(answer.json())


def release_of(outline: Outline, **changes: Any) -> Release:  # noqa: ANN401 - any field
    made = Release(outline, LISTED, "As it is", {"inputs": []}, timestamp(datetime.now(UTC)))
    return replace(made, **changes)


async def send(client: httpx.AsyncClient, release: Release) -> httpx.Response:
    body = {"statement": release.to_statement().decode()}
    return await client.post(f"{BASE}/releases", json=body)


async def make(client: httpx.AsyncClient) -> dict[str, bytes]:
    answer = await send(client, release_of(await outline_for(client)))
    assert answer.status_code == 201, answer.text
    return {name: base64.b64decode(text) for name, text in answer.json().items()}


MATRIX = [
    ("outline", (200, 403, 404, 200, 200, 404, 403, 404)),
    ("release", (201, 403, 404, 422, 422, 404, 403, 404)),
    ("list", (200, 200, 404, 200, 200, 404, 200, 404)),
    ("newest", (404, 404, 404, 404, 404, 404, 404, 404)),
    ("institution", (200, 200, 200, 200, 200, 200, 200, 200)),
]
ROWS = [
    pytest.param(action, who, status, id=f"{who} {action}")
    for action, statuses in MATRIX
    for who, status in zip(EVERYONE, statuses, strict=True)
]


@pytest.mark.parametrize(("action", "who", "status"), ROWS)
async def test_each_role_gets_what_the_table_says(
    registry: Registry, action: str, who: str, status: int
) -> None:
    """A person who sends the workgroup's statement is told that the author is another."""
    async with registry.client(OWNER) as owner:
        statement = release_of(await outline_for(owner)).to_statement().decode()
    async with registry.client(who) as client:
        answers: dict[str, Answer] = {
            "outline": lambda: client.get(f"{BASE}/versions/1/outline"),
            "release": lambda: client.post(f"{BASE}/releases", json={"statement": statement}),
            "list": lambda: client.get(f"{BASE}/releases"),
            "newest": lambda: client.get(f"{BASE}/releases/newest"),
            "institution": lambda: client.get("/institution"),
        }
        assert (await answers[action]()).status_code == status


@pytest.mark.parametrize("who", [OWNER, "murals-lead", "murals-member"])
async def test_whoever_releases_signs_with_a_key_of_their_own(registry: Registry, who: str) -> None:
    async with registry.client(who) as client:
        files = await make(client)
        kept = decode_key_file((await client.get("/institution")).json()["key_file"])
    signers = Signers.from_json(decode_json(files["signers"], "keys"))
    envelope = dsse.open_envelope(files["envelope"], dsse.STATEMENT_TYPE)
    release = Release.from_statement(dsse.verify(envelope, signers.signer))
    judgement = judge(signers, kept)
    assert release.outline.author == who
    assert judgement.standing is Standing.TRUSTED
    assert judgement.certificate is not None
    assert judgement.certificate.principal == who
    assert kept[0].use is KeyUse.INSTITUTION


async def test_release_is_logged_and_the_answer_proves_it(registry: Registry) -> None:
    async with registry.client(OWNER) as client:
        files = await make(client)
    certificate = judge(Signers.from_json(decode_json(files["signers"], "keys")), []).certificate
    assert certificate is not None
    proof = LogProof.from_json(decode_json(files["log"], "proof"))
    require_logged(proof, [Verifier.parse(key) for key in certificate.log_keys])
    digest = dsse.open_envelope(files["envelope"], dsse.STATEMENT_TYPE).digest
    (event,) = [one for one in registry.events() if one.event == "version.released"]
    assert (event.actor, event.subject, event.detail["digest"]) == (OWNER, "murals/panel", digest)
    assert proof.event is not None
    assert proof.event["detail"] == event.detail


async def test_second_release_names_the_first(registry: Registry) -> None:
    async with registry.client(OWNER) as client:
        first = await make(client)
        outline = await outline_for(client)
        digest = dsse.open_envelope(first["envelope"], dsse.STATEMENT_TYPE).digest
        assert outline.previous == Previous(1, digest)
        await make(client)
        listed = (await client.get(f"{BASE}/releases")).json()
        newest = (await client.get(f"{BASE}/releases/newest")).json()
        assert newest == (await client.get(f"{BASE}/releases/2")).json()
    assert [(one["release"], one["version"]) for one in listed] == [(2, 1), (1, 1)]
    assert listed[1]["digest"] == digest


async def test_two_authors_with_one_outline_make_one_release(registry: Registry) -> None:
    async with registry.client(OWNER) as client:
        outline = await outline_for(client)
        assert (await send(client, release_of(outline))).status_code == 201
        refused = await send(client, release_of(outline, message="Me too"))
    assert refused.status_code == 409
    assert "release, previous" in refused.json()["message"]


FORGED: dict[str, tuple[dict[str, Any], int]] = {
    "another author": ({"author": "murals-lead"}, 422),
    "another institution": ({"institution": "Louvre"}, 422),
    "another dataset": ({"dataset": "f" * 32}, 422),
    "another path": ({"path": "archive/panel"}, 422),
    "another manifest root": ({"manifest_root": "f" * 64}, 422),
    "another version": ({"version": 9}, 404),
    "another parent": ({"version": 2, "parent": 1}, 404),
    "another title": ({"title": "Mine"}, 409),
    "another epoch": ({"epoch": 2}, 409),
    "another history": ({"release": 2, "previous": Previous(1, "0" * 64)}, 409),
}


@pytest.mark.parametrize(("change", "status"), FORGED.values(), ids=FORGED)
async def test_member_who_forges_a_statement_gets_no_signature(
    registry: Registry, change: dict[str, Any], status: int
) -> None:
    """A member's kernel has the workgroup's token and sends what it likes."""
    async with registry.client(OWNER) as client:
        outline = await outline_for(client)
        refused = await send(client, release_of(replace(outline, **change)))
    assert refused.status_code == status
    assert not [one for one in registry.events() if one.event == "version.released"]


async def test_policy_owner_and_recipients_are_the_registrys_word(registry: Registry) -> None:
    async with registry.client(OWNER) as client:
        outline = await outline_for(client)
        assert outline.recipients.workgroups == ("lapidary", "murals")
        for changed in (
            replace(outline, policy=replace(outline.policy, rights="CC-BY-4.0")),
            replace(outline, recipients=replace(outline.recipients, workgroups=("murals",))),
            replace(outline, stored_at=replace(outline.stored_at, jurisdiction="XX")),
        ):
            assert (await send(client, release_of(changed))).status_code == 409


async def test_list_that_cannot_be_the_versions_is_refused(registry: Registry) -> None:
    async with registry.client(OWNER) as client:
        outline = await outline_for(client)
        for listed in (replace(LISTED, size_bytes=999), replace(LISTED, objects=3)):
            refused = await send(client, release_of(outline, listed=listed))
            assert refused.status_code == 422
            assert "by number or size" in refused.json()["message"]


@pytest.mark.parametrize("minutes", [-11, 11])
async def test_clock_that_is_wrong_is_said(registry: Registry, minutes: int) -> None:
    moment = timestamp(datetime.now(UTC) + timedelta(minutes=minutes))
    async with registry.client(OWNER) as client:
        refused = await send(client, release_of(await outline_for(client), created=moment))
    assert refused.status_code == 422
    assert "another time" in refused.json()["message"]


@pytest.mark.parametrize(
    "body", [{}, {"statement": 1}, {"statement": "{}"}, {"statement": "x\ud800"}]
)
async def test_what_is_no_statement_is_refused_in_one_sentence(
    registry: Registry, body: dict[str, object]
) -> None:
    async with registry.client(OWNER) as client:
        refused = await client.post(f"{BASE}/releases", content=json.dumps(body).encode())
    assert refused.status_code == 422
    assert refused.json()["hint"]


def test_signing_key_that_was_moved_to_another_account_does_not_open(registry: Registry) -> None:
    custody = registry.custody
    mine, theirs = custody.make_signer_key("wg-murals"), custody.make_signer_key("murals-lead")
    for moved in (replace(mine, owner="murals-lead"), replace(mine, sealed=theirs.sealed)):
        with pytest.raises(SealedKeyError):
            custody.sign_statement(moved, b"{}")


def test_institution_signs_no_statement_and_an_account_vouches_for_nobody(
    registry: Registry,
) -> None:
    custody = registry.custody
    institution, account = custody.make_signer_key(INSTITUTION), custody.make_signer_key(OWNER)
    with pytest.raises(SealedKeyError, match="signs no statements"):
        custody.sign_statement(institution, b"{}")
    with pytest.raises(SealedKeyError, match="vouches for nobody"):
        custody.sign_certificate(account, None)  # type: ignore[arg-type]  # never looked at


async def test_keys_are_made_once_and_shown_nowhere(registry: Registry) -> None:
    async with registry.client(OWNER) as client:
        first, second = await make(client), await make(client)
    assert first["signers"] == second["signers"]
    with registry.database.reading() as session:
        row = session.get(SignerKey, OWNER)
        assert row is not None
        assert row.sealed not in b"".join((*first.values(), *second.values()))
    certified = [one for one in registry.events() if one.event == "signer.certified"]
    assert [one.subject for one in certified] == [OWNER]


async def test_new_name_of_the_institution_makes_a_new_certificate(registry: Registry) -> None:
    async with registry.client(OWNER) as client:
        await make(client)
        service = registry.app.state.service
        registry.app.state.service = replace(service, institution="Museum of Murals")
        files = await make(client)
    certificate = judge(Signers.from_json(decode_json(files["signers"], "keys")), []).certificate
    assert certificate is not None
    assert certificate.institution == "Museum of Murals"
