"""Names, tables, migrations and the demonstration."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from museion_hub.errors import StateError
from museion_hub.registry import names
from museion_hub.registry.database import Database, upgrade
from museion_hub.registry.demo import prepare_demo
from museion_hub.registry.directory import Directory
from museion_hub.registry.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    RegistryError,
    UnavailableError,
)
from museion_hub.registry.memberships import remove_member
from museion_hub.registry.people import COLORS, create_person, set_password
from museion_hub.registry.sharing import share_dataset
from museion_hub.registry.tables import Base
from museion_hub.registry.workgroups import create_workgroup
from tests.support.registry import PANEL, Registry, copy_state, database_url


def statements(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'")
    found = {" ".join(sql.split()) for (sql,) in rows if sql}
    connection.close()
    return found


def test_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/migrated.sqlite")
    described = Database(f"sqlite:///{tmp_path}/described.sqlite")
    Base.metadata.create_all(described.engine)
    described.close()
    expected = statements(tmp_path / "described.sqlite")
    assert statements(tmp_path / "migrated.sqlite") == expected
    assert len(expected) > len(Base.metadata.tables)


def test_upgrade_twice_and_at_once_is_one_upgrade(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/registry.sqlite"
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade, [url] * 3))
    upgrade(url)
    assert "person" in " ".join(statements(tmp_path / "registry.sqlite"))


def test_database_file_is_private_and_keeps_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/registry.sqlite")
    with database.reading() as session:
        pragmas = [
            session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys")
        ]
        modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "deep").iterdir()}
    database.close()
    assert (pragmas, modes) == (["wal", 1], {0o600})


def test_two_writers_take_turns(state: Path) -> None:
    database = Database(database_url(state))

    def write(number: int) -> None:
        with database.writing() as session:
            create_person(session, f"person-{number}", display_name="P", actor="test")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(12)))
    with database.reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT COUNT(*) FROM person WHERE username LIKE 'person-%'"
        )
        assert rows.scalar() == 12
    database.close()


@pytest.mark.parametrize("name", ["a", "anna", "anna-b", "a.b_c", "x" * 64, "a1"])
def test_username_that_is_allowed(name: str) -> None:
    assert names.require_username(name) == name


WRONG_NAMES = ["", "A", "1a", "-a", "a-", "a--b", "a b", "a\n", "ä", "../a", "a/b", "x" * 65]
WRONG_NAMES += ["wg-murals", "ws-course", ".", "a..b", "\u0430nna"]


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_username_that_is_refused(name: str) -> None:
    with pytest.raises(InvalidError, match="Not a username"):
        names.require_username(name)


@pytest.mark.parametrize("slug", [*WRONG_NAMES, "a.b", "a_b", "x" * 33])
def test_slug_that_is_refused_is_found_in_no_account(slug: str) -> None:
    with pytest.raises(InvalidError):
        names.require_slug(slug)
    assert names.find_slug(f"wg-{slug}") is None


def test_account_and_slug_are_two_names_of_one_workgroup() -> None:
    assert names.account_name("murals") == "wg-murals"
    assert names.find_slug("wg-murals") == "murals"
    assert names.find_slug("murals") is None


def test_colours_bear_white_initials() -> None:
    for color in COLORS:
        channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5, color


def test_writes_refuse_what_cannot_be(registry: Registry) -> None:
    custody = registry.custody
    rows: list[tuple[type[RegistryError], object]] = [
        (ConflictError, lambda s: create_person(s, "stranger", display_name="S", actor="t")),
        (InvalidError, lambda s: create_person(s, "new", display_name=" ", actor="t")),
        (
            InvalidError,
            lambda s: create_person(s, "new", display_name="N", password="short", actor="t"),
        ),
        (NotFoundError, lambda s: set_password(s, "nobody", "long enough", actor="t")),
        (ConflictError, lambda s: create_workgroup(s, custody, "murals", title="M", actor="t")),
        (InvalidError, lambda s: create_workgroup(s, custody, "glass", title="", actor="t")),
        (NotFoundError, lambda s: remove_member(s, "murals", "stranger", actor="t")),
        (NotFoundError, lambda s: share_dataset(s, custody, PANEL, "nobody", actor="t")),
        (InvalidError, lambda s: share_dataset(s, custody, PANEL, "murals", actor="t")),
    ]
    for expected, act in rows:
        with pytest.raises(expected), registry.database.writing() as session:
            act(session)  # type: ignore[operator]  # a row's call


def prepare(folder: Path) -> tuple[str, bytes]:
    demo = prepare_demo(
        f"sqlite:///{folder}/registry/registry.sqlite",
        folder / "secrets" / "root-key",
        folder / "secrets" / "demo-password",
    )
    assert demo.password not in repr(demo)
    return demo.password, (folder / "secrets" / "root-key").read_bytes()


@pytest.fixture(scope="module")
def first_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    prepare(folder)
    return folder


@pytest.fixture
def demo(first_demo: Path, tmp_path: Path) -> Path:
    return copy_state(first_demo, tmp_path / "demo")


def test_demo_made_twice_is_made_once(demo: Path) -> None:
    assert prepare(demo) == prepare(demo)
    kept = demo / "secrets" / "demo-password"
    assert kept.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(demo / "registry" / "registry.sqlite") as rows:
        assert rows.execute("SELECT COUNT(*) FROM person").fetchone() == (4,)
    rows.close()


def test_lost_demo_password_is_replaced_and_signs_in(demo: Path) -> None:
    old, root = prepare(demo)
    (demo / "secrets" / "demo-password").unlink()
    new, same_root = prepare(demo)
    directory = Directory(f"sqlite:///{demo}/registry/registry.sqlite")
    assert directory.verify_password("murals-member", old) is None
    assert directory.verify_password("murals-member", new) is not None
    directory.close()
    assert (new != old, root) == (True, same_root)


def test_unreadable_demo_password_is_a_clear_sentence(demo: Path) -> None:
    prepare(demo)
    (demo / "secrets" / "demo-password").write_bytes(b"\xff\xfe")
    with pytest.raises(StateError, match="hint: delete the file"):
        prepare(demo)


def test_folder_that_cannot_hold_a_database_is_a_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "registry.sqlite").mkdir()
    with pytest.raises(UnavailableError, match="hint: "):
        Database(f"sqlite:///{tmp_path}/registry.sqlite").upgrade()
