"""A real S3 server on the loopback: SeaweedFS from a package, with keys and a bucket."""

import json
import random
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

from museion_datasets.objects import RemoteObjects
from museion_datasets.place import Credentials
from tests.support.waiting import wait_until

BUCKET, REGION = "museion-test", "eu-test-1"
START_TIMEOUT_S = 60.0
_GRPC_OFFSET = 10_000  # SeaweedFS adds it to each port for its own talk
_SERVICES = ("master", "volume", "filer", "s3")
_TRIES = 200
_PROBE = {"connect_timeout": timedelta(seconds=1), "timeout": timedelta(seconds=2)}


@dataclass(slots=True)
class S3Server:
    """A server that can be killed and started again with what it holds."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    volumes: int = 200
    volume_mb: int = 1024
    access_key: str = field(default_factory=lambda: token_hex(10), repr=False)
    secret_key: str = field(default_factory=lambda: token_hex(20), repr=False)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.endpoint, REGION, self.access_key, self.secret_key)

    @property
    def environment(self) -> dict[str, str]:
        """What every S3 client takes from the environment."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def url(self, prefix: str) -> str:
        return f"s3://{BUCKET}/{prefix}"

    def objects(self, prefix: str) -> RemoteObjects:
        return RemoteObjects(BUCKET, prefix, self.credentials)

    def store(self, prefix: str = "", endpoint: str | None = None) -> S3Store:
        """Return what an attacker with access to the bucket has."""
        return S3Store(
            BUCKET,
            prefix=prefix or None,
            config={
                "endpoint": endpoint or self.endpoint,
                "region": REGION,
                "access_key_id": self.access_key,
                "secret_access_key": self.secret_key,
            },
            client_options={"allow_http": True, **_PROBE},  # type: ignore[typeddict-item]
            retry_config={"max_retries": 0},
        )

    def start(self) -> None:
        """Start, and return when a bucket can be written.

        Raises
        ------
        RuntimeError
            If the server ends, or does not get ready.
        """
        self.ports = self.ports or _free_ports()
        log = self.folder / "log"
        with log.open("ab") as file:
            command = _command(self)
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=file, stderr=file)
        try:
            wait_until(self._is_ready, "an S3 server", START_TIMEOUT_S)
        except TimeoutError as error:
            said = log.read_text(errors="replace")[-2000:]
            self.kill()
            raise RuntimeError(f"The S3 server of the tests does not start: {said}") from error

    def kill(self) -> None:
        """End it at once, as a power cut would; asked politely it waits for its own clients."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            for service, port in self.ports.items():
                name = f"seaweedfs-{service}-grpc-{port + _GRPC_OFFSET}.sock"
                Path("/tmp", name).unlink(missing_ok=True)  # noqa: S108 - where it puts them

    def _is_ready(self) -> bool:
        """Tell whether an object can be written; a server that has ended never will.

        Raises
        ------
        RuntimeError
            If it has ended.
        """
        if self._process is None or self._process.poll() is not None:
            said = (self.folder / "log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"The S3 server of the tests has ended: {said}")
        try:
            store = self.store()
            obstore.put(store, "ready", b"ready")
            return bytes(obstore.get(store, "ready").bytes()) == b"ready"
        except BaseError:
            return False


@contextmanager
def running_s3(folder: Path, **options: int) -> Iterator[S3Server]:
    """Run a server as long as the block takes."""
    folder.mkdir(parents=True, exist_ok=True)
    server = S3Server(folder, **options)  # type: ignore[arg-type]
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Generator[S3Server]:
    """Give the one server that all tests share; each takes a prefix of its own."""
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3_prefix() -> str:
    """Give a prefix of the bucket that no other test uses."""
    return f"test-{token_hex(6)}"


def _command(server: S3Server) -> list[str]:
    """Return the command line: everything in the folder, on the loopback, and nothing reported."""
    identity = {
        "name": "museion",
        "credentials": [{"accessKey": server.access_key, "secretKey": server.secret_key}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (server.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (server.folder / "data").mkdir(exist_ok=True)
    options = {
        "dir": "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "filer": "true",
        "filer.localSocket": "filer.sock",
        "s3": "true",
        "s3.config": "s3.json",
        "s3.localSocket": "s3.sock",
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.iam": "false",
        "master.telemetry": "false",
        "master.resumeState": "false",
        "master.electionTimeout": "1s",
        "master.heartbeatInterval": "100ms",
        "master.volumeSizeLimitMB": str(server.volume_mb),
        "volume.max": str(server.volumes),
        "volume.preStopSeconds": "0",
        "volume.minFreeSpace": "0",
        **{f"{service}.port": str(port) for service, port in server.ports.items()},
    }
    weed = Path(sys.executable).parent / "weed"
    return [str(weed), "server", *(f"-{name}={value}" for name, value in options.items())]


def _free_ports() -> dict[str, int]:
    """Return a port for each service whose companion is free too.

    Raises
    ------
    RuntimeError
        If there are none.
    """
    chooser = random.SystemRandom()
    for _ in range(_TRIES):
        first = chooser.randrange(20_000, 50_000)
        ports = range(first, first + len(_SERVICES))
        if all(_is_free(port) and _is_free(port + _GRPC_OFFSET) for port in ports):
            return dict(zip(_SERVICES, ports, strict=True))
    raise RuntimeError("No free ports for the S3 server of the tests")


def _is_free(port: int) -> bool:
    """Tell whether nobody listens at a port of the loopback."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
