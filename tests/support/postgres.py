"""A real PostgreSQL from Debian's package, on a free port, for as long as the tests run.

PostgreSQL refuses to run as root, so root starts it as the account `postgres` that the package
makes; anybody else starts it as themselves. Its files lie in a short temporary folder, nothing is
forced to disk, and it ends with the process that started it, even if that is killed.
"""

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pg8000.native
import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from tests.support.hub import free_port
from tests.support.waiting import wait_until

ACCOUNT = "postgres"
USER = "museion"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}


@dataclass
class PostgresServer:
    """A server of its own, which a test may also kill."""

    programs: Path
    folder: Path
    port: int
    password: str = field(default_factory=lambda: secrets.token_hex(12), repr=False)
    process: subprocess.Popen[bytes] | None = None
    _numbers: "count[int]" = field(default_factory=count)

    def create_cluster(self) -> None:
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            shutil.chown(password_file, ACCOUNT, ACCOUNT)
        command = [self.programs / "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        command += ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password_file}"]
        done = subprocess.run(
            as_account([*map(str, command), str(self.folder / "data")]),
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    def start(self) -> None:
        """Start it from the main thread: it ends with the thread that started it."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        command += ["-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                as_account(command), cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )
        wait_until(self._answers, "PostgreSQL answers", START_TIMEOUT_S)

    def kill(self) -> None:
        """End all of its processes at once, as a machine that loses its power does."""
        process = self.process
        assert process is not None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in (process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(STOP_TIMEOUT_S)

    def stop(self) -> None:
        """End it in good order."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_TIMEOUT_S)

    def url(self, database: str) -> str:
        return f"postgresql+pg8000://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template0") -> str:
        """Make a database like the template; give its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def run(self, statement: str, database: str = "postgres") -> list[list[object]]:
        """Run a statement as the server's administrator."""
        connection = self._connect(database)
        try:
            return connection.run(statement) or []  # type: ignore[no-any-return]  # a driver's rows
        finally:
            connection.close()

    def _connect(self, database: str) -> pg8000.native.Connection:
        return pg8000.native.Connection(
            USER, "127.0.0.1", database, self.port, self.password, ssl_context=False
        )

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            self.run("SELECT 1")
        except InterfaceError:
            return False
        except DatabaseError as error:
            if error.args[0].get("C") == "57P03":  # it is starting
                return False
            raise
        return True


def as_account(command: list[str]) -> list[str]:
    """Give the command that ends with us, and is not run as root."""
    drop = [f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"]
    return ["setpriv", "--pdeathsig=INT", *(drop if os.geteuid() == 0 else []), *command]


def find_programs() -> Path:
    """Give the folder of Debian's newest server, or the one on PATH."""
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(re.sub(r"\D", "", path.parts[-3]) or 0),
    )
    if not versions:
        pytest.fail(
            "PostgreSQL's server is missing\nhint: apt-get install postgresql", pytrace=False
        )
    return versions[-1].parent


@contextmanager
def running_postgres() -> Generator[PostgresServer]:
    """Run a server of its own."""
    programs = find_programs()
    with tempfile.TemporaryDirectory(prefix="museion-pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT, ACCOUNT)
        server = PostgresServer(programs, folder, free_port())
        server.create_cluster()
        try:
            server.start()
            yield server
        finally:
            if server.process is not None and server.process.poll() is None:
                server.kill()


@pytest.fixture(scope="session")
def postgres() -> Generator[PostgresServer]:
    """Give a server for all tests; each takes a database of its own."""
    with running_postgres() as server:
        yield server
