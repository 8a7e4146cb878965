"""What SQLite and PostgreSQL both promise the registry."""

import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from museion_hub import audit
from museion_hub.registry.database import Database, upgrade
from museion_hub.registry.errors import InvalidError, UnavailableError
from museion_hub.registry.people import create_person
from museion_hub.registry.tables import Base, Person
from tests.support.both_databases import Kind
from tests.support.postgres import USER, PostgresServer
from tests.support.registry import Registry

WRITERS, ROUNDS = 4, 5
OUT_OF_ORDER = (
    "INSERT INTO audit_event SELECT log_index + 100, time, event, actor, subject, detail, "
    "salt, leaf_hash FROM audit_event WHERE log_index = 0"
)


def dump(server: PostgresServer, database: str) -> set[str]:
    """Give what describes the tables, line by line."""
    command = [server.programs / "pg_dump", "--schema-only", "--no-owner", "-h", "127.0.0.1"]
    command += ["-p", str(server.port), "-U", USER, database]
    env = {**os.environ, "PGPASSWORD": server.password}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    lines = (line.strip().rstrip(",") for line in done.stdout.splitlines())
    return {line for line in lines if "alembic" not in line and not line.startswith(("--", "\\"))}


def test_migrations_make_exactly_the_tables_of_the_code_on_postgresql(
    postgres: PostgresServer,
) -> None:
    migrated, described = postgres.create(), postgres.create()
    upgrade(postgres.url(migrated))
    database = Database(postgres.url(described))
    with database.writing() as session:
        Base.metadata.create_all(session.connection())
    database.close()
    expected = dump(postgres, described)
    assert dump(postgres, migrated) - {"version_num character varying(32) NOT NULL"} == expected
    assert len(expected) > len(Base.metadata.tables)


def test_upgrade_twice_and_at_once_is_one_upgrade(postgres: PostgresServer) -> None:
    url = postgres.url(postgres.create())
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade, [url] * 3))
    upgrade(url)


def test_writers_of_several_processes_take_turns_and_the_log_has_no_gap(
    registry: Registry,
) -> None:
    databases = [Database(registry.database.url) for _ in range(WRITERS)]

    def write(number: int) -> None:
        for turn in range(ROUNDS):
            with databases[number].writing() as session:
                name = f"person-{number}-{turn}"
                create_person(session, name, display_name="P", actor="test")

    before = len(registry.events())
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    for database in databases:
        database.close()
    with registry.database.reading() as session:
        assert audit.verify(session).size == before + WRITERS * ROUNDS


def test_what_a_writer_has_checked_still_holds_when_it_commits(registry: Registry) -> None:
    other = Database(registry.database.url)
    count = select(func.count()).select_from(Person)
    has_begun, found = threading.Event(), []

    def add_another() -> None:
        has_begun.set()
        with other.writing() as session:
            found.append(session.scalar(count))

    with ThreadPoolExecutor(1) as pool:
        with registry.database.writing() as session:
            before = session.scalar(count) or 0
            waiting = pool.submit(add_another)
            assert has_begun.wait(10)
            create_person(session, "anna", display_name="Anna", actor="test")
            assert session.scalar(count) == before + 1
        waiting.result(20)
    other.close()
    assert found == [before + 1]


def test_reader_sees_one_state_while_another_writes(registry: Registry) -> None:
    with registry.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Person))
        with registry.database.writing() as writer:
            create_person(writer, "anna", display_name="Anna", actor="test")
        assert session.scalar(select(func.count()).select_from(Person)) == before


def test_writer_that_waits_too_long_is_told_that_the_database_is_busy(registry: Registry) -> None:
    other = Database(registry.database.url, busy_timeout_s=0.1)
    with (
        registry.database.writing(),
        pytest.raises(UnavailableError, match="is busy\nhint: "),
        other.writing(),
    ):
        pass
    with other.writing() as session:
        create_person(session, "anna", display_name="Anna", actor="test")
    other.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'nobody' WHERE log_index = 0",
        "DELETE FROM audit_event WHERE log_index = 0",
        "DELETE FROM log_node",
        OUT_OF_ORDER,
    ],
    ids=["changed", "deleted", "tree deleted", "out of order"],
)
def test_log_is_append_only(registry: Registry, statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        registry.database.writing() as session,
    ):
        session.execute(text(statement))
    with registry.database.reading() as session:
        audit.verify(session)


def test_error_of_the_database_shows_no_row(registry: Registry) -> None:
    person = Person(username="wg-secret", display_name="x", password_hash="hash-of-secret")
    with pytest.raises(DBAPIError) as caught, registry.database.writing() as session:
        session.add(person)
    assert "hash-of-secret" not in str(caught.value)


@pytest.mark.parametrize("kind", [Kind.POSTGRESQL], indirect=True)
def test_reading_cannot_write(registry: Registry) -> None:
    with (
        pytest.raises(UnavailableError, match="can only be read"),
        registry.database.reading() as session,
    ):
        session.execute(text("DELETE FROM presence"))


@pytest.mark.parametrize("kind", [Kind.POSTGRESQL], indirect=True)
def test_text_that_cannot_be_stored_is_the_callers_to_correct(registry: Registry) -> None:
    with (
        pytest.raises(InvalidError, match="can't be stored"),
        registry.database.reading() as session,
    ):
        session.scalars(select(Person).where(Person.username == "a\0b")).all()
