"""What the log costs: appending, signing and verifying 100,000 events."""

import time
from pathlib import Path

from museion_hub import audit
from museion_hub.custody import RootCustody
from museion_hub.registry.database import Database

EVENTS = 100_000
BATCH = 1000


def append(database: Database, count: int) -> None:
    with database.writing() as session:
        for _ in range(count):
            audit.record(
                session,
                audit.EventName.KEY_VENDED,
                actor="wg-murals",
                subject="murals/panel",
                detail={"epoch": 1},
            )


def test_log_of_a_hundred_thousand_events(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/registry.sqlite")
    database.upgrade()
    custody = RootCustody(bytes(32))
    marks = [(time.perf_counter(), time.process_time())]
    for _ in range(EVENTS // BATCH):
        append(database, BATCH)
    marks.append((time.perf_counter(), time.process_time()))
    with database.writing() as session:
        audit.sign_checkpoint(session, custody)
    marks.append((time.perf_counter(), time.process_time()))
    with database.reading() as session:
        assert audit.verify(session).size == EVENTS
    marks.append((time.perf_counter(), time.process_time()))
    database.close()
    names = (f"append {EVENTS} events", "sign a checkpoint", f"verify {EVENTS} events")
    for name, before, after in zip(names, marks, marks[1:], strict=False):
        wall_s, cpu_s = after[0] - before[0], after[1] - before[1]
        print(f"\n{name}: {wall_s:.3f} s, {cpu_s:.3f} s of processor")  # noqa: T201  for a person
