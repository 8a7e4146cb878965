"""A gateway of its own beside a running hub, for tests that stop it in unfriendly ways."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psutil

from museion_hub.gateway.address import PREFIX
from museion_hub.runtime import Ports, new_runtime, save_runtime
from museion_hub.settings import save_settings
from tests.support.hub import START_TIMEOUT_S, STOP_TIMEOUT_S, TempHub
from tests.support.waiting import answers, wait_until

ACCESS = "access:services!service=dask-gateway"


def account_token(hub: TempHub, account: str, *scopes: str) -> str:
    """Return a fresh token of a workgroup's account, as its server would hold it."""
    answer = httpx.post(
        f"{hub.url}/hub/api/users/{account}/tokens",
        headers={"Authorization": f"token {hub.runtime.tokens.registry}"},
        json={"scopes": list(scopes)},
    )
    answer.raise_for_status()
    return str(answer.json()["token"])


@dataclass(frozen=True, slots=True)
class TempGateway:
    """A running gateway."""

    process: psutil.Process
    ports: Ports
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.gateway}{PREFIX}"

    @property
    def dask_settings(self) -> dict[str, object]:
        """What a kernel would know of this gateway from its environment."""
        return {
            "gateway.address": self.url,
            "gateway.proxy-address": f"gateway://127.0.0.1:{self.ports.gateway_scheduler}",
            "gateway.auth.type": "jupyterhub",
            "gateway.auth.kwargs": {"api_token": self.token},
        }


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
    picked = new_runtime(hub.settings).ports
    ports = replace(
        hub.runtime.ports, gateway=picked.gateway, gateway_scheduler=picked.gateway_scheduler
    )
    settings = replace(hub.settings, **changes)  # type: ignore[arg-type]  # a test's own settings
    save_settings(settings, folder / "museion.toml")
    save_runtime(replace(hub.runtime, ports=ports), folder / "runtime.json")
    options = ("--config", folder / "museion.toml", "--runtime", folder / "runtime.json")
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "museion_hub.gateway", *map(str, options)],
            env={"PATH": os.environ["PATH"]},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    token = account_token(hub, "wg-murals", ACCESS)
    gateway = TempGateway(psutil.Process(process.pid), ports, token)
    try:
        wait_until(
            lambda: answers(f"{gateway.url}/api/health"), "the gateway answers", START_TIMEOUT_S
        )
        yield gateway
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
