"""A sandbox with limits and a program of a test's choosing in the server's place; no hub."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from museion_hub.environment import find_environment
from museion_hub.launch import limit_options
from museion_hub.sandbox.bubblewrap import Mount, Plan, sandbox_arguments
from museion_hub.sandbox.door import inner_options, outer_options
from museion_hub.sandbox.limits import Bounds
from museion_hub.sandbox.outer import watch_options
from tests.support.waiting import wait_until

SERVER = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("asked to end", flush=True), os._exit(0)))
kernels = [subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
           for code in sys.argv[1:]]
print("started", flush=True)
while True:
    for kernel in [kernel for kernel in kernels if kernel.poll() is not None]:
        kernels.remove(kernel)
        print("a kernel ended", kernel.returncode, flush=True)
    time.sleep(0.05)
"""
START_TIMEOUT_S = 90.0


@dataclass
class LimitedSandbox:
    """A running sandbox and what it printed."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def report(self) -> dict[str, Any]:
        """What the watch wrote last; empty as long as it wrote nothing."""
        try:
            content: dict[str, Any] = json.loads((self.folder / "limits.json").read_text())
        except FileNotFoundError:
            return {}
        return content

    @property
    def messages(self) -> list[str]:
        return [notice["message"] for notice in self.report.get("notices", [])]


@contextmanager
def limited_sandbox(
    bounds: Bounds, *kernels: str, server: str = SERVER
) -> Generator[LimitedSandbox]:
    """Run `server` in a sandbox, which runs each of `kernels`, all of them Python code."""
    with _sandbox(bounds, (server, *kernels)) as sandbox:
        wait_until(lambda: "started" in sandbox.log, "the server starts", START_TIMEOUT_S)
        yield sandbox


@contextmanager
def limited_sandbox_of(
    mounts: Sequence[Mount], expected: Sequence[str]
) -> Generator[LimitedSandbox]:
    """Run a server that sees `mounts`, if they are what is `expected`."""
    with _sandbox(Bounds(), (SERVER,), mounts, expected) as sandbox:
        yield sandbox


@contextmanager
def _sandbox(
    bounds: Bounds,
    code: Sequence[str],
    mounts: Sequence[Mount] = (),
    expected: Sequence[str] = (),
) -> Generator[LimitedSandbox]:
    software = find_environment()
    paths = (*software.readable, software.relay)
    with tempfile.TemporaryDirectory(prefix="museion-limits-") as name:
        folder = Path(name)
        plan = Plan(
            name="limited",
            mounts=(*(Mount(path, str(path)) for path in paths), *mounts),
            private=("/tmp", "/run/kernels"),  # noqa: S108  the sandbox's own
            folder="/",
            memory_bytes=bounds.memory_bytes,
        )
        python = str(software.python)
        inside = [
            *(python, "-I", "-S", str(software.relay)),
            *(*inner_options(None), *limit_options(bounds)),
            *(word for each in expected for word in ("--expect", each)),
            *("--", python, "-I", "-c", *code),
        ]
        outside = [*outer_options(None), *watch_options(bounds, folder / "limits.json"), "--"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-m", "museion_hub.sandbox.outer", *outside),
                    *sandbox_arguments(plan, inside),
                ],
                cwd=folder,
                env={"PATH": os.environ["PATH"]},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        sandbox = LimitedSandbox(process, folder)
        try:
            yield sandbox
        finally:
            process.terminate()
            try:
                process.wait(START_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
