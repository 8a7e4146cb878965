"""The relay carries streams and signals between real processes, without any sandbox."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from museion_hub.sandbox import relay
from tests.support.hub import free_port
from tests.support.waiting import wait_until

RELAY = [sys.executable, "-I", "-S", relay.__file__]
TIMEOUT_S = 30.0
ECHO = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, _ = server.accept()
    while block := client.recv(65536):
        client.sendall(block)
    client.sendall(b"the end")
    client.close()
"""
SAY_SIGNAL = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(42))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(43))
print("ready", flush=True)
while True:
    signal.pause()
"""


@contextmanager
def running(folder: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*RELAY, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def exchange(port: int, content: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as client:
        client.sendall(content)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def is_echoing(port: int) -> Callable[[], bool]:
    def check() -> bool:
        try:
            return exchange(port, b"?") == b"?the end"
        except OSError:
            return False

    return check


@pytest.fixture
def echo(tmp_path: Path) -> Generator[tuple[Path, int]]:
    """Give the port of two relays, one behind the other as around a sandbox, and an echo."""
    outside, inside = free_port(), free_port()
    inner = [*RELAY, "--watch", "61", f"fd:60=tcp:127.0.0.1:{inside}", "--"]
    server = [sys.executable, "-c", ECHO, str(inside)]
    route = f"tcp:127.0.0.1:{outside}=unix:in.sock"
    options = ("--hold", "61", "--hand", "60=in.sock", route, "--")
    with running(tmp_path, *options, *inner, *server):
        wait_until(is_echoing(outside), "the echo answers", TIMEOUT_S)
        yield tmp_path, outside


def test_stream_arrives_whole_and_its_end_too(echo: tuple[Path, int]) -> None:
    content = bytes(range(256)) * 20_000
    _, port = echo
    assert exchange(port, content) == content + b"the end"


def test_sockets_between_the_relays_are_their_owners_only(echo: tuple[Path, int]) -> None:
    folder, _ = echo
    assert oct((folder / "in.sock").stat().st_mode & 0o777) == "0o600"


def test_outward_route_ends_where_it_was_told(tmp_path: Path) -> None:
    behind, front = free_port(), free_port()
    routes = (f"unix:a.sock=tcp:127.0.0.1:{behind}", f"tcp:127.0.0.1:{front}=unix:a.sock")
    server = [sys.executable, "-c", ECHO, str(behind)]
    with running(tmp_path, *routes, "--", *server):
        wait_until(is_echoing(front), "the echo answers", TIMEOUT_S)


def test_connection_is_closed_while_nobody_answers_behind(tmp_path: Path) -> None:
    front = free_port()
    route = f"tcp:127.0.0.1:{front}=tcp:127.0.0.1:{free_port()}"
    ready = "print('ready', flush=True); input()"
    with running(tmp_path, route, "--", sys.executable, "-c", ready) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        assert exchange(front, b"") == b""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 42), (signal.SIGTERM, 43)])
def test_signal_crosses_both_relays_and_the_exit_status_comes_back(
    tmp_path: Path, number: int, status: int
) -> None:
    inner = [*RELAY, "--watch", "61", "--"]
    program = [sys.executable, "-c", SAY_SIGNAL]
    with running(tmp_path, "--hold", "61", "--", *inner, *program) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(TIMEOUT_S) == status


def test_end_of_the_outer_relay_ends_the_program(tmp_path: Path) -> None:
    inner = [*RELAY, "--watch", "61", "--"]
    program = [sys.executable, "-c", SAY_SIGNAL]
    with running(tmp_path, "--hold", "61", "--", *inner, *program) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.kill()
        assert process.stdout.read() == ""  # the program held the other end


def test_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(tmp_path, f"tcp:127.0.0.1:{port}=unix:a.sock", "--", "true") as process:
            assert process.wait(TIMEOUT_S) == relay.CANNOT_RUN
            assert process.stderr
            assert process.stderr.read().startswith("The door can't be opened: ")
