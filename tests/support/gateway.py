"""A gateway of its own beside a running hub, for tests that end it in unfriendly ways."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psutil
from dask_gateway import Gateway, JupyterHubAuth

from museion_hub.gateway.address import prefix, workspace_environment
from museion_hub.gateway.kept import KEEPER_MODULE
from museion_hub.gateway.tending import end_all
from museion_hub.runtime import GatewayRuntime, new_runtime, save_runtime
from museion_hub.settings import ComputePlace, Settings, save_settings
from museion_hub.workplaces import state_paths
from tests.support.hub import STOP_TIMEOUT_S, TempHub
from tests.support.waiting import answers, wait_until

ACCESS = "access:services!service=dask-gateway"
PLACE = "beside"


def forget(gateway: Gateway) -> None:
    """Let a closed client be collected in silence: dask-gateway 2026.3 closes it once more."""
    vars(gateway).pop("_loop_runner", None)


def account_token(hub: TempHub, account: str, *scopes: str) -> str:
    """Return a fresh token of a workgroup's account, as its server would hold it."""
    answer = httpx.post(
        f"{hub.url}/hub/api/users/{account}/tokens",
        headers={"Authorization": f"token {hub.runtime.tokens.registry}"},
        json={"scopes": list(scopes)},
    )
    answer.raise_for_status()
    return str(answer.json()["token"])


@dataclass
class TempGateway:
    """A gateway of a test's own; it can be ended and started again."""

    files: Path
    settings: Settings
    own: GatewayRuntime
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.own.port}{prefix(self.settings, PLACE)}"

    @property
    def folder(self) -> Path:
        """Where its books, ledger and sockets are."""
        return state_paths(self.settings).clusters / PLACE

    @property
    def dask_settings(self) -> dict[str, object]:
        """What a kernel would know of this gateway from its environment."""
        return {
            "gateway.address": self.url,
            "gateway.proxy-address": f"gateway://127.0.0.1:{self.own.scheduler_port}",
            "gateway.auth.type": "jupyterhub",
            "gateway.auth.kwargs": {"api_token": self.token},
        }

    @property
    def authentication(self) -> JupyterHubAuth:
        """What proves to this gateway that one is *murals*."""
        return JupyterHubAuth(api_token=self.token)

    @property
    def environment(self) -> dict[str, str]:
        """What a kernel would find of this gateway in its environment."""
        url = f"http://127.0.0.1:{self.own.port}"
        found = workspace_environment(self.settings, url, {PLACE: self.own})
        return {**found, "JUPYTERHUB_API_TOKEN": self.token}

    def start(self) -> None:
        """Start the gateway and wait until it answers."""
        options = (
            "--config",
            self.files / "museion.toml",
            "--runtime",
            self.files / "runtime.json",
        )
        with (self.files / "gateway.log").open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "museion_hub.gateway", *map(str, options)],
                env={"PATH": os.environ["PATH"]},
                cwd=self.files,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.process = psutil.Process(self._child.pid)
        wait_until(lambda: answers(f"{self.url}/api/health"), "the gateway answers")

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the gateway alone, and wait until it is gone."""
        self._child.send_signal(number)
        self._child.wait(STOP_TIMEOUT_S)

    def kept(self) -> list[psutil.Process]:
        """Return what outlives the gateway: keepers, pods and proxy, with all below them."""
        mark = str(self.folder)
        keepers = [each for each in psutil.process_iter() if mark in _folder_of(each)]
        return [*keepers, *(child for each in keepers for child in each.children(recursive=True))]

    @property
    def log(self) -> str:
        return (self.files / "gateway.log").read_text()


def _folder_of(process: psutil.Process) -> str:
    """Return the folder that a keeper holds open, empty for any other process."""
    try:
        if KEEPER_MODULE not in process.cmdline():
            return ""
        links = Path(f"/proc/{process.pid}/fd").iterdir()
        return " ".join(str(link.readlink()) for link in links)
    except (psutil.Error, OSError):
        return ""


@contextmanager
def temp_gateway(hub: TempHub, folder: Path, **changes: object) -> Generator[TempGateway]:
    """Run another gateway for the same hub and the same storage.

    Parameters
    ----------
    hub
        Who signs in, and whose storage is seen.
    folder
        Where its settings and its runtime are written.
    **changes
        Settings that differ from the hub's.
    """
    beside = replace(hub.settings, compute=(ComputePlace(PLACE),))
    settings = replace(beside, **changes)  # type: ignore[arg-type]  # a test's own settings
    known = hub.runtime.gateways[hub.settings.compute[0].name]
    own = replace(new_runtime(settings).gateways[PLACE], token=known.token)
    save_settings(settings, folder / "museion.toml")
    save_runtime(replace(hub.runtime, gateways={PLACE: own}), folder / "runtime.json")
    gateway = TempGateway(folder, settings, own, account_token(hub, "wg-murals", ACCESS))
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.end()
        end_all(gateway.folder)
