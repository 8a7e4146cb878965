"""A pod goes on without a gateway, is found by the next one, and ends by itself in time."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from museion_hub.gateway.channel import channel_pair
from museion_hub.gateway.keeper import WIRE_FD
from museion_hub.gateway.kept import KeptPod
from museion_hub.gateway.sandboxing import POD_MODULE
from museion_hub.gateway.tending import connect_to, end_all, names_in, peer_of, remove_sockets
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

LAUNCH = ([sys.executable, "-P", "-m", POD_MODULE, str(WIRE_FD)], {"PATH": os.environ["PATH"]})
NAME = "0123456789abcdef"
LONG = "long-" * 40
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
TIMEOUT_S = 60.0


async def until(claim: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, claim, "", TIMEOUT_S)


def modes(folder: Path) -> set[int]:
    """Return who may connect to the sockets in a folder."""
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def started(folder: Path, alone_s: float = 600.0) -> KeptPod:
    pod = KeptPod(folder, NAME, lambda: None)
    await pod.open(LAUNCH, {}, has_private_network=False, alone_s=alone_s)
    await pod.start("worker", SLEEP, {})
    return pod


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder too deep for the path of a unix socket."""
    (tmp_path / LONG).mkdir(mode=0o700)
    return tmp_path / LONG


async def test_the_next_gateway_finds_it_with_what_runs_in_it(folder: Path) -> None:
    first = await started(folder)
    first.leave()
    assert names_in(folder) == [NAME]
    second = KeptPod(folder, NAME, lambda: None)
    await second.find()
    assert (second.folder, second.ports) == (first.folder, first.ports)
    assert second.addresses == first.addresses
    assert second.is_running("worker")
    await second.start("worker", SLEEP, {})
    await second.close()
    await until(lambda: not list(folder.iterdir()) and not Path(second.folder).exists())


async def test_it_ends_by_itself_without_a_gateway(folder: Path) -> None:
    pod = await started(folder, alone_s=0.1)
    pod.leave()
    await until(lambda: list(folder.iterdir()) == [])


async def test_it_ends_when_its_socket_is_taken_away(folder: Path) -> None:
    pod = await started(folder)
    pod.leave()
    remove_sockets(folder, NAME)
    await until(lambda: not Path(pod.folder).exists())


async def test_the_gateway_hears_of_a_process_and_of_a_pod_that_end(folder: Path) -> None:
    lost = asyncio.Event()
    pod = KeptPod(folder, NAME, lost.set)
    await pod.open(LAUNCH, {}, has_private_network=False)
    await pod.start("short", [sys.executable, "-c", "pass"], {})
    await until(lambda: not pod.is_running("short"))
    await asyncio.to_thread(end_all, folder)
    async with asyncio.timeout(TIMEOUT_S):
        await lost.wait()


async def test_nobody_else_may_be_its_gateway(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = await started(folder)
    assert modes(folder) == {0o600}
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    with pytest.raises(PermissionError, match="another account"):
        connect_to(folder, NAME)
    monkeypatch.undo()
    await pod.close()


async def test_a_pod_that_cannot_start_is_said_at_once(folder: Path) -> None:
    pod = KeptPod(folder, NAME, lambda: None)
    with pytest.raises(OSError, match="ended before it was ready"):
        await pod.open((["/bin/false"], {}), {}, has_private_network=False)
    assert names_in(folder) == []


def test_a_process_of_the_same_account_is_known_by_its_number() -> None:
    ours, theirs = channel_pair()
    with ours, theirs:
        assert peer_of(ours) == os.getpid()
