"""Fills a new deployment with something to open: accounts, workgroups, sample datasets.

The samples are written by the same library and through the same registry as a member's
own datasets, with a short-lived token of the workgroup, in a process of its own.
"""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

import httpx

from museion_hub.errors import StartError
from museion_hub.registry.demo import Demo, prepare_demo
from museion_hub.run.deployment import Deployment, inherited
from museion_hub.runtime import Runtime
from museion_hub.workplaces import registry_database_url

SAMPLES = ("murals", "lapidary")
TOKEN_LIFETIME_S = 900
REQUEST_TIMEOUT_S = 30.0
LAST_LINES = 6


def prepare(deployment: Deployment) -> Demo:
    """Make the demonstration's accounts and workgroups; before the hub starts."""
    paths = deployment.paths
    url = registry_database_url(deployment.settings)
    return prepare_demo(url, paths.root_key_file, paths.demo_password_file)


def seed(deployment: Deployment, runtime: Runtime) -> None:
    """Write the sample datasets that are missing; shows each as it is made."""
    for workgroup in SAMPLES:
        with workgroup_token(deployment, runtime, workgroup) as token:
            _make_samples(deployment, workgroup, token)


@contextmanager
def workgroup_token(deployment: Deployment, runtime: Runtime, slug: str) -> Generator[str]:
    """Give a token that acts as a workgroup, for as long as the block runs.

    Raises
    ------
    StartError
        The hub refuses it.
    """
    headers = {"Authorization": f"token {runtime.tokens.operator}"}
    base_url = f"{deployment.settings.url}/hub/api/users/wg-{slug}/tokens"
    with httpx.Client(headers=headers, timeout=REQUEST_TIMEOUT_S) as client:
        answer = client.post(base_url, json={"note": "samples", "expires_in": TOKEN_LIFETIME_S})
        if not answer.is_success:
            message = f"The hub gives no token for workgroup {slug}: {answer.status_code}"
            raise StartError(message, hint=f"read {deployment.paths.run / 'hub.log'}")
        made = answer.json()
        try:
            yield str(made["token"])
        finally:
            client.delete(f"{base_url}/{made['id']}")


def _make_samples(deployment: Deployment, workgroup: str, token: str) -> None:
    environment = {
        **inherited(),
        "MUSEION_REGISTRY_URL": f"{deployment.settings.url}/services/registry",
        "MUSEION_STORAGE": str(deployment.paths.storage),
        "JUPYTERHUB_API_TOKEN": token,
        "MUSEION_TEST_DATA": os.environ.get("MUSEION_TEST_DATA", "../shared/data"),
    }
    command = [sys.executable, "-m", "museion.samples", "--to", workgroup]
    lines: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if line.startswith("step: "):
                deployment.progress.detail(line.removeprefix("step: ").rstrip())
    if process.returncode:
        message = f"The samples of {workgroup} could not be made\n" + "\n".join(lines)
        raise StartError(message, hint="see the lines above; `make run` makes what is missing")
