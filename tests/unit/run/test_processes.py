"""What was started is stopped, whatever it did to stay."""

import subprocess
import sys
from pathlib import Path

import pytest

from museion_hub.run.processes import descendants

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
time.sleep(600)
"""
SUPERVISOR = """
import os, sys, pathlib
from museion_hub.run import processes
processes.adopt_orphans()
log = pathlib.Path(sys.argv[1])
child = processes.start("stubborn", [sys.executable, "-c", sys.argv[2]], dict(os.environ), log)
while not log.read_text().strip():
    pass
processes.stop([child], grace_s=0.3)
print(len(processes.descendants(os.getpid())))
"""


def test_daemons_that_ignore_a_polite_request_are_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", SUPERVISOR, str(log), STUBBORN]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "0"
    daemon = int(log.read_text().split()[0])
    assert not Path(f"/proc/{daemon}").exists()


def test_descendants_of_a_process_that_is_gone_are_none() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert descendants(process.pid) == []


@pytest.mark.parametrize("depth", [1, 3])
def test_descendants_are_found_at_any_depth(depth: int) -> None:
    script = "read line" if depth == 1 else "sh -c 'sh -c \"read line; true\"; true'; true"
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE) as process:
        while len(descendants(process.pid)) < depth - 1:
            assert process.poll() is None
        process.communicate(b"\n")
