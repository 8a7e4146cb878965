"""The log of changes on disk."""

import sqlite3
from pathlib import Path

import pytest

from museion_lab.live.contents import content_digest
from museion_lab.live.update_log import UpdateLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "changes.sqlite"


def test_changes_come_back_in_their_order_and_by_document(path: Path) -> None:
    log = UpdateLog(path)
    log.append("a", [b"1", b"2"])
    log.append("b", [b"x"])
    log.append("a", [b"3"])
    log.close()
    again = UpdateLog(path)
    assert (again.read("a"), again.read("b"), again.read("c")) == ([b"1", b"2", b"3"], [b"x"], [])
    again.close()


def test_what_is_appended_is_there_for_another_process_at_once(path: Path) -> None:
    log, other = UpdateLog(path), UpdateLog(path)
    log.append("a", [b"1"])
    assert other.read("a") == [b"1"]
    log.close()
    other.close()


def test_many_changes_become_one(path: Path) -> None:
    log = UpdateLog(path)
    log.append("a", [b"1", b"2"])
    log.replace("a", b"whole")
    log.append("a", [b"3"])
    assert log.read("a") == [b"whole", b"3"]
    log.close()


def test_only_the_last_contents_of_a_file_count_as_ours(path: Path) -> None:
    log = UpdateLog(path)
    for digest in ("first", "second", "first", "third"):
        log.note_content("a", digest)
    known = [digest for digest in ("first", "second", "third") if log.knows_content("a", digest)]
    assert known == ["first", "third"]
    assert not log.knows_content("b", "third")
    log.close()


def test_who_edited_since_the_last_version_outlives_the_server(path: Path) -> None:
    log = UpdateLog(path)
    log.note_authors("a", [("anna", "Anna"), ("ben", "Ben")])
    log.note_authors("a", [("ben", "Ben")])
    log.close()
    again = UpdateLog(path)
    assert (again.read_authors("a"), again.read_authors("b")) == ([("ben", "Ben")], [])
    again.close()


def test_a_damaged_log_is_put_aside(path: Path) -> None:
    path.write_bytes(b"this is no database " * 500)
    log = UpdateLog(path)
    assert (log.read("a"), log.error) == ([], None)
    log.close()
    assert len(list(path.parent.glob("changes.sqlite.broken-*"))) == 1


def test_where_no_file_can_be_made_memory_takes_its_place(tmp_path: Path) -> None:
    log = UpdateLog(tmp_path / "no-such-folder" / "changes.sqlite")
    assert isinstance(log.error, sqlite3.OperationalError)
    log.append("a", [b"1"])
    assert log.read("a") == [b"1"]
    log.close()


def test_a_full_disk_is_said_and_what_is_there_stays(path: Path) -> None:
    log = UpdateLog(path)
    log.append("a", [b"1"])
    log._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError) as failure:
        log.append("a", [bytes(1_000_000)])
    assert failure.value.sqlite_errorcode == sqlite3.SQLITE_FULL
    assert log.read("a") == [b"1"]
    log.close()


def test_trust_is_not_part_of_a_content() -> None:
    cell = {"cell_type": "code", "source": "x", "metadata": {"trusted": True, "tags": []}}
    other = cell | {"metadata": {"tags": []}}
    assert content_digest({"cells": [cell]}) == content_digest({"cells": [other]})
    assert content_digest({"cells": [cell]}) != content_digest({"cells": []})
    assert content_digest("lone \ud800") != content_digest("text")
