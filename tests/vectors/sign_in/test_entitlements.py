"""Entitlements with their meaning, and texts that mean nothing here."""

import json
from pathlib import Path
from typing import Any

import pytest

from museion_hub.sign_in.entitlements import Entitlement, parse_entitlement
from museion_hub.sign_in.errors import EntitlementError

VECTORS = json.loads(Path(__file__).with_name("entitlements.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["accepted"], ids=lambda vector: vector["title"])
def test_entitlement_means_this(vector: dict[str, Any]) -> None:
    assert parse_entitlement(vector["text"]) == Entitlement(
        vector["namespace"], tuple(vector["group"]), vector["role"], vector["authority"]
    )


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["title"])
def test_text_is_no_entitlement(vector: dict[str, str]) -> None:
    with pytest.raises(EntitlementError):
        parse_entitlement(vector["text"])
