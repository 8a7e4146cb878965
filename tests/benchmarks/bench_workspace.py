"""A workspace beside a stock server: from the click to a usable JupyterLab, and memory when idle.

Both run on this machine in the same run, in turns, each time with a browser that has never been
there. Usable means that the launcher's cards are there to be clicked. Idle means that the browser
is gone and the server's processes have used almost no processor time for a while.
"""

import os
import random
import statistics
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
from playwright.sync_api import Browser, Page

from museion_hub.environment import CHECKOUT
from tests.support.browser import PATIENCE_MS, chromium
from tests.support.hub import find_server, temp_hub
from tests.support.memory import children_of, command_of, cpu_s, pss_mb, tree_of
from tests.support.side_by_side import Timing, print_latency, say
from tests.support.stock_hub import stock_hub
from tests.support.waiting import wait_until

ROUNDS = int(os.environ.get("MUSEION_BENCH_ROUNDS", "5"))
PERSON = "murals-lead"
IDLE_FOR_S = 5.0
IDLE_CPU_S = 0.25
USABLE = ".jp-LauncherCard >> nth=0"


@dataclass
class Subject:
    """A hub that is measured: whose server is started, and by which button."""

    url: str
    password: str
    pid: int
    token: str
    account: str
    button: str
    start_s: list[float] = field(default_factory=list)
    idle_mb: list[float] = field(default_factory=list)

    def run_once(self, browser: Browser) -> None:
        """Start a server by a click, measure it, and stop it again."""
        before = children_of(self.pid)
        with self._arrived(browser) as page:
            started = time.perf_counter()
            page.locator(self.button).click()
            page.locator(USABLE).wait_for()
            self.start_s.append(time.perf_counter() - started)
        (server,) = children_of(self.pid) - before
        wait_until(lambda: _is_idle(tree_of(server)), "the server is idle")
        self.idle_mb.append(pss_mb(tree_of(server)))
        self._stop()

    def forget(self) -> None:
        """Leave the first round out: it fills the machine's caches."""
        self.start_s.clear()
        self.idle_mb.clear()

    @contextmanager
    def _arrived(self, browser: Browser) -> Generator[Page]:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{self.url}/hub/login?next=/hub/home")
        page.locator("input[name=username]").fill(PERSON)
        page.locator("input[name=password]").fill(self.password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url("**/hub/home")
        yield page
        context.close()

    def _stop(self) -> None:
        headers = {"Authorization": f"token {self.token}"}
        with httpx.Client(base_url=f"{self.url}/hub/api", headers=headers, timeout=60) as client:
            client.delete(f"/users/{self.account}/server").raise_for_status()
            wait_until(lambda: find_server(client, self.account) is None, "the server has ended")


def _is_idle(pids: set[int]) -> bool:
    before = cpu_s(pids)
    time.sleep(IDLE_FOR_S)
    return cpu_s(pids) - before < IDLE_CPU_S


def _own_hub() -> int:
    config = str(CHECKOUT / "hub" / "jupyterhub_config.py")
    (pid,) = (pid for pid in children_of(os.getpid()) if config in command_of(pid))
    return pid


def test_workspace_beside_a_stock_server() -> None:
    with ExitStack() as stack:
        hub = stack.enter_context(temp_hub())
        ours = Subject(
            hub.url,
            hub.password,
            _own_hub(),
            hub.runtime.tokens.operator,
            "wg-murals",
            "a[href*='/spawn/wg-murals']",
        )
        stock = stack.enter_context(stock_hub())
        peer = Subject(stock.url, stock.password, stock.pid, stock.token, PERSON, "#start")
        browser = stack.enter_context(chromium())
        for turn in range(ROUNDS + 1):
            for subject in random.sample([ours, peer], 2):
                subject.run_once(browser)
                if turn == 0:
                    subject.forget()
    say(f"\nworkspace beside JupyterHub + SimpleLocalProcessSpawner, {ROUNDS} rounds each")
    timings = [Timing(tuple(one.start_s), (0.0,)) for one in (ours, peer)]
    print_latency("from click to usable JupyterLab", *timings, "")
    mine, theirs = (statistics.median(one.idle_mb) for one in (ours, peer))
    say(f"{'idle memory (PSS)':52}{mine:7.0f}MB{theirs:7.0f}MB  {mine / theirs:5.2f}")
