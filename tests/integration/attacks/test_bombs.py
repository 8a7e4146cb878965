"""A workgroup that takes all it can is stopped at its limits, and the others go on meanwhile."""

import time
from collections.abc import Callable

import httpx
import pytest

from museion_hub.usage import find_usage
from tests.integration.attacks.rows import Row
from tests.support.hub import TempHub
from tests.support.kernel import Kernel, kernel_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.alone

ROWS = [
    Row("a fork bomb", "the limit of processes; others answer meanwhile"),
    Row("a memory bomb in one process", "the memory limit: the process is refused more"),
    Row("a memory bomb in many processes", "the memory limit; others answer meanwhile"),
    Row("fill the machine's memory with files", "folders in memory have a size"),
]
FUSE = 6000
"""Processes after which a bomb that nobody stops stops by itself."""
FORK_BOMB = f"""
import os, time
def burst():
    while max(os.getpid(), last := os.fork()) < {FUSE}:
        pass
    time.sleep(600)
if not os.fork():
    burst()
print("lit")
"""
MANY = """
import os, time
for _ in range(20):
    if not os.fork():
        kept = bytearray(200_000_000); time.sleep(600); os._exit(0)
print("lit")
"""
ONE = """
kept = []
try:
    while True:
        kept.append(bytes(50_000_000))  # zeros that nobody wrote: refused before the watch looks
except MemoryError:
    size = len(kept); kept.clear(); print("refused", size)
"""
FILES = """
import os
written = 0
for folder in ("/tmp", "/dev/shm"):
    try:
        with open(folder + "/large", "wb", buffering=0) as file:
            while True:
                written += file.write(bytes(10_000_000))
    except OSError:
        os.unlink(folder + "/large")
print(written // 10**6)
"""
LONGEST_S = 60.0


def messages(hub: TempHub) -> list[str]:
    usage = find_usage(hub.paths.workplace("wg-lapidary"))
    return [notice.message for notice in usage.notices] if usage else []


def answers_meanwhile(hub: TempHub, claim: Callable[[], object]) -> list[float]:
    """Ask the victim's server until the claim holds; give how long each answer took."""
    headers = {"Authorization": f"token {hub.token_of('murals-lead')}"}
    took: list[float] = []

    def asked() -> object:
        begun = time.monotonic()
        url = f"{hub.url}/user/wg-murals/api/contents"
        assert httpx.get(url, headers=headers, timeout=LONGEST_S).is_success
        took.append(time.monotonic() - begun)
        return claim()

    wait_until(asked, "the bomb is stopped", LONGEST_S)
    return took


@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        pytest.param(FORK_BOMB, "was reached: the program", id="forks"),
        pytest.param(MANY, "memory limit of 1.5 GB was reached", id="memory"),
    ],
)
def test_bomb_is_stopped_while_others_work(
    hub: TempHub, murals_kernel: Kernel, bomb: str, message: str
) -> None:
    hub.start_servers("wg-lapidary")
    before = len(messages(hub))
    with kernel_of(hub, "wg-lapidary", "lapidary-lead") as kernel:
        kernel.run(bomb)
        took = answers_meanwhile(hub, lambda: len(messages(hub)) > before)
    assert murals_kernel.run("print(6 * 7)") == "42"
    assert message in messages(hub)[-1]
    assert took
    assert message in hub.paths.workplace("wg-lapidary").log.read_text()


def test_server_of_the_attacker_lives_on(hub: TempHub) -> None:
    hub.start_servers("wg-lapidary")
    with kernel_of(hub, "wg-lapidary", "lapidary-lead") as kernel:
        assert kernel.run("print(1)") == "1"


def test_one_process_is_refused_too_much_memory(hub: TempHub) -> None:
    with kernel_of(hub, "wg-lapidary", "lapidary-lead") as kernel:
        word, pieces = kernel.run(ONE).split()
    assert word == "refused"
    assert int(pieces) * 50_000_000 < 1.5e9


def test_files_in_memory_have_a_limit(hub: TempHub) -> None:
    with kernel_of(hub, "wg-lapidary", "lapidary-lead") as kernel:
        assert int(kernel.run(FILES)) <= 800
