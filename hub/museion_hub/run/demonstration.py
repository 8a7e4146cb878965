"""Fills a new deployment with something to open: accounts, workgroups, sample datasets.

The samples are written by the same library and through the same registry as a member's
own datasets, with a short-lived token of the workgroup, in a process of its own.
"""

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

import httpx

from museion_datasets.model import DatasetPath
from museion_hub.errors import StartError
from museion_hub.registry.database import Database
from museion_hub.registry.demo import ACTOR, Demo, prepare_demo
from museion_hub.registry.errors import NotFoundError
from museion_hub.registry.sharing import share_dataset
from museion_hub.registry.start import open_custody
from museion_hub.run.deployment import Deployment, inherited
from museion_hub.runtime import Runtime
from museion_hub.workplaces import registry_database_url

SAMPLES = ("murals", "lapidary")
SHARED = DatasetPath("murals", "vessel")
SHARED_WITH = "lapidary"
TOKEN_LIFETIME_S = 900
REQUEST_TIMEOUT_S = 30.0
ACCOUNT_TIMEOUT_S = 30.0
POLL_S = 0.2


def prepare(deployment: Deployment) -> Demo:
    """Make the demonstration's accounts and workgroups; before the hub starts."""
    paths = deployment.paths
    url = registry_database_url(deployment.settings)
    return prepare_demo(url, paths.root_key_file, paths.demo_password_file, deployment.guard)


def seed(deployment: Deployment, runtime: Runtime) -> None:
    """Write the sample datasets that are missing; shows each as it is made.

    A sample that can't be made says why; the deployment runs without it, and the next start
    tries again.
    """
    for workgroup in SAMPLES:
        with workgroup_token(deployment, runtime, workgroup) as token:
            _make_samples(deployment, workgroup, token)
    _share(deployment)


def _share(deployment: Deployment) -> None:
    """Let the other workgroup read one dataset: a key sealed once more, nothing copied."""
    database = Database(registry_database_url(deployment.settings))
    try:
        custody = open_custody(database, deployment.paths.root_key_file, deployment.guard)
        with database.writing() as session, suppress(NotFoundError):  # it could not be made
            share_dataset(session, custody, SHARED, SHARED_WITH, actor=ACTOR)
    finally:
        database.close()


@contextmanager
def workgroup_token(deployment: Deployment, runtime: Runtime, slug: str) -> Generator[str]:
    """Give a token that acts as a workgroup, for as long as the block runs."""
    headers = {"Authorization": f"token {runtime.tokens.operator}"}
    base_url = f"{deployment.settings.url}/hub/api/users/wg-{slug}/tokens"
    with httpx.Client(headers=headers, timeout=REQUEST_TIMEOUT_S) as client:
        made = _ask_for_token(client, base_url)
        try:
            yield str(made["token"])
        finally:
            client.delete(f"{base_url}/{made['id']}")


def _ask_for_token(client: httpx.Client, url: str) -> dict[str, str]:
    deadline = time.monotonic() + ACCOUNT_TIMEOUT_S
    request = {"note": "samples", "expires_in": TOKEN_LIFETIME_S}
    while True:
        answer = client.post(url, json=request)
        if answer.is_success:
            return dict(answer.json())
        # The registry makes the accounts of workgroups soon after it has started.
        if answer.status_code != httpx.codes.NOT_FOUND or time.monotonic() > deadline:
            message = f"The hub gives no token for the samples, it answers: {answer.status_code}"
            raise StartError(message, hint="read hub.log in the state directory")
        time.sleep(POLL_S)


def _make_samples(deployment: Deployment, workgroup: str, token: str) -> None:
    environment = {
        **inherited(),
        "MUSEION_REGISTRY_URL": f"{deployment.settings.url}/services/registry",
        "MUSEION_STORAGE": str(deployment.paths.storage),
        "JUPYTERHUB_API_TOKEN": token,
        "MUSEION_TEST_DATA": os.environ.get("MUSEION_TEST_DATA", "../shared/data"),
    }
    command = [sys.executable, "-m", "museion.samples", "--to", workgroup]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            deployment.progress.detail(line.removeprefix("step: ").rstrip())
