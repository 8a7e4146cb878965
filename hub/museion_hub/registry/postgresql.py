"""The registry's database on a PostgreSQL server, through pg8000.

Writers take turns as they do on SQLite: a writing transaction begins by taking one advisory
lock, and sees at each statement what was committed before. So what it checks still holds when it
commits, and the log has no gaps. A reading transaction sees one state and can't write.

The address is ``postgresql+pg8000://user@host:5432/name`` with these options behind ``?``:
``passfile`` (a file, 0600, with the password), ``unix_sock`` (the server's socket), ``sslmode``
(``verify-full``, the default for other machines, or ``disable``) and ``sslrootcert`` (the
authority that signed the server's certificate; the machine's own authorities by default).
"""

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError

from museion_hub.custody.private_file import read_private
from museion_hub.errors import SettingsError
from museion_hub.registry.failures import (
    BUSY,
    FULL,
    GONE,
    LOCKED_OUT,
    NOT_SET_UP,
    READ_ONLY,
    Failure,
)

WRITERS_LOCK: Final = 0x6D757365696F6E
"""Number of the advisory lock: "museion" in ASCII."""
ANSWER_TIMEOUT_S: Final = 30.0
IDLE_TIMEOUT_S: Final = 60
"""After which the server ends a transaction whose process is stuck, and frees the lock."""
MAX_PASSWORD_BYTES: Final = 1024
_OPTIONS: Final = frozenset({"passfile", "unix_sock", "sslmode", "sslrootcert"})
_SAID: Final = frozenset("SCMtcn")
"""Severity, code, message and the names of table, column and constraint."""
_CLASSES: Final[dict[str, type[DBAPIError]]] = {
    "22": DataError,
    "23": IntegrityError,
    "42": ProgrammingError,
}
_FAILURES: Final = {
    "25006": READ_ONLY,
    "28": LOCKED_OUT,
    "3D": LOCKED_OUT,
    "40": BUSY,
    "42501": LOCKED_OUT,
    "42P01": NOT_SET_UP,
    "53100": FULL,
    "53300": BUSY,
    "55P03": BUSY,
    "57014": BUSY,
}


def make_engine(url: URL, busy_timeout_s: float) -> Engine:
    """Give the engine for a server; nothing is asked of the server yet."""
    engine = create_engine(
        url.set(drivername="postgresql+pg8000", query={}),
        connect_args=_connect_args(url, busy_timeout_s),
        hide_parameters=True,
        max_overflow=15,
        pool_pre_ping=True,
    )
    event.listen(engine, "handle_error", _classify)
    return engine


def begin(connection: Connection, *, writes: bool) -> None:
    """Begin a transaction; a writing one is the only one of its kind from here on."""
    if writes:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def failure_of(error: BaseException | None) -> Failure:
    """Say what an error of the driver means; without a code, the connection is gone."""
    code = _code(error)
    return next((said for start, said in _FAILURES.items() if code.startswith(start)), GONE)


def _connect_args(url: URL, busy_timeout_s: float) -> dict[str, Any]:
    unknown = url.query.keys() - _OPTIONS
    if unknown:
        raise SettingsError(
            f"Setting `database_url` has an option that is unknown: {min(unknown)}",
            hint=f"use one of: {', '.join(sorted(_OPTIONS))}",
        )
    options = {name: str(value) for name, value in url.query.items()}
    arguments: dict[str, Any] = {
        "timeout": ANSWER_TIMEOUT_S,
        "application_name": "museion",
        "ssl_context": _tls(url.host, options),
        "startup_params": {
            "lock_timeout": str(int(busy_timeout_s * 1000)),
            "idle_in_transaction_session_timeout": str(IDLE_TIMEOUT_S * 1000),
        },
    }
    if "unix_sock" in options:
        arguments["unix_sock"] = options["unix_sock"]
    if "passfile" in options:
        content = read_private(Path(options["passfile"]), "database's password", MAX_PASSWORD_BYTES)
        arguments["password"] = content.rstrip(b"\r\n").decode()
    return arguments


def _tls(host: str | None, options: dict[str, str]) -> ssl.SSLContext | bool:
    """Give what checks the server's certificate; False for a server on this machine.

    Raises
    ------
    SettingsError
        If another check is asked for, or the authority's file can't be read.
    """
    is_local = "unix_sock" in options or _is_loopback(host)
    mode = options.get("sslmode", "disable" if is_local else "verify-full")
    if mode == "disable":
        return False
    if mode != "verify-full":
        raise SettingsError(
            f"Setting `database_url`: not a sslmode: {mode}", hint="use verify-full or disable"
        )
    authority = options.get("sslrootcert")
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"Setting `database_url`: sslrootcert can't be read: {authority}",
            hint="name a file of certificates in PEM form",
        ) from error


def _is_loopback(host: str | None) -> bool:
    if host in {None, "", "localhost"}:
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _classify(context: ExceptionContext) -> None:
    """Tell the classes of errors apart, which the driver leaves to its callers.

    Raises
    ------
    DBAPIError
        One of SQLAlchemy's classes, without the rows that the server names.
    """
    original = context.original_exception
    code = _code(original)
    if code:
        said = {name: text for name, text in original.args[0].items() if name in _SAID}
        kind = _CLASSES.get(code[:2], OperationalError)
        raise kind(context.statement or "", None, type(original)(said), hide_parameters=True)


def _code(error: BaseException | None) -> str:
    """Give an error's SQLSTATE; empty if the server did not send it."""
    said = error.args[0] if error is not None and error.args else None
    return str(said.get("C", "")) if isinstance(said, dict) else ""
