"""Which addresses of databases are taken, how PostgreSQL is reached, and what failures mean."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from museion_hub.custody.errors import PrivateFileError
from museion_hub.errors import SettingsError
from museion_hub.registry import postgresql, sqlite
from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.failures import (
    BUSY,
    FULL,
    GONE,
    LOCKED_OUT,
    NOT_SET_UP,
    READ_ONLY,
    UNREADABLE,
    Failure,
)

ADDRESS = "postgresql+pg8000://museion@db.example.org/museion"


def arguments_of(address: str) -> dict[str, Any]:
    """Give what the driver is told about an address."""
    return postgresql._connect_args(make_url(address), 5)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "not an address"),
        ("museion", "not an address"),
        ("postgresql://host:port/x", "not an address"),
        ("mysql://museion@db/museion", "not supported: mysql"),
        (f"{ADDRESS}?sslmod=disable", "option that is unknown: sslmod"),
        (f"{ADDRESS}?sslmode=require", "not a sslmode: require"),
        (f"{ADDRESS}?sslrootcert=/nowhere.pem", "sslrootcert can't be read"),
    ],
)
def test_address_that_cannot_be_meant_is_a_settings_error(address: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"{said}.*\nhint: "):
        Database(address)


def test_wrong_address_does_not_show_its_password() -> None:
    with pytest.raises(SettingsError) as caught:
        Database("postgresql+pg8000://museion:very-secret@db/museion?sslmod=1")
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["db.example.org", "10.0.0.7", "[2001:db8::1]"])
def test_server_elsewhere_must_prove_who_it_is(host: str) -> None:
    context = arguments_of(f"postgresql+pg8000://museion@{host}/museion")["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "[::1]"])
def test_server_on_this_machine_needs_no_certificate(host: str) -> None:
    assert arguments_of(f"postgresql+pg8000://museion@{host}/museion")["ssl_context"] is False


def test_socket_and_password_file_are_taken_from_the_address(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("lapis-lazuli\n")
    file.chmod(0o600)
    socket = "/run/postgresql/.s.PGSQL.5432"
    found = arguments_of(f"postgresql+pg8000://museion@/museion?passfile={file}&unix_sock={socket}")
    assert (found["password"], found["unix_sock"]) == ("lapis-lazuli", socket)
    file.chmod(0o644)
    with pytest.raises(PrivateFileError, match="open to others"):
        arguments_of(f"{ADDRESS}?passfile={file}")


def test_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql+pg8000://museion@127.0.0.1:9/museion")
    with pytest.raises(UnavailableError, match="does not answer\nhint: "), database.reading() as it:
        it.connection()
    database.close()


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("25006", READ_ONLY),
        ("28P01", LOCKED_OUT),
        ("3D000", LOCKED_OUT),
        ("40001", BUSY),
        ("42501", LOCKED_OUT),
        ("42P01", NOT_SET_UP),
        ("53100", FULL),
        ("53300", BUSY),
        ("55P03", BUSY),
        ("57P01", GONE),
        ("57P03", GONE),
    ],
)
def test_each_code_of_postgresql_has_a_meaning(code: str, failure: Failure) -> None:
    assert postgresql.failure_of(Exception({"C": code, "M": "said"})) is failure


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("database is locked", BUSY),
        ("database or disk is full", FULL),
        ("attempt to write a readonly database", READ_ONLY),
        ("no such table: person", NOT_SET_UP),
        ("file is not a database", UNREADABLE),
    ],
)
def test_each_text_of_sqlite_has_a_meaning(text: str, failure: Failure) -> None:
    assert sqlite.failure_of(Exception(text)) is failure
