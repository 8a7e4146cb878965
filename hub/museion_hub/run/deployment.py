"""One start of everything on this machine: what is started, in which order, and how it ends.

The machine is checked first. Then the proxy is started (a process of its own, so that a
hub restart cuts nobody's session), then the hub, which starts registry and gateway. What
fails says so in one sentence with the end of its log.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from museion_hub.custody.guards import Guard
from museion_hub.environment import CHECKOUT
from museion_hub.errors import StartError
from museion_hub.gateway.address import prefix
from museion_hub.gateway.tending import end_all
from museion_hub.run import checks, processes
from museion_hub.run.commands import hub_command, proxy_command, scripts_folder
from museion_hub.run.processes import Child
from museion_hub.run.progress import Progress
from museion_hub.runtime import Runtime, new_runtime, save_runtime
from museion_hub.sandbox.probe import probe
from museion_hub.settings import Settings, save_settings
from museion_hub.workplaces import StatePaths, state_paths

START_TIMEOUT_S = 90.0
POLL_S = 0.1
REQUEST_TIMEOUT_S = 5.0
PARTS = ("/hub/health", "/services/registry/health")
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(slots=True)
class Deployment:
    """Everything that is started, and how it is stopped.

    Parameters
    ----------
    settings
        What the operator decided.
    progress
        Where steps are shown.
    guard
        What protects the root key, once it is known.
    """

    settings: Settings
    progress: Progress
    children: list[Child] = field(default_factory=list)
    guard: Guard | None = field(default=None, repr=False)

    @property
    def paths(self) -> StatePaths:
        """Where this deployment keeps everything."""
        return state_paths(self.settings)

    def check(self) -> None:
        """Check everything that can be known before a process is started."""
        checks.require_sign_in(self.settings)
        checks.require_compute(self.settings)
        checks.require_disk(self.paths.root)
        checks.require_free_port(self.settings.host, self.settings.port)
        checks.require_proxy_program(CHECKOUT)
        probe(self.settings)

    def start(self) -> Runtime:
        """Start proxy and hub, and wait until every part answers."""
        end_all(self.paths.clusters)  # what a deployment left that was killed
        runtime = new_runtime(self.settings)
        save_settings(self.settings, self.paths.settings_file)
        save_runtime(runtime, self.paths.runtime_file)
        with self.progress.step("starting the proxy"):
            self._start_proxy(runtime)
        with self.progress.step("starting hub, registry and gateway"):
            self._start_hub()
            for part in (*PARTS, *self._gateways()):
                self._wait_for(part)
        return runtime

    def stop(self) -> None:
        """Stop everything that was started, and whatever it started."""
        processes.stop(self.children)
        end_all(self.paths.clusters)

    def watch(self) -> None:
        """Return never: only an error, or a signal's exception, ends it."""
        while True:
            self._require_alive()
            processes.reap_adopted(self.children)
            time.sleep(POLL_S)

    def _gateways(self) -> list[str]:
        names = [place.name for place in self.settings.compute]
        return [f"{prefix(self.settings, name)}/api/health" for name in names]

    def _require_alive(self) -> None:
        for child in self.children:
            code = child.process.poll()
            if code is not None:
                lines = processes.last_lines(child.log)
                message = f"The {child.name} has ended, exit code: {code}\n{lines}"
                raise StartError(message, hint=f"the whole log is {child.log}")

    def _start_proxy(self, runtime: Runtime) -> None:
        command = proxy_command(self.settings, runtime)
        self._start("proxy", command, {"CONFIGPROXY_AUTH_TOKEN": runtime.tokens.proxy})

    def _start_hub(self) -> None:
        env = {
            "MUSEION_CONFIG": str(self.paths.settings_file),
            "MUSEION_RUNTIME": str(self.paths.runtime_file),
        }
        self._start("hub", hub_command(), env)

    def _start(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        log = self.paths.run / f"{name}.log"
        log.unlink(missing_ok=True)
        self.children.append(processes.start(name, command, {**inherited(), **env}, log))

    def _wait_for(self, part: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not answers(self.settings.url + part):
            self._require_alive()
            if time.monotonic() > deadline:
                message = f"Nothing answers after {START_TIMEOUT_S:.0f} s at: {part}"
                raise StartError(message, hint=f"read the logs in {self.paths.run}")
            time.sleep(POLL_S)


def answers(url: str) -> bool:
    """Tell whether a URL answers with success."""
    try:
        return httpx.get(url, timeout=REQUEST_TIMEOUT_S).is_success
    except httpx.TransportError:
        return False


def inherited() -> dict[str, str]:
    """Return what children may know of this process's environment: no secrets of a shell."""
    known = {name: os.environ[name] for name in INHERITED if name in os.environ}
    path = os.pathsep.join([str(scripts_folder()), known.get("PATH", "")])
    return {**known, "PATH": path}
