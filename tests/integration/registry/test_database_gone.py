"""The database goes away in the middle of a request, and comes back."""

import asyncio
import gc
import shutil
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event, select

from museion_hub import audit
from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.people import create_person
from museion_hub.registry.tables import Dataset, Person
from tests.support.both_databases import FilledState, fill
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.registry import Registry, make_registry, make_state

pytestmark = [
    pytest.mark.integration,
    # pg8000 leaves the socket of a lost connection to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
WISH = {
    "path": "murals/new",
    "title": "New",
    "kind": "scan",
    "rights": "CC-BY-4.0",
    "synthetic": False,
    "description": "",
}
WRITERS = 4
FULL_DISK = (
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
)


@pytest.fixture(autouse=True)
def collected() -> Generator[None]:
    """Collect lost connections here, and not during somebody else's test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer]:
    """Give a server that these tests kill; the others' stays."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def filled(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> FilledState:
    return fill(tmp_path_factory.mktemp("filled"), server)


@pytest.fixture
def on_postgresql(filled: FilledState, tmp_path: Path) -> Generator[Registry]:
    with filled.copied(tmp_path / "state") as registry:
        yield registry


@pytest.fixture
def file(tmp_path: Path) -> Path:
    make_state(tmp_path)
    return tmp_path / "registry.sqlite"


@pytest.fixture
def on_sqlite(file: Path) -> Generator[Registry]:
    registry = make_registry(file.parent)
    yield registry
    registry.database.close()


async def create(registry: Registry) -> httpx.Response:
    async with registry.client("wg-murals") as client:
        return await client.post("/datasets", json=WISH)


def once_before(registry: Registry, moment: str, act: Callable[[], None]) -> None:
    """Act one time, when a transaction reaches a moment."""
    done: list[bool] = []

    def listen(*parts: object) -> None:
        is_there = moment == "commit" or moment in str(parts[2])
        if is_there and not done:
            done.append(True)
            act()

    name = "commit" if moment == "commit" else "before_cursor_execute"
    event.listen(registry.database.engine, name, listen)


def move(file: Path, target: Path) -> None:
    assert not target.exists()
    file.rename(target)


def restore(file: Path) -> None:
    """Put a copy in the place of a database, as from a backup."""
    Path(shutil.copy(file, file.with_suffix(".restored"))).replace(file)
    for leftover in ("-wal", "-shm"):
        file.with_name(file.name + leftover).unlink(missing_ok=True)


def names_of(registry: Registry) -> set[str]:
    with registry.database.reading() as session:
        audit.verify(session)
        return set(session.scalars(select(Dataset.name)))


MOMENTS = ["SELECT dataset.id", "INSERT INTO dataset ", "INSERT INTO audit_event", "commit"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_server_is_a_clear_answer_and_leaves_nothing_half_made(
    on_postgresql: Registry, server: PostgresServer, moment: str
) -> None:
    before = names_of(on_postgresql)
    once_before(on_postgresql, moment, server.kill)
    refused = await create(on_postgresql)
    still = await create(on_postgresql)
    server.start()
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable"), refused.text
    assert refused.json()["hint"]
    assert "127.0.0.1" not in refused.text + still.text
    assert still.status_code == 503
    assert names_of(on_postgresql) == before
    assert (await create(on_postgresql)).status_code == 201


async def test_restarted_server_is_noticed_by_nobody(
    on_postgresql: Registry, server: PostgresServer
) -> None:
    assert (await create(on_postgresql)).status_code == 201
    server.stop()
    server.start()
    async with on_postgresql.client("wg-murals") as client:
        answers = await asyncio.gather(*(client.get("/workgroups") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}


def test_what_was_acknowledged_survives_a_killed_server(
    on_postgresql: Registry, server: PostgresServer
) -> None:
    url = on_postgresql.database.url
    written: list[str] = []

    def write(number: int) -> None:
        database = Database(url)
        with suppress(UnavailableError):
            for turn in range(1000):
                name = f"person-{number}-{turn}"
                with database.writing() as session:
                    create_person(session, name, display_name="P", actor="test")
                written.append(name)
                if len(written) == 5 * WRITERS:
                    server.kill()
        database.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    server.start()
    with on_postgresql.database.reading() as session:
        audit.verify(session)
        people = set(session.scalars(select(Person.username)))
    stored = {name for name in people if name.startswith("person-")}
    # A commit whose answer was lost may have been done; nothing else may be there.
    assert set(written) <= stored
    assert len(stored - set(written)) <= WRITERS


async def test_writer_whose_connection_ends_frees_the_others(
    on_postgresql: Registry, server: PostgresServer
) -> None:
    other = Database(on_postgresql.database.url)

    def end_itself() -> None:
        with other.writing() as session:
            pid = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
            server.run(f"SELECT pg_terminate_backend({pid})")
            session.scalars(select(Person)).all()

    with pytest.raises(UnavailableError):
        end_itself()
    other.close()
    assert (await create(on_postgresql)).status_code == 201


async def test_full_disk_of_the_server_is_said_and_passes(
    on_postgresql: Registry, server: PostgresServer
) -> None:
    """The server itself says that its disk is full, as its trigger does here."""
    name = on_postgresql.database.url.rpartition("/")[2]
    server.run(FULL_DISK, name)
    server.run("CREATE TRIGGER no_room BEFORE INSERT ON dataset EXECUTE FUNCTION full_disk()", name)
    refused = await create(on_postgresql)
    server.run("DROP TRIGGER no_room ON dataset", name)
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable")
    assert "full" in refused.json()["message"]
    assert (await create(on_postgresql)).status_code == 201


async def test_account_that_may_not_write_is_said(
    on_postgresql: Registry, server: PostgresServer, tmp_path: Path
) -> None:
    name = on_postgresql.database.url.rpartition("/")[2]
    server.run("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", name)
    url = f"postgresql+pg8000://reader:reader@127.0.0.1:{server.port}/{name}"
    registry = make_registry(tmp_path / "state", url)
    refused = await create(registry)
    registry.database.close()
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable")
    assert "refuses the registry's account" in refused.json()["message"]


async def test_replaced_file_takes_the_next_request(on_sqlite: Registry, file: Path) -> None:
    """As a restored backup does; what went into the old file would be lost."""
    names_of(on_sqlite)
    restore(file)
    assert (await create(on_sqlite)).status_code == 201
    own = Database(f"sqlite:///{file}")
    with own.reading() as session:
        assert "new" in set(session.scalars(select(Dataset.name)))
    own.close()


@pytest.mark.parametrize("moment", MOMENTS[1:3])
async def test_file_that_is_gone_in_the_middle_is_a_clear_answer(
    on_sqlite: Registry, file: Path, moment: str
) -> None:
    before = names_of(on_sqlite)
    aside = file.with_name("aside")
    once_before(on_sqlite, moment, lambda: move(file, aside))
    refused = await create(on_sqlite)
    still = await create(on_sqlite)
    assert [refused.status_code, still.status_code] == [503, 503]
    assert str(file.parent) not in refused.text + still.text
    move(aside, file)  # nobody has made it anew
    assert names_of(on_sqlite) == before
    assert (await create(on_sqlite)).status_code == 201
