"""The audit log: append-only, and tampering is found."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from museion_hub import audit
from museion_hub.audit import AuditError, ChainHead, EventName
from tests.support.registry import Registry

CUT_OFF = "DELETE FROM audit_event WHERE seq = (SELECT MAX(seq) FROM audit_event)"
AHEAD = (
    "INSERT INTO audit_event SELECT seq + 100, time, event, actor, subject, detail, salt, "
    "leaf_hash, chain_hash FROM audit_event WHERE seq = 1"
)


def verify(registry: Registry, pinned: ChainHead | None = None) -> ChainHead:
    with registry.database.reading() as session:
        return audit.verify(session, pinned=pinned)


def record(registry: Registry, **changes: str) -> ChainHead:
    with registry.database.writing() as session:
        return audit.record(session, EventName.SIGNED_IN, **{"actor": "murals-lead", **changes})


def tamper(state: Path, *statements: str) -> None:
    """Do what somebody with the file and no scruples can do."""
    with sqlite3.connect(state / "registry.sqlite") as connection:
        for trigger in ("no_update", "no_delete", "in_order"):
            connection.execute(f"DROP TRIGGER audit_event_{trigger}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_what_was_recorded_verifies(registry: Registry) -> None:
    head = record(registry)
    assert verify(registry) == head
    assert head.seq == len(registry.events()) > 5


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE audit_event SET actor = 'x' WHERE seq = 3", "event 3: .*not what was recorded"),
        ("UPDATE audit_event SET time = '2020-01-01' WHERE seq = 3", "event 3: "),
        ("UPDATE audit_event SET detail = '{}' WHERE seq = 4", "event 4: "),
        ("UPDATE audit_event SET salt = x'00' WHERE seq = 2", "event 2: "),
        ("UPDATE audit_event SET chain_hash = x'00' WHERE seq = 2", "event 2: .*does not follow"),
        ("DELETE FROM audit_event WHERE seq = 3", "event 3: .*missing"),
        ("DELETE FROM audit_event WHERE seq = 1", "event 1: .*missing"),
        ("UPDATE audit_event SET seq = 99 WHERE seq = 3", "event 3: .*missing"),
    ],
)
def test_tampering_is_found_where_it_was_done(
    registry: Registry, state: Path, statement: str, finding: str
) -> None:
    tamper(state, statement)
    with pytest.raises(AuditError, match=finding):
        verify(registry)


def test_cut_off_end_is_found_by_who_kept_an_older_end(registry: Registry, state: Path) -> None:
    kept = record(registry)
    tamper(state, CUT_OFF)
    assert verify(registry).seq == kept.seq - 1
    with pytest.raises(AuditError, match="no longer goes through"):
        verify(registry, pinned=kept)


def test_end_written_anew_is_found_by_who_kept_the_old_one(registry: Registry, state: Path) -> None:
    kept = record(registry)
    tamper(state, CUT_OFF)
    record(registry, actor="lapidary-lead")
    verify(registry)
    with pytest.raises(AuditError, match="no longer goes through"):
        verify(registry, pinned=kept)


def test_older_end_stays_part_of_a_longer_chain(registry: Registry) -> None:
    kept = record(registry)
    assert verify(registry, pinned=kept) == kept
    assert verify(registry, pinned=ChainHead(0, bytes(32))) == kept
    assert record(registry) == verify(registry, pinned=kept)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'nobody'",
        "DELETE FROM audit_event",
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 1",
        AHEAD,
    ],
)
def test_database_refuses_everything_but_appending(registry: Registry, statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        registry.database.writing() as session,
    ):
        session.execute(text(statement))
    verify(registry)


def test_names_from_strangers_are_cleaned_and_cut(registry: Registry) -> None:
    record(registry, actor="a\nb\x1b[2J" + "x" * 100, subject="s" * 500)
    event = registry.events()[-1]
    assert event.actor.startswith("a?b?[2J")
    assert (len(event.actor), len(event.subject)) == (64, 200)
    verify(registry)


def test_event_of_a_failed_transaction_is_not_kept(registry: Registry) -> None:
    before = verify(registry)

    def fail() -> None:
        with registry.database.writing() as session:
            audit.record(session, EventName.KEY_VENDED, actor="wg-murals")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert verify(registry) == before
