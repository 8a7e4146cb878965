"""Releases written by format 1: what a verifier answered then, it answers today.

The folder ``releases`` was written once by `tests.support.release_vectors`. A second verifier can
be held against ``cases.json`` too: each case names the files that differ from ``good``, what is
known beforehand, and the outcome.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from museion_datasets.errors import DatasetsError
from museion_datasets.evidence.signing import decode_key_file
from museion_datasets.release.verify import Expected, verify_directory
from tests.support.release_vectors import applied

FROZEN = Path(__file__).parent / "releases"
CASES: list[dict[str, Any]] = json.loads((FROZEN / "cases.json").read_text())


def outcome(copy: Path, options: dict[str, Any]) -> dict[str, str]:
    keys = decode_key_file((FROZEN / "institution.pub").read_text())
    known = {name: value for name, value in options.items() if name != "trust"}
    try:
        report = verify_directory(
            copy,
            keys if options.get("trust", True) else [],
            authorities=[(FROZEN / "authority.pem").read_bytes()],
            expected=Expected(**known),
        )
    except DatasetsError as error:
        return {"outcome": "failed", "kind": error.kind.value}
    return {"outcome": str(report.to_json()["outcome"])}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_frozen_release_is_judged_as_it_was(case: dict[str, Any], tmp_path: Path) -> None:
    (good,) = (FROZEN / "good").iterdir()
    with applied(case, good, tmp_path) as copy:
        assert outcome(copy, case["options"]) == case["expected"]


def test_every_way_of_ending_is_among_the_cases() -> None:
    assert {case["expected"]["outcome"] for case in CASES} == {
        "trusted",
        "signer-unknown",
        "failed",
    }
