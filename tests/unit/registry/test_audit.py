"""The audit log in the database: append-only, signed once, and tampering is found."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from museion_datasets import log
from museion_datasets.errors import HistoryError
from museion_datasets.log.tree import EMPTY_ROOT, TreeHead
from museion_hub import audit
from museion_hub.audit import AuditError, EventName, LogEntry
from museion_hub.audit.tables import AuditEvent, LogCheckpoint, LogNode
from museion_hub.custody import RootCustody
from museion_hub.custody.errors import SealedKeyError
from museion_hub.registry.database import Database

ROOT_KEY = bytes(range(32))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Ledger:
    """A registry's database with nothing in it but a log."""

    path: Path
    database: Database
    custody: RootCustody

    def record(self, count: int = 1, **changes: Any) -> LogEntry:  # noqa: ANN401 - of any argument
        with self.database.writing() as session:
            for _ in range(count):
                entry = audit.record(session, EventName.SIGNED_IN, **{"actor": "anna", **changes})
        return entry

    def verify(self, pinned: TreeHead | None = None) -> TreeHead:
        with self.database.reading() as session:
            return audit.verify(session, pinned=pinned)

    def sign(self) -> log.SignedCheckpoint:
        with self.database.writing() as session:
            note = audit.sign_checkpoint(session, self.custody, now=NOW)
        return log.open_checkpoint(note, self.verifiers())

    def verifiers(self) -> list[log.Verifier]:
        with self.database.writing() as session:
            key = audit.open_log_key(session, self.custody)
        return [log.Verifier.parse(text_) for text_ in key.verifiers]

    def prove(self, index: int, **options: bool) -> dict[str, Any]:
        with self.database.writing() as session:
            return audit.prove(session, self.custody, index, **options)

    def tamper(self, *statements: str) -> None:
        """Do what an operator with the file and no scruples can do."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def ledger(tmp_path: Path) -> Generator[Ledger]:
    path = tmp_path / "registry.sqlite"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    ledger = Ledger(path, database, RootCustody(ROOT_KEY))
    ledger.record(11)
    yield ledger
    database.close()


def test_what_was_recorded_verifies_at_every_size(ledger: Ledger) -> None:
    for size in range(12, 45):
        entry = ledger.record(subject=f"murals/panel-{size}", detail={"n": size, "is": True})
        head = ledger.verify()
        assert (entry.index, head.size) == (size - 1, size)
        assert ledger.sign().checkpoint.head == head


def test_empty_log_is_whole_and_signs_the_empty_tree(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/registry.sqlite")
    database.upgrade()
    empty = Ledger(tmp_path / "registry.sqlite", database, RootCustody(ROOT_KEY))
    assert empty.verify() == empty.sign().checkpoint.head == TreeHead(0, EMPTY_ROOT)
    database.close()


TAMPERING = {
    "an actor": ("UPDATE audit_event SET actor = 'x' WHERE log_index = 3", "event 3: .*recorded"),
    "a time": ("UPDATE audit_event SET time = '2020-01-01' WHERE log_index = 3", "event 3: "),
    "a detail": ("UPDATE audit_event SET detail = '{\"a\":1}' WHERE log_index = 4", "event 4: "),
    "a salt": ("UPDATE audit_event SET salt = x'00' WHERE log_index = 2", "event 2: "),
    "a leaf": ("UPDATE audit_event SET leaf_hash = x'00' WHERE log_index = 2", "event 2: "),
    "the middle": ("DELETE FROM audit_event WHERE log_index = 3", "event 3: .*missing"),
    "the first": ("DELETE FROM audit_event WHERE log_index = 0", "event 0: .*missing"),
    "the order": ("UPDATE audit_event SET log_index = 99 WHERE log_index = 3", "event 3: .*miss"),
    "two swapped": (
        "UPDATE audit_event SET log_index = 9 - log_index + 99 WHERE log_index IN (4, 5)",
        "event 4: .*missing",
    ),
    "a node": ("UPDATE log_node SET hash = zeroblob(32) WHERE level = 2", "event 0: .*tree above"),
    "a node gone": ("DELETE FROM log_node WHERE level = 1 AND position = 2", "event 4: .*tree"),
    "a node more": ("INSERT INTO log_node VALUES (9, 0, zeroblob(32))", "event 0: .*tree above"),
    "the end": ("DELETE FROM audit_event WHERE log_index > 8", "event 9: .*signed with 11"),
    "all": ("DELETE FROM audit_event", "event 0: .*signed with 11"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_where_it_was_done(ledger: Ledger, what: str) -> None:
    ledger.sign()
    statement, finding = TAMPERING[what]
    ledger.tamper(statement)
    with pytest.raises(AuditError, match=finding):
        ledger.verify()


def rewrite(ledger: Ledger, *, kept: int, names: tuple[str, ...]) -> None:
    """Write the log anew from some event on, in every table, as somebody with time can."""
    ledger.tamper(
        f"DELETE FROM audit_event WHERE log_index >= {kept}",  # noqa: S608 - our own number
        f"DELETE FROM log_node WHERE ((position + 1) << level) > {kept}",  # noqa: S608
        f"DELETE FROM log_checkpoint WHERE tree_size > {kept}",  # noqa: S608
    )
    for name in names:
        ledger.record(actor=name)


def test_end_cut_off_everywhere_is_found_only_by_who_kept_a_checkpoint(ledger: Ledger) -> None:
    kept = ledger.sign().checkpoint.head
    rewrite(ledger, kept=10, names=())
    assert ledger.verify().size == 10
    with pytest.raises(AuditError, match="event 10: the log ends here, but the kept checkpoint"):
        ledger.verify(kept)


def test_history_written_anew_everywhere_is_found_by_who_kept_a_checkpoint(ledger: Ledger) -> None:
    kept = ledger.sign().checkpoint.head
    rewrite(ledger, kept=5, names=("eve",) * 20)
    assert ledger.verify().size == 25
    with pytest.raises(AuditError, match=r"event 10: .*not the one kept from earlier"):
        ledger.verify(kept)


def test_history_written_anew_but_for_what_was_signed_is_found(ledger: Ledger) -> None:
    ledger.sign()
    ledger.tamper(
        "DELETE FROM audit_event WHERE log_index >= 5",
        "DELETE FROM log_node WHERE ((position + 1) << level) > 5",
    )
    ledger.record(6, actor="eve")
    with pytest.raises(AuditError, match=r"event 10: .*not the one signed before"):
        ledger.verify()


@pytest.mark.parametrize(
    ("is_signed", "finding"),
    [(False, r"event \d: a hash of the tree"), (True, "event 10: .*not the one signed before")],
)
def test_event_altered_together_with_its_leaf_is_found(
    ledger: Ledger, finding: str, *, is_signed: bool
) -> None:
    if is_signed:
        ledger.sign()
    with ledger.database.reading() as session:
        row = session.get_one(AuditEvent, 3)
        leaf = log.event_leaf({**audit.event_of(row), "actor": "eve"}, row.salt)
    ledger.tamper(
        f"UPDATE audit_event SET actor = 'eve', leaf_hash = x'{leaf.hex()}' WHERE log_index = 3"  # noqa: S608 - our own hash
    )
    with pytest.raises(AuditError, match=finding):
        ledger.verify()


def test_older_checkpoint_stays_part_of_a_longer_log(ledger: Ledger) -> None:
    kept = ledger.sign().checkpoint.head
    assert ledger.verify(kept) == kept
    assert ledger.verify(TreeHead(0, EMPTY_ROOT)) == kept
    ledger.record(50)
    assert ledger.verify(kept).size == 61


def test_log_that_was_cut_off_or_rewritten_is_never_signed_again(ledger: Ledger) -> None:
    ledger.sign()
    ledger.tamper("DELETE FROM audit_event WHERE log_index = 10")
    with pytest.raises(AuditError, match="a log of 11 events was signed before"):
        ledger.sign()
    ledger.record(actor="eve")
    with pytest.raises(AuditError, match="another history up to here was signed before"):
        ledger.sign()


def test_one_size_has_one_root_for_ever(ledger: Ledger) -> None:
    first, again = ledger.sign(), ledger.sign()
    assert first.checkpoint == again.checkpoint
    assert first.time_s == int(NOW.timestamp())
    with ledger.database.reading() as session:
        assert [row.tree_size for row in session.scalars(select(LogCheckpoint))] == [11]


def test_checkpoint_of_a_failed_transaction_binds_nobody(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.database.writing() as session:
            audit.record(session, EventName.KEY_VENDED, actor="wg-murals")
            audit.prove(session, ledger.custody, 11)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    ledger.record(actor="bela")
    assert ledger.verify() == ledger.sign().checkpoint.head


def test_every_event_is_proved_without_the_hub(ledger: Ledger) -> None:
    verifiers = ledger.verifiers()
    for index in range(11):
        proof = log.LogProof.from_json(ledger.prove(index))
        signed = log.require_logged(proof, verifiers)
        assert signed.checkpoint.head.size == 11
        assert proof.event is not None
        assert proof.event["index"] == index


@pytest.mark.parametrize(
    "change",
    [
        {"index": 4},
        {"salt": "A" * 43 + "="},
        {"event": {"actor": "eve"}},
        {"leaf": "A" * 43 + "="},
        {"proof": []},
    ],
    ids=lambda change: next(iter(change)),
)
def test_altered_proof_is_no_proof(ledger: Ledger, change: dict[str, Any]) -> None:
    proof = ledger.prove(3)
    event = {**proof["event"], **change.pop("event", {})}
    altered = log.LogProof.from_json({**proof, "event": event, **change})
    with pytest.raises(HistoryError):
        log.require_logged(altered, ledger.verifiers())


def test_proof_without_its_event_says_nothing_of_it(ledger: Ledger) -> None:
    proof = ledger.prove(3, with_event=False)
    log.require_logged(log.LogProof.from_json(proof), ledger.verifiers())
    assert "anna" not in str(proof)
    with pytest.raises(AuditError, match="event 11: it is not there"):
        ledger.prove(11)


def test_log_key_opens_only_under_its_root_and_name(ledger: Ledger) -> None:
    ledger.sign()
    ledger.custody = RootCustody(bytes(32))
    with pytest.raises(SealedKeyError, match="log museion/log/"):
        ledger.sign()
    ledger.custody = RootCustody(ROOT_KEY)
    ledger.tamper("UPDATE log_key SET origin = 'museion/log/other'")
    with pytest.raises(SealedKeyError, match="log museion/log/other"):
        ledger.sign()


@pytest.mark.parametrize("table", [AuditEvent, LogNode, LogCheckpoint])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = zeroblob(32)",
        "DELETE FROM {table}",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
    ],
)
def test_database_refuses_everything_but_appending(
    ledger: Ledger, table: type[AuditEvent], statement: str
) -> None:
    head = ledger.sign().checkpoint.head
    name = table.__tablename__
    column = "root" if table is LogCheckpoint else "hash" if table is LogNode else "salt"
    with (
        pytest.raises(IntegrityError, match="append-only"),
        ledger.database.writing() as session,
    ):
        session.execute(text(statement.format(table=name, column=column)))
    assert ledger.verify(head) == head


def test_event_out_of_order_is_refused(ledger: Ledger) -> None:
    ahead = (
        "INSERT INTO audit_event SELECT log_index + 100, time, event, actor, subject, detail, "
        "salt, leaf_hash FROM audit_event WHERE log_index = 1"
    )
    with (
        pytest.raises(IntegrityError, match="append-only"),
        ledger.database.writing() as session,
    ):
        session.execute(text(ahead))


def test_names_from_strangers_are_cleaned_and_cut(ledger: Ledger) -> None:
    ledger.record(actor="a\nb\x1b[2J" + "x" * 100, subject="s" * 500)
    with ledger.database.reading() as session:
        event = session.get_one(AuditEvent, 11)
    assert event.actor.startswith("a?b?[2J")
    assert (len(event.actor), len(event.subject)) == (64, 200)
    ledger.verify()


def test_no_name_stands_in_what_is_published(ledger: Ledger) -> None:
    ledger.record(actor="chiara", subject="murals/panel", now=NOW)
    ledger.record(actor="chiara", subject="murals/panel", now=NOW)
    with ledger.database.reading() as session:
        newest = [session.get_one(AuditEvent, index) for index in (11, 12)]
    entries = [log.entry_of(audit.event_of(event), event.salt) for event in newest]
    assert [len(entry) for entry in entries] == [33, 33]
    assert entries[0] != entries[1]
    assert not any(b"chiara" in entry or b"murals" in entry for entry in entries)
