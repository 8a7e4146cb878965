"""A real hub on free ports, with the demonstration's workgroups, for as long as a test needs it.

Proxy, hub, registry and gateway run as in a deployment; only the supervisor is missing. So a
test that breaks something sees each part by itself.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx

from museion_hub.gateway.tending import end_all
from museion_hub.registry.demo import prepare_demo
from museion_hub.run.commands import hub_command, proxy_command, scripts_folder
from museion_hub.runtime import Runtime, free_ports, new_runtime, save_runtime
from museion_hub.settings import Settings, save_settings
from museion_hub.workplaces import StatePaths, registry_database_url, state_paths
from tests.support.waiting import answers, wait_until

START_TIMEOUT_S = 240.0
SERVER_TIMEOUT_S = 240.0
STOP_TIMEOUT_S = 40.0
REQUEST_TIMEOUT_S = 30.0


def free_port() -> int:
    return free_ports(1)[0]


@dataclass(frozen=True, slots=True)
class TempHub:
    """What a test may know of the hub it talks to."""

    settings: Settings
    runtime: Runtime
    password: str

    @property
    def url(self) -> str:
        return self.settings.url

    @property
    def paths(self) -> StatePaths:
        return state_paths(self.settings)

    @contextmanager
    def signed_in(self, username: str, password: str | None = None) -> Generator[httpx.Client]:
        """Give a client with the cookies of a person who has just signed in."""
        with httpx.Client(
            base_url=self.url, follow_redirects=True, timeout=REQUEST_TIMEOUT_S
        ) as client:
            client.get("/hub/login", headers={"Sec-Fetch-Mode": "navigate"})
            client.post(
                "/hub/login",
                params={"_xsrf": client.cookies["_xsrf"]},
                data={"username": username, "password": password or self.password},
            )
            yield client

    def token_of(self, username: str) -> str:
        """Give a token with which a program may do what the person may."""
        with self.signed_in(username) as client:
            asked = client.post(
                f"/hub/api/users/{username}/tokens",
                headers={"X-XSRFToken": client.cookies["_xsrf"], "Referer": f"{self.url}/hub/home"},
                json={"note": "test"},
            )
            asked.raise_for_status()
            return str(asked.json()["token"])

    @contextmanager
    def operator(self) -> Generator[httpx.Client]:
        """Give a client with the operator's token, for the hub's REST API."""
        headers = {"Authorization": f"token {self.runtime.tokens.operator}"}
        with httpx.Client(
            base_url=f"{self.url}/hub/api", headers=headers, timeout=REQUEST_TIMEOUT_S
        ) as client:
            yield client

    def start_servers(self, *accounts: str) -> None:
        """Start the servers that are not running yet, and wait until all are ready."""
        try:
            with self.operator() as client, ThreadPoolExecutor() as threads:
                list(threads.map(partial(_start_server, client), accounts))
        except Exception as error:
            error.add_note(self.log("hub")[-4000:])
            raise

    def log(self, name: str) -> str:
        return (self.paths.run / f"{name}.log").read_text()


def _start_server(client: httpx.Client, account: str) -> None:
    def exists() -> bool:
        return client.get(f"/users/{account}").is_success

    wait_until(exists, f"the account {account} exists", START_TIMEOUT_S)
    if find_server(client, account) is None:
        client.post(f"/users/{account}/server").raise_for_status()
    wait_until(lambda: is_ready(client, account), f"{account}'s server", SERVER_TIMEOUT_S)


def is_ready(client: httpx.Client, account: str) -> bool:
    """Tell whether a server answers.

    Raises
    ------
    RuntimeError
        It neither answers nor is starting.
    """
    server = find_server(client, account)
    if server is None:
        raise RuntimeError(f"the server did not start: {account}")
    return bool(server["ready"])


def find_server(client: httpx.Client, account: str) -> dict[str, object] | None:
    """Return what the hub knows about an account's server, None if it is stopped."""
    servers = client.get(f"/users/{account}").json()["servers"]
    return servers.get("")  # type: ignore[no-any-return]  # JSON


@contextmanager
def temp_hub(**changes: object) -> Generator[TempHub]:
    """Run a hub of its own.

    Parameters
    ----------
    **changes
        Settings that differ from the defaults.
    """
    with prepared_hub(**changes) as hub, hub_process(hub):
        yield hub


@contextmanager
def prepared_hub(**changes: object) -> Generator[TempHub]:
    """Prepare a hub of its own and run its proxy; the hub itself is not running yet.

    Parameters
    ----------
    **changes
        Settings that differ from the defaults.
    """
    with tempfile.TemporaryDirectory(prefix="museion-hub-") as folder, ExitStack() as stack:
        blank = Settings(state_dir=Path(folder) / "state", port=free_port(), auth_refresh_s=1)
        settings = replace(blank, **changes)  # type: ignore[arg-type]  # a test's own settings
        paths = state_paths(settings)
        paths.create()
        runtime = new_runtime(settings)
        save_settings(settings, paths.settings_file)
        save_runtime(runtime, paths.runtime_file)
        demo = prepare_demo(
            registry_database_url(settings), paths.root_key_file, paths.demo_password_file
        )
        hub = TempHub(settings, runtime, demo.password)
        stack.callback(end_all, paths.clusters)
        stack.enter_context(_process("proxy", proxy_command(settings, runtime), hub))
        yield hub


@contextmanager
def hub_process(hub: TempHub) -> Generator[None]:
    """Run the hub, and with it registry and gateways; as often as a test likes."""
    with _process("hub", hub_command(), hub) as process:
        for path in ("/hub/health", "/services/registry/health"):
            _wait_for(hub, path, process)
        yield


def _wait_for(hub: TempHub, path: str, process: subprocess.Popen[bytes]) -> None:
    try:
        wait_until(
            lambda: process.poll() is not None or answers(hub.url + path), path, START_TIMEOUT_S
        )
        assert process.poll() is None, "the hub has ended"
    except (AssertionError, TimeoutError) as error:
        error.add_note(hub.log("hub")[-4000:])
        raise


@contextmanager
def _process(name: str, command: list[str], hub: TempHub) -> Generator[subprocess.Popen[bytes]]:
    env = {
        "PATH": os.pathsep.join([str(scripts_folder()), os.environ["PATH"]]),
        "HOME": os.environ.get("HOME", "/"),
        "CONFIGPROXY_AUTH_TOKEN": hub.runtime.tokens.proxy,
        "MUSEION_CONFIG": str(hub.paths.settings_file),
        "MUSEION_RUNTIME": str(hub.paths.runtime_file),
    }
    with (hub.paths.run / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=env, cwd=hub.paths.run, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
