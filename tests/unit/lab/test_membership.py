"""Who may write in which space, decided from the hub's own words."""

from collections.abc import Collection

import pytest

from museion_lab.layout import layout_name
from museion_lab.membership import may_write, writes_in

CASES = [
    ("wg-murals", "chiara", ["wg-murals", "wg-murals--lead"], True),
    ("wg-murals", "jonas", ["wg-murals"], True),
    ("wg-murals", "guest", ["wg-murals--guest"], False),
    ("wg-murals", "administrator", ["wg-lapidary"], False),
    ("wg-murals", "wg-murals", ["wg-murals"], False),
    ("wg-murals", "wg-murals", [], False),
    ("chiara", "chiara", [], True),
    ("chiara", "administrator", ["wg-murals"], False),
]


@pytest.mark.parametrize(("account", "username", "groups", "is_allowed"), CASES)
def test_members_and_owners_write(
    account: str, username: str, groups: Collection[str], *, is_allowed: bool
) -> None:
    assert writes_in(account, username, groups) is is_allowed


def test_nobody_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "wg-murals")
    assert not may_write(None)
    assert not may_write(object())


def test_whoever_signed_in_on_a_laptop_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    assert may_write(object())


def test_layouts_of_two_people_have_two_names() -> None:
    assert layout_name("a.b") != layout_name("a-b")
