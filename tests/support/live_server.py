"""A real workspace server for shared documents, that can be killed and started again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.workspace_server import START

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 20.0


@dataclass
class LiveServer:
    """A workspace and its server."""

    root: Path
    options: Sequence[str] = ()
    extensions: Sequence[str] = ("museion_lab", "jupyter_server_fileid")
    variables: dict[str, str] = field(default_factory=dict)
    port: int = 0
    url: str = ""
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def log(self) -> str:
        return (self.root / "server.log").read_text()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        for folder in (self.work, self.state):
            folder.mkdir(parents=True, exist_ok=True)
        runtime = self.root / f"run-{os.urandom(4).hex()}"
        environment = {
            **os.environ,
            "HOME": str(self.root),
            "PYTHONPATH": str(ROOT),
            "JUPYTER_NO_CONFIG": "1",
            "JUPYTER_RUNTIME_DIR": str(runtime),
            "JUPYTERHUB_USER": "wg-murals",
            **self.variables,
        }
        with (self.root / "server.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, *self._arguments(), *self.options],
                cwd=self.root,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.url = wait_until(lambda: self._find_url(runtime), "the server's address")

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_S)

    def stop(self) -> int:
        """Ask it to end; raises if it does not in time.

        Returns
        -------
        int
            Its exit code.
        """
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def asks(self, name: str) -> httpx.Client:
        """Give a client that asks in somebody's name."""
        headers = {"Authorization": f"token {name}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=DEADLINE_S)

    def write_notebook(self, path: str, *sources: str) -> None:
        """Put a notebook with code cells into the workspace."""
        cells = [
            {"id": f"cell-{number}", "cell_type": "code", "metadata": {}, "source": source}
            | {"outputs": [], "execution_count": None}
            for number, source in enumerate(sources, 1)
        ]
        language = {"language_info": {"name": ""}, "kernelspec": {"name": "", "display_name": ""}}
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": language, "cells": cells}
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / path).write_text(json.dumps(notebook))

    def write_view(self, path: str, view: object) -> None:
        """Put a notebook into the workspace whose one cell has shown a view."""
        self.write_notebook(path, "view")
        notebook = json.loads((self.work / path).read_text())
        data = {"application/vnd.museion.view+json": view, "text/plain": "a view"}
        notebook["cells"][0]["outputs"] = [
            {"output_type": "display_data", "metadata": {}, "data": data}
        ]
        (self.work / path).write_text(json.dumps(notebook))

    def _arguments(self) -> list[str]:
        enabled = dict.fromkeys(self.extensions, True)
        return [
            f"--ServerApp.jpserver_extensions={enabled}",
            f"--ServerApp.root_dir={self.work}",
            "--ServerApp.identity_provider_class=tests.support.named_visitors.NamedVisitors",
            "--ServerApp.allow_unauthenticated_access=False",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.base_url=/user/wg-murals/",
            "--ServerApp.open_browser=False",
            "--ServerApp.allow_root=True",
            f"--WorkspaceCollaboration.state_dir={self.state}",
            f"--BaseFileIdManager.db_path={self.state}/files.sqlite",
        ]

    def _find_url(self, runtime: Path) -> str | None:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        for file in runtime.glob("jpserver-*.json"):
            if text := file.read_text():
                url: str = json.loads(text)["url"]
                return url
        return None


@contextmanager
def live_server(root: Path, *options: str) -> Generator[LiveServer]:
    """Run a server, and end it however the test left it."""
    server = LiveServer(root, options)
    root.mkdir(parents=True, exist_ok=True)
    server.start()
    try:
        yield server
    finally:
        assert server.process is not None
        if server.process.poll() is None:
            server.kill()


def lab_server(root: Path, *options: str, port: int = 0, **variables: str) -> LiveServer:
    """Give a workspace with JupyterLab and its extension, not started yet.

    Parameters
    ----------
    root
        Empty folder.
    *options
        Of the server's command line.
    port
        Any free one by default.
    **variables
        Of its environment.
    """
    lab = {
        "JUPYTER_PATH": str(ROOT / "extensions/share/jupyter"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "extensions/lab/jupyter-config"),
    }
    return LiveServer(
        root,
        options=("--LabApp.news_url=None", *options),
        extensions=("museion_lab", "jupyter_server_fileid", "jupyterlab"),
        variables=lab | variables,
        port=port,
    )
