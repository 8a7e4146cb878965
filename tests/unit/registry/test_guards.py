"""The root key under a passphrase: what opens it, and what does not."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from museion_hub.custody import CustodyError, open_root_key
from museion_hub.custody.guards import Guard, PassphraseGuard
from museion_hub.custody.root import rewrap_root_key
from museion_hub.custody.unlocking import (
    find_passphrase,
    guard_of,
    handing_over,
    receive_passphrase,
)
from museion_hub.errors import HubError, SettingsError
from museion_hub.settings import RootKey, Settings

PASSPHRASE = "ochre vermilion lead-white umber"
GUARD = PassphraseGuard(PASSPHRASE)


@pytest.fixture(autouse=True)
def quick_stretching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Argon2id take a small part of its memory: what it costs is not tested here."""
    monkeypatch.setattr("museion_hub.custody.guards.MEMORY_KIB", 64)


def lines_of(path: Path) -> list[str]:
    return path.read_text().split("\n")


def test_key_under_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "root-key"
    key = open_root_key(path, may_create=True, guard=GUARD)
    assert open_root_key(path, may_create=False, guard=GUARD) == key
    with pytest.raises(CustodyError, match="passphrase does not open the root key\nhint: type"):
        open_root_key(path, may_create=False, guard=PassphraseGuard("azurite and lapis lazuli"))


def test_file_under_a_passphrase_holds_no_key(tmp_path: Path) -> None:
    path = tmp_path / "root-key"
    key = open_root_key(path, may_create=True, guard=GUARD)
    content = path.read_bytes()
    assert not any(form in content for form in (key, base64.b64encode(key), key.hex().encode()))
    assert json.loads(lines_of(path)[1]).keys() == {
        "salt",
        "iterations",
        "lanes",
        "memory_kib",
        "sealed",
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CustodyError, match="too short: 6 characters"):
        open_root_key(tmp_path / "key", may_create=True, guard=PassphraseGuard("secret"))
    assert list(tmp_path.iterdir()) == []


def spoil_checksum(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace('"lanes": 4', '"lanes": 5'), *lines[2:]]


def drop_line(lines: list[str]) -> list[str]:
    return [lines[0], *lines[2:]]


def name_other_guard(lines: list[str]) -> list[str]:
    return ["museion root key 1 vault", *lines[1:]]


@pytest.mark.parametrize("spoil", [spoil_checksum, drop_line, name_other_guard])
def test_damaged_file_is_told_from_a_wrong_passphrase(
    tmp_path: Path, spoil: Callable[[list[str]], list[str]]
) -> None:
    path = tmp_path / "root-key"
    open_root_key(path, may_create=True, guard=GUARD)
    path.write_text("\n".join(spoil(lines_of(path))))
    with pytest.raises(CustodyError, match="damaged or truncated"):
        open_root_key(path, may_create=False, guard=GUARD)


@pytest.mark.parametrize(("made", "asked"), [(None, GUARD), (GUARD, None)], ids=["file", "guard"])
def test_settings_that_name_another_guard_are_told(
    tmp_path: Path, made: Guard | None, asked: Guard | None
) -> None:
    path = tmp_path / "root-key"
    open_root_key(path, may_create=True, guard=made)
    with pytest.raises(CustodyError, match="museion keys rewrap"):
        open_root_key(path, may_create=False, guard=asked)


def test_rewrapped_key_is_the_same_key_under_the_new_guard_only(tmp_path: Path) -> None:
    path = tmp_path / "root-key"
    key = open_root_key(path, may_create=True)
    rewrap_root_key(path, None, GUARD)
    assert open_root_key(path, may_create=False, guard=GUARD) == key
    rewrap_root_key(path, GUARD, None)
    assert open_root_key(path, may_create=False) == key
    assert list(tmp_path.iterdir()) == [path]


def test_guard_that_does_not_open_what_it_sealed_changes_nothing(tmp_path: Path) -> None:
    class Forgetful:
        kind = "passphrase"

        def seal(self, root: bytes) -> dict[str, str]:
            return {"sealed": base64.b64encode(root).decode()}

        def open(self, _fields: object) -> bytes:
            return bytes(32)

    path = tmp_path / "root-key"
    key = open_root_key(path, may_create=True)
    with pytest.raises(CustodyError, match="does not open what it has sealed"):
        rewrap_root_key(path, None, Forgetful())
    assert open_root_key(path, may_create=False) == key


def test_demanding_file_does_not_exhaust_the_machine() -> None:
    fields = dict(GUARD.seal(bytes(32))) | {"memory_kib": 2**40}
    with pytest.raises(CustodyError, match="too much work"):
        GUARD.open(fields)


def test_passphrase_comes_from_a_private_file_only(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_text(f"{PASSPHRASE}\n")
    path.chmod(0o600)
    settings = Settings(tmp_path, root_key=RootKey.PASSPHRASE, root_key_passphrase_file=str(path))
    assert guard_of(settings, lambda: "asked") == GUARD
    path.chmod(0o640)
    with pytest.raises(HubError, match="open to others"):
        find_passphrase(settings)
    path.unlink()
    with pytest.raises(HubError, match="There is no file with the passphrase"):
        find_passphrase(settings)


def test_supervisor_hands_the_passphrase_to_the_registry_and_to_nobody_later(
    tmp_path: Path,
) -> None:
    run = tmp_path / ("deep" * 30) / "run"  # longer than a socket's address may be
    run.mkdir(parents=True)
    with handing_over(run, GUARD):
        assert [receive_passphrase(run) for _ in range(3)] == [PASSPHRASE] * 3
        assert (run / "passphrase").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CustodyError, match="Nobody gives the passphrase"):
        receive_passphrase(run)
    assert list(run.iterdir()) == []


def test_nothing_is_handed_over_for_a_plain_file(tmp_path: Path) -> None:
    with handing_over(tmp_path, None), pytest.raises(CustodyError, match="Nobody gives"):
        receive_passphrase(tmp_path)


def test_token_needs_all_its_settings(tmp_path: Path) -> None:
    settings = Settings(tmp_path, root_key=RootKey.PKCS11, root_key_token="museion")
    with pytest.raises(SettingsError, match="root_key_module, root_key_pin_file"):
        guard_of(settings, lambda: "asked")


def test_guards_show_no_secret() -> None:
    assert PASSPHRASE not in repr(GUARD)
