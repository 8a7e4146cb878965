"""Starts a whole deployment with the command that a person uses, for tests that need one."""

import os
import re
import signal
import subprocess
import sysconfig
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.hub import free_port

ROOT = Path(__file__).resolve().parents[2]
MUSEION = Path(sysconfig.get_path("scripts")) / "museion"
START_TIMEOUT_S = 360.0
STOP_TIMEOUT_S = 30.0


@dataclass
class Deployment:
    """A running deployment and what it printed."""

    process: subprocess.Popen[str]
    state: Path
    lines: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def url(self) -> str:
        return self._printed(r"(http://\S+)")

    @property
    def password(self) -> str:
        return (self.state / "secrets" / "demo-password").read_text().strip()

    def _printed(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found, self.output
        return found[1].rstrip("/")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while "Ctrl-C" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.wait_until_ended()

    def wait_until_ended(self) -> int:
        """Return the exit code, when all of the output has arrived."""
        code = self.process.wait(STOP_TIMEOUT_S)
        if self.reader:
            self.reader.join(STOP_TIMEOUT_S)
        return code


def launch(state: Path, *arguments: str, port: int | None = None) -> Deployment:
    """Start `museion run` without waiting for it."""
    command = [str(MUSEION), "run", "--state-dir", str(state), "--port", str(port or free_port())]
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deployment = Deployment(process, state)
    deployment.reader = threading.Thread(target=_collect, args=(deployment,), daemon=True)
    deployment.reader.start()
    return deployment


def _collect(deployment: Deployment) -> None:
    assert deployment.process.stdout
    with deployment.process.stdout as output:
        for line in output:
            deployment.lines.append(line.rstrip())


@contextmanager
def running(state: Path, *arguments: str) -> Generator[Deployment]:
    """Run a deployment, ready to be used, and stop all of it again."""
    deployment = launch(state, *arguments)
    try:
        deployment.wait_until_ready()
        yield deployment
    finally:
        if deployment.process.poll() is None:
            deployment.interrupt()
