"""A sandbox's limits hold against programs that mean harm, and its server goes on."""

import pytest

from museion_hub.sandbox.limits import Bounds
from tests.support.limited import LimitedSandbox, limited_sandbox
from tests.support.waiting import wait_until

MEGABYTE = 10**6
MEMORY = Bounds(memory_bytes=400 * MEGABYTE)
TASKS = Bounds(tasks=120)
QUIET = "import time; print('quiet', flush=True); time.sleep(600)"
LARGE_BY_PIECES = """
import time
kept = []
while True:
    try:
        kept.append(bytearray(20_000_000))
    except MemoryError:
        print("refused", flush=True); time.sleep(600)
    time.sleep(0.02)
"""
LARGE_BY_MANY = """
import os, time
for _ in range(8):
    if not os.fork():
        kept = bytearray(100_000_000); time.sleep(600)
time.sleep(600)
"""
LARGE_BY_MEMORY_FILE = """
import os, time
file = os.memfd_create("large")
while True:
    os.write(file, bytes(10_000_000)); time.sleep(0.02)
"""
LARGE_BY_FILES = """
import time
for folder in ("/tmp", "/dev/shm"):
    try:
        with open(folder + "/large", "wb") as file:
            while True:
                file.write(bytes(10_000_000))
    except OSError as error:
        print(folder, error.strerror, flush=True)
time.sleep(600)
"""
FUSE = """
import os, time
def fork():
    # Numbers grow with each fork in the sandbox, so a bomb that nobody stops stops here.
    try:
        pid = os.fork()
    except OSError:
        return -1
    if max(pid, os.getpid()) > 2000:
        time.sleep(600)
    return pid
"""
FORK_BOMB = f"""
{FUSE}
while True:
    fork()
"""
ORPHAN_BOMB = f"""
{FUSE}
while True:
    if not fork():
        if fork():
            os._exit(0)
        os.setsid()
        time.sleep(600)
"""
THREAD_BOMB = """
import threading, time
for _ in range(2000):
    try:
        threading.Thread(target=time.sleep, args=(600,)).start()
    except RuntimeError:
        time.sleep(0.1)
time.sleep(600)
"""
HARMFUL_SERVER = f"""
{FUSE}
print("started", flush=True)
while True:
    fork()
"""
LARGE_SERVER = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: (print("asked to end", flush=True), os._exit(0)))
kept = [bytearray(90_000_000) for _ in range(4)]
print("started", flush=True)
if not os.fork():
    os.setsid(); kept.append(bytearray(90_000_000)); time.sleep(600)
kept.append(bytes(1) * 30_000_000)
while True:
    time.sleep(1)
"""


def ended(sandbox: LimitedSandbox) -> list[str]:
    return wait_until(lambda: sandbox.messages, "something is ended", 60)


def test_use_is_reported() -> None:
    with limited_sandbox(Bounds(), QUIET) as sandbox:
        report = wait_until(lambda: sandbox.report, "a report", 60)
    assert report["tasks"] >= 4
    assert MEGABYTE < report["memory_bytes"] < 200 * MEGABYTE
    assert report["notices"] == []


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(LARGE_BY_MANY, id="many processes"),
        pytest.param(LARGE_BY_MEMORY_FILE, id="a memory file"),
    ],
)
def test_largest_program_ends_at_the_memory_limit_and_others_go_on(code: str) -> None:
    with limited_sandbox(MEMORY, QUIET, code) as sandbox:
        (message, *_) = ended(sandbox)
        wait_until(lambda: "a kernel ended -9" in sandbox.log, "the kernel ends", 20)
        assert sandbox.log.count("a kernel ended") == 1
        assert message in sandbox.log
        assert sandbox.process.poll() is None
    assert message.startswith("The workspace's memory limit of 0.4 GB was reached: the program")


def test_one_process_is_refused_what_all_may_not_have() -> None:
    with limited_sandbox(MEMORY, LARGE_BY_PIECES) as sandbox:
        wait_until(lambda: "refused" in sandbox.log or sandbox.messages, "it ends", 60)
        assert sandbox.process.poll() is None


def test_files_in_memory_fill_no_more_than_their_part() -> None:
    with limited_sandbox(MEMORY, LARGE_BY_FILES) as sandbox:
        wait_until(lambda: sandbox.log.count("No space left") == 2, "all is full", 60)
        assert sandbox.process.poll() is None


@pytest.mark.parametrize(
    ("code", "left"),
    [
        pytest.param(FORK_BOMB, 20, id="forks"),
        # What it had cut loose before looks like anybody's; it may stay, within the limit.
        pytest.param(ORPHAN_BOMB, 120, id="orphans"),
        pytest.param(THREAD_BOMB, 20, id="threads"),
    ],
)
def test_bomb_ends_and_others_go_on(code: str, left: int) -> None:
    with limited_sandbox(TASKS, QUIET, code) as sandbox:
        (message, *_) = ended(sandbox)
        wait_until(lambda: "a kernel ended -9" in sandbox.log, "the kernel ends", 60)
        wait_until(lambda: sandbox.report["tasks"] < left, "what it started ends", 60)
        assert sandbox.process.poll() is None
    assert message.startswith("The workspace's limit of 120 processes and threads was reached")


def test_server_that_multiplies_ends_with_its_sandbox() -> None:
    with limited_sandbox(TASKS, server=HARMFUL_SERVER) as sandbox:

        def has_ended() -> bool:
            # Its children are ended twice first; by then the fuse may have stopped it.
            is_alone = len(sandbox.messages) > 1 and sandbox.report["tasks"] < 20
            return sandbox.process.poll() is not None or is_alone

        wait_until(has_ended, "all ends, or all that it started", 60)
        is_over = sandbox.process.poll() is not None
        assert is_over == any("its server was ended" in each for each in sandbox.messages)


def test_server_that_grows_is_asked_to_end_before_it_is_killed() -> None:
    with limited_sandbox(MEMORY, server=LARGE_SERVER) as sandbox:
        wait_until(lambda: sandbox.process.poll() is not None, "it ends", 60)
        assert "asked to end" in sandbox.log
