"""A log written in format 1 stays what it was, and corrupt copies stay refused."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from museion_datasets import log
from museion_datasets.errors import DatasetsError
from museion_datasets.log.cosignature import Cosignature
from museion_datasets.log.tiles import Tile, split_bundle
from museion_datasets.log.tree import TreeHead

FROZEN: dict[str, Any] = json.loads((Path(__file__).parent / "format-1.json").read_text())
VERIFIERS = [log.Verifier.parse(key) for key in FROZEN["keys"]]
ROOTS = [base64.b64decode(root) for root in FROZEN["roots"]]


def hashes(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


def outcome_of(open_: Any, *given: object) -> str:  # noqa: ANN401 - one of two calls
    try:
        open_(*given)
    except DatasetsError as error:
        return error.kind.value
    return "ok"


def require(content: object) -> None:
    log.require_logged(log.LogProof.from_json(content), VERIFIERS)


def test_entries_and_leaves_are_made_as_before() -> None:
    entries, leaves = hashes(FROZEN["entries"]), hashes(FROZEN["leaves"])
    pairs = zip(FROZEN["events"], hashes(FROZEN["salts"]), strict=True)
    for (event, salt), entry, leaf in zip(pairs, entries, leaves, strict=True):
        assert (log.entry_of(event, salt), log.event_leaf(event, salt)) == (entry, leaf)
    bundle = base64.b64decode(FROZEN["bundle"])
    assert split_bundle(Tile(None, 0, len(entries)), bundle) == entries


@pytest.mark.parametrize("case", FROZEN["proofs"], ids=lambda case: case["name"])
def test_proof_has_the_outcome_it_had(case: dict[str, Any]) -> None:
    assert outcome_of(require, case["log"]) == case["outcome"]


@pytest.mark.parametrize("case", FROZEN["checkpoints"], ids=lambda case: case["name"])
def test_checkpoint_has_the_outcome_it_had(case: dict[str, str]) -> None:
    assert outcome_of(log.open_checkpoint, case["text"], VERIFIERS) == case["outcome"]


def test_witness_is_found_where_it_signed() -> None:
    (text,) = [c["text"] for c in FROZEN["checkpoints"] if c["name"] == "with a witness"]
    signed = log.open_checkpoint(text, VERIFIERS)
    witness = log.Verifier.parse(FROZEN["witness"])
    expected = Cosignature("witness.example/w1", (signed.time_s or 0) + 60)
    assert log.find_cosignatures(signed, [witness]) == [expected]


def test_every_pair_of_sizes_is_proved_consistent_as_before() -> None:
    for case in FROZEN["consistency"]:
        old, new = (TreeHead(case[name], ROOTS[case[name]]) for name in ("old", "new"))
        log.verify_consistency(old, new, hashes(case["proof"]))
