"""JupyterHub as anybody installs it, to measure beside: dummy sign-in, local processes, JupyterLab.

Its spawner is `SimpleLocalProcessSpawner`, which starts the server as the account that runs the
hub: `LocalProcessSpawner` is the same but for the switch to an account of the machine for each
person, which the machine that measures need not have. Collaboration and our own extensions are
switched off, since a plain JupyterLab has neither.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from museion_hub.environment import CHECKOUT
from museion_hub.run import checks
from museion_hub.run.commands import scripts_folder
from tests.support.hub import free_port
from tests.support.waiting import answers, wait_until

PASSWORD = "stock"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0
FOREIGN = ("museion_lab", "jupyter_server_ydoc", "jupyter_server_fileid")
FOREIGN_IN_THE_BROWSER = (
    "@jupyter/collaboration-extension",
    "@jupyter/docprovider-extension",
    "@museion/lab",
)
CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.Spawner.default_url = "/lab"
c.Spawner.args = ["--allow-root", {extensions!r}]
c.Spawner.environment = {{"JUPYTER_CONFIG_DIR": {config!r}}}
c.JupyterHub.services = [{{"name": "bench", "api_token": {token!r}, "admin": True}}]
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""


@dataclass(frozen=True, slots=True)
class StockHub:
    """What a benchmark knows of it."""

    url: str
    pid: int
    password: str
    token: str


@contextmanager
def stock_hub() -> Generator[StockHub]:
    """Run a hub as it comes, on free ports."""
    with tempfile.TemporaryDirectory(prefix="stock-hub-") as name:
        folder = Path(name)
        port = free_port()
        token = secrets.token_hex(16)
        command = _write(folder, port, token)
        with (folder / "hub.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=_environment(), stdout=log, stderr=subprocess.STDOUT
            )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: answers(f"{url}/hub/health"), "a stock hub", START_TIMEOUT_S)
            yield StockHub(url, process.pid, PASSWORD, token)
        except BaseException as error:
            error.add_note((folder / "hub.log").read_text()[-3000:])
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)


def _write(folder: Path, port: int, token: str) -> list[str]:
    node = checks.find_node(scripts_folder()) / "node"
    settings = folder / "config"
    (settings / "labconfig").mkdir(parents=True)
    disabled = {"disabledExtensions": dict.fromkeys(FOREIGN_IN_THE_BROWSER, True)}
    (settings / "labconfig" / "page_config.json").write_text(json.dumps(disabled))
    extensions = dict.fromkeys(FOREIGN, False)
    text = CONFIG.format(
        port=port,
        token=token,
        hub_port=free_port(),
        proxy_port=free_port(),
        proxy=[str(node), str(checks.require_proxy_program(CHECKOUT))],
        password=PASSWORD,
        homes=str(folder / "homes" / "{username}"),
        extensions=f"--ServerApp.jpserver_extensions={extensions}",
        config=str(settings),
    )
    config = folder / "jupyterhub_config.py"
    config.write_text(text)
    return [sys.executable, "-P", "-m", "jupyterhub", "--config", str(config)]


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(scripts_folder()), os.environ["PATH"]])
    return {"PATH": path, "HOME": os.environ.get("HOME", "/")}
