"""Frozen keys of version 1: what was sealed once opens for ever, and damaged it never does.

The vectors were written by the version that introduced the format; they are never made anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion_datasets import envelope
from museion_datasets.errors import DatasetsError, IntegrityError, KeyUnavailableError
from museion_datasets.recipients.keyfiles import KeyFile, open_keys
from museion_datasets.recipients.recipient import (
    decode_private_key,
    decode_public_key,
    encode_private_key,
    encode_public_key,
    fingerprint,
)
from museion_datasets.recipients.recovery import RecoveryFile
from museion_datasets.recipients.shares import Share, combine
from museion_hub.custody import CustodyError, open_root_key
from museion_hub.custody.guards import Guard, PassphraseGuard

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("keys_1.json").read_text())
DATASET: str = VECTORS["dataset"]
KEYS = {int(epoch): bytes.fromhex(key) for epoch, key in VECTORS["keys"].items()}
FILES = {each["path"]: each["content"].encode() for each in VECTORS["key_files"]}
RECOVERY: dict[str, Any] = VECTORS["recovery"]
PARTNER: dict[str, str] = VECTORS["partner"]
ROOT: dict[str, str] = VECTORS["root_key"]


def test_partners_texts_are_read_and_written_the_same() -> None:
    pair = decode_private_key(PARTNER["private"])
    assert decode_public_key(PARTNER["public"]) == pair.public
    assert fingerprint(pair.public) == PARTNER["fingerprint"]
    written = (encode_private_key(pair), encode_public_key(pair.public))
    assert written == (PARTNER["private"], PARTNER["public"])


def test_partner_and_recovery_open_the_same_keys() -> None:
    recovery = RecoveryFile.decode(RECOVERY["file"].encode())
    shares = [Share.decode(text) for text in RECOVERY["shares"]]
    kek = combine(shares[2:])
    assert (kek.hex(), recovery.path) == (RECOVERY["kek"], RECOVERY["path"])
    pair = recovery.open(kek)
    assert pair.private.hex() == RECOVERY["private"]
    assert open_keys(FILES, DATASET, pair) == KEYS
    assert open_keys(FILES, DATASET, decode_private_key(PARTNER["private"])) == KEYS


def test_files_and_shares_are_written_as_they_were() -> None:
    assert [KeyFile.decode(data).encode() for data in FILES.values()] == list(FILES.values())
    assert RecoveryFile.decode(RECOVERY["file"].encode()).encode().decode() == RECOVERY["file"]
    assert [Share.decode(text).encode() for text in RECOVERY["shares"]] == RECOVERY["shares"]


def test_contexts_are_lists_of_texts_with_their_lengths() -> None:
    for each in VECTORS["contexts"]:
        texts = [text.encode() for text in each["texts"]]
        assert b"".join(len(t).to_bytes(4) + t for t in texts).hex() == each["info"]
    assert envelope.wrap_info(DATASET, 1, "lapidary").hex() == VECTORS["contexts"][0]["info"]


@pytest.mark.parametrize(
    ("form", "guard"),
    [("plain", None), ("sealed", PassphraseGuard(ROOT["passphrase"]))],
    ids=["plain", "passphrase"],
)
def test_root_keys_of_both_forms_are_read(tmp_path: Path, form: str, guard: Guard | None) -> None:
    path = tmp_path / "root-key"
    path.write_text(ROOT[form])
    path.chmod(0o600)
    assert open_root_key(path, may_create=False, guard=guard).hex() == ROOT["key"]
    for place in range(0, len(ROOT[form]), 7):
        spoiled = bytearray(ROOT[form].encode())
        spoiled[place] ^= 1
        path.write_bytes(spoiled)
        with pytest.raises(CustodyError):
            open_root_key(path, may_create=False, guard=guard)


@pytest.mark.parametrize("place", range(5, 1100, 97))
def test_key_file_with_one_altered_letter_gives_no_key(place: int) -> None:
    pair = decode_private_key(PARTNER["private"])
    text = FILES["keys/1.json"]
    start = text.index(PARTNER["fingerprint"].encode()) + len(PARTNER["fingerprint"]) + 4
    at = start + place
    spoiled = text[:at] + (b"A" if text[at : at + 1] != b"A" else b"B") + text[at + 1 :]
    with pytest.raises((KeyUnavailableError, IntegrityError)):
        open_keys({"keys/1.json": spoiled}, DATASET, pair)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_anything_else_is_refused_by_a_typed_error(data: bytes) -> None:
    for decode in (KeyFile.decode, RecoveryFile.decode):
        with pytest.raises(DatasetsError):
            decode(data)
    text = data.decode(errors="replace")
    for read in (Share.decode, decode_public_key, decode_private_key):
        with pytest.raises(DatasetsError):
            read(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.sampled_from(["key_file", "recovery"]), st.data())
def test_files_with_one_member_of_another_kind_are_refused(which: str, data: st.DataObject) -> None:
    text = FILES["keys/1.json"] if which == "key_file" else RECOVERY["file"].encode()
    content = json.loads(text)
    name = data.draw(st.sampled_from(sorted(set(content) - {"dataset", "label"})))
    content[name] = data.draw(JSON.filter(lambda value: value != content[name]))
    decode = KeyFile.decode if which == "key_file" else RecoveryFile.decode
    try:
        decode(json.dumps(content).encode())
    except DatasetsError:
        return
    assert name in {"epoch", "keys", "sealed_private", "threshold", "shares", "public"}
