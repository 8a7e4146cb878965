"""The root key's file, and keys that open only where they belong."""

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from museion_datasets import envelope
from museion_hub import audit
from museion_hub.custody import CustodyError, RootCustody, open_root_key
from museion_hub.registry.database import Database
from museion_hub.registry.start import open_custody
from tests.support.registry import database_url


@pytest.fixture
def custody() -> RootCustody:
    return RootCustody(os.urandom(32))


def test_first_start_makes_a_private_key_and_later_starts_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "root-key"
    key = open_root_key(path, may_create=True)
    assert open_root_key(path, may_create=False) == open_root_key(path, may_create=True) == key
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_two_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = [tmp_path / "root-key"] * 8
        keys = set(pool.map(lambda path: open_root_key(path, may_create=True), paths))
    assert len(keys) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "root-key"
    open_root_key(path, may_create=True)
    path.chmod(mode)
    with pytest.raises(CustodyError, match=f"open to others.*{mode:04o}"):
        open_root_key(path, may_create=True)


@pytest.mark.parametrize("lost", range(1, 90, 4))
def test_truncated_key_is_refused(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "root-key"
    open_root_key(path, may_create=True)
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(CustodyError, match="damaged or truncated"):
        open_root_key(path, may_create=True)


@pytest.mark.parametrize("place", [0, 20, 25, 62, 70], ids=str)
def test_mistyped_key_is_refused(tmp_path: Path, place: int) -> None:
    path = tmp_path / "root-key"
    open_root_key(path, may_create=True)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(CustodyError, match="damaged or truncated"):
        open_root_key(path, may_create=True)


def test_link_or_folder_in_place_of_the_key_is_refused(tmp_path: Path) -> None:
    open_root_key(tmp_path / "real", may_create=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("link", "folder"):
        with pytest.raises(CustodyError):
            open_root_key(tmp_path / name, may_create=True)


def test_lost_root_key_is_not_replaced_once_something_is_sealed(state: Path) -> None:
    (state / "root-key").unlink()
    database = Database(database_url(state))
    with pytest.raises(CustodyError, match="missing"):
        open_custody(database, state / "root-key")
    database.close()
    assert not (state / "root-key").exists()


def test_lost_root_key_is_not_replaced_when_only_the_logs_key_is_sealed(tmp_path: Path) -> None:
    database = Database(database_url(tmp_path))
    database.upgrade()
    custody = open_custody(database, tmp_path / "root-key")
    with database.writing() as session:
        audit.open_log_key(session, custody)
    (tmp_path / "root-key").unlink()
    with pytest.raises(CustodyError, match="missing"):
        open_custody(database, tmp_path / "root-key")
    database.close()


def test_root_key_of_another_deployment_is_refused(state: Path, tmp_path: Path) -> None:
    open_root_key(tmp_path / "other", may_create=True)
    database = Database(database_url(state))
    with pytest.raises(CustodyError, match="does not open: workgroup"):
        open_custody(database, tmp_path / "other")
    database.close()


def test_vended_key_opens_for_the_asker_only_and_is_the_same_after_sharing(
    custody: RootCustody,
) -> None:
    murals, lapidary = (custody.make_workgroup_key(slug, 1) for slug in ("murals", "lapidary"))
    own = custody.make_data_key("d" * 32, 1, [murals])[0]
    shared = custody.share(own, murals, lapidary)
    asker, info = envelope.generate_keypair(), envelope.vend_info("d" * 32, 1)
    first = envelope.open_(asker.private, custody.vend(own, murals, asker.public), info)
    second = envelope.open_(asker.private, custody.vend(shared, lapidary, asker.public), info)
    assert first == second


@pytest.mark.parametrize(
    "change",
    [{"dataset": "e" * 32}, {"epoch": 2}, {"recipient": "lapidary"}, {"sealed": b"\x01" * 1169}],
    ids=lambda change: next(iter(change)),
)
def test_dataset_key_in_the_wrong_row_does_not_open(
    custody: RootCustody, change: dict[str, object]
) -> None:
    murals = custody.make_workgroup_key("murals", 1)
    moved = replace(custody.make_data_key("d" * 32, 1, [murals])[0], **change)
    with pytest.raises(CustodyError, match="A stored key does not open: dataset"):
        custody.vend(moved, murals, envelope.generate_keypair().public)


@pytest.mark.parametrize("change", [{"workgroup": "lapidary"}, {"epoch": 2}], ids=str)
def test_private_key_in_the_wrong_row_does_not_open(
    custody: RootCustody, change: dict[str, object]
) -> None:
    moved = replace(custody.make_workgroup_key("murals", 1), **change)
    with pytest.raises(CustodyError, match="A stored key does not open: workgroup"):
        custody.require_opens(moved)


def test_custody_shows_no_key_and_is_never_pickled(custody: RootCustody) -> None:
    key = custody.make_workgroup_key("murals", 1)
    assert repr(custody) == "RootCustody()"
    assert repr(key) == "RecipientKey(workgroup='murals', epoch=1)"
    with pytest.raises(TypeError):
        pickle.dumps(custody)


def test_hardened_process_dumps_no_core_and_is_closed_to_debuggers() -> None:
    code = (
        "import ctypes, resource, os; from museion_hub.custody import harden_process;"
        "harden_process(); libc = ctypes.CDLL(None);"
        "print(resource.getrlimit(resource.RLIMIT_CORE), libc.prctl(3), oct(os.umask(0)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "(0, 0) 0 0o77"
