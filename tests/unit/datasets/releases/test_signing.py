"""Two signatures that both have to hold, and keys that people can keep."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from museion_datasets.errors import InvalidError, SignatureError
from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Certificate, Signers, Standing, judge
from museion_datasets.evidence.signing import (
    KeyUse,
    PublicKey,
    SigningKey,
    TrustedKey,
    decode_key_file,
    encode_key_file,
    generate_signing_key,
)
from tests.support.releases import ATTACKER, COLLEAGUE, keep

KEY, INSTITUTION = COLLEAGUE, generate_signing_key()
PAYLOAD = b'{"what": "a panel"}'
type Change = Callable[[dict[str, Any]], object]


def envelope(key: SigningKey = KEY, kind: str = dsse.STATEMENT_TYPE) -> dict[str, Any]:
    signed: dict[str, Any] = json.loads(dsse.sign(PAYLOAD, kind, key))
    return signed


def check(data: dict[str, Any], key: PublicKey = KEY.public) -> bytes:
    opened = dsse.open_envelope(json.dumps(data).encode(), dsse.STATEMENT_TYPE)
    return dsse.verify(opened, key)


def test_signed_payload_comes_back_under_the_right_key_only() -> None:
    assert check(envelope()) == PAYLOAD
    with pytest.raises(SignatureError, match="another key"):
        check(envelope(), ATTACKER.public)


def swap(data: dict[str, Any]) -> None:
    first, second = data["signatures"]
    first["sig"], second["sig"] = second["sig"], first["sig"]


def mix(data: dict[str, Any]) -> None:
    """Put the attacker's own second signature in place, under the name of the signer."""
    data["signatures"][1]["sig"] = envelope(ATTACKER)["signatures"][1]["sig"]


def flip(number: int) -> Change:
    def change(data: dict[str, Any]) -> None:
        text = data["signatures"][number]["sig"]
        data["signatures"][number]["sig"] = ("A" if text[0] != "A" else "B") + text[1:]

    return change


def rename(number: int, algorithm: str) -> Change:
    def change(data: dict[str, Any]) -> None:
        data["signatures"][number]["keyid"] = f"{KEY.public.id}/{algorithm}"

    return change


CHANGES: dict[str, Change] = {
    "stripped of the post-quantum signature": lambda d: d["signatures"].pop(1),
    "stripped of the classical signature": lambda d: d["signatures"].pop(0),
    "stripped of both": lambda d: d["signatures"].clear(),
    "the same signature twice": lambda d: d["signatures"].__setitem__(1, d["signatures"][0]),
    "a third signature": lambda d: d["signatures"].append(d["signatures"][0]),
    "signatures swapped": swap,
    "one of two by somebody else": mix,
    "classical signature altered": flip(0),
    "post-quantum signature altered": flip(1),
    "downgraded to a smaller parameter set": rename(1, "ml-dsa-44"),
    "an algorithm that nobody knows": rename(0, "rot13"),
    "no algorithm": rename(0, ""),
    "keys of two signers": lambda d: d["signatures"][0].update(keyid="0" * 64 + "/ed25519"),
    "payload altered": lambda d: d.update(payload="e30="),
    "another kind of document": lambda d: d.update(payloadType=dsse.SIGNER_TYPE),
    "a member more": lambda d: d.update(more=1),
    "a signature with a member more": lambda d: d["signatures"][0].update(cert=""),
    "signature in the other alphabet": lambda d: d["signatures"][0].update(sig="_-_-"),
    "signatures as an object": lambda d: d.update(signatures={}),
    "payload as a number": lambda d: d.update(payload=1),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_envelope_with_anything_but_both_signatures_is_refused(change: Change) -> None:
    data = envelope()
    change(data)
    with pytest.raises(SignatureError) as refused:
        check(data)
    assert refused.value.hint


def test_order_of_the_signatures_does_not_matter() -> None:
    data = envelope()
    data["signatures"].reverse()
    assert check(data) == PAYLOAD


def test_signature_of_one_kind_of_document_is_none_of_another() -> None:
    data = envelope(kind=dsse.SIGNER_TYPE) | {"payloadType": dsse.STATEMENT_TYPE}
    with pytest.raises(SignatureError, match="does not hold"):
        check(data)


def test_private_key_is_never_shown() -> None:
    assert "seeds" not in repr(KEY)
    assert KEY.seeds.hex()[:8] not in repr(KEY)


def test_key_id_and_fingerprint_depend_on_both_halves() -> None:
    raw = KEY.public.raw
    for at in (0, 31, 32, len(raw) - 1):
        changed = bytearray(raw)
        changed[at] ^= 1
        other = PublicKey(bytes(changed))
        assert (other.id, other.fingerprint) != (KEY.public.id, KEY.public.fingerprint)
    groups = KEY.public.fingerprint.split(" ")
    assert [len(group) for group in groups] == [5] * 9


def test_key_file_survives_mail_and_comments() -> None:
    text = encode_key_file(keep(KEY, KeyUse.INSTITUTION, "Museum of Murals — Ökonomie"))
    mailed = "# from Anna\r\n\r\n" + text.replace("\n", "  \r\n") + encode_key_file(keep(ATTACKER))
    first, second = decode_key_file(mailed)
    assert first == TrustedKey(KeyUse.INSTITUTION, "Museum of Murals — Ökonomie", KEY.public)
    assert second.key == ATTACKER.public


def spoil(text: str) -> list[str]:
    lines = text.split("\n")
    return [
        "",
        "hello",
        text.replace("key 1", "key 2"),
        text.replace("signer", "emperor"),
        text.replace("name somebody", "name "),
        text.replace("id ", "id 0"),
        "\n".join([*lines[:3], *lines[4:]]),
        "\n".join([*lines[:4], "!!!!", *lines[4:]]),
        text.replace(lines[5], lines[6]),
        "before " + text,
        text + "x" * (1 << 20),
    ]


@pytest.mark.parametrize("text", spoil(encode_key_file(keep(KEY))), ids=range(11))
def test_damaged_key_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="key"):
        decode_key_file(text)


@pytest.mark.parametrize("name", ["", " x", "two\nlines", "x" * 201, "\u202etxt"], ids=ascii)
def test_key_is_not_kept_under_a_name_that_deceives(name: str) -> None:
    with pytest.raises(InvalidError):
        encode_key_file(keep(KEY, name=name))


def certified(key: PublicKey = KEY.public, by: SigningKey = INSTITUTION) -> Signers:
    certificate = Certificate("wg-murals", "Museum", key, "2026-11-22T10:00:00Z")
    return Signers(KEY.public, certificate.sign(by), INSTITUTION.public)


STANDINGS = [
    ("the institution's key", keep(INSTITUTION, KeyUse.INSTITUTION), Standing.TRUSTED),
    ("the signer's own key", keep(KEY, KeyUse.SIGNER), Standing.TRUSTED),
    ("nothing", None, Standing.UNKNOWN),
    ("another institution", keep(ATTACKER, KeyUse.INSTITUTION), Standing.UNKNOWN),
    ("the institution's key as a signer's", keep(INSTITUTION), Standing.UNKNOWN),
    ("the signer's key as an institution's", keep(KEY, KeyUse.INSTITUTION), Standing.UNKNOWN),
]


@pytest.mark.parametrize(
    ("kept", "standing"), [row[1:] for row in STANDINGS], ids=[row[0] for row in STANDINGS]
)
def test_signer_is_trusted_as_far_as_the_kept_key_goes(
    kept: TrustedKey | None, standing: Standing
) -> None:
    judgement = judge(certified(), [kept] if kept else [])
    assert judgement.standing is standing
    assert judgement.certificate is not None
    assert judgement.certificate.principal == "wg-murals"


def test_certificate_by_another_key_than_the_one_beside_it_is_refused() -> None:
    with pytest.raises(SignatureError):
        judge(certified(by=ATTACKER), [keep(INSTITUTION, KeyUse.INSTITUTION)])


def test_certificate_for_another_key_is_refused() -> None:
    with pytest.raises(SignatureError, match="another key than the signer's"):
        judge(certified(ATTACKER.public), [keep(INSTITUTION, KeyUse.INSTITUTION)])


def test_statement_does_not_pass_for_a_certificate() -> None:
    statement = dsse.sign(PAYLOAD, dsse.STATEMENT_TYPE, INSTITUTION)
    with pytest.raises(SignatureError, match="another kind"):
        judge(Signers(KEY.public, statement, INSTITUTION.public), [])


def test_keys_beside_a_release_read_back_and_nothing_else_does() -> None:
    signers = certified()
    data = signers.to_json()
    assert Signers.from_json(data) == signers
    for wrong in ({}, [], data | {"more": 1}, data | {"institution": None}, data | {"signer": "A"}):
        with pytest.raises(SignatureError):
            Signers.from_json(wrong)
