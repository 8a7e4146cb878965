"""Launches a cluster's agent: ``python -P -m museion.clusters.agent --name pca --place gateway``.

Every cluster of a workspace has one agent, a process of its own, so that kernels may restart.
This command starts one that belongs to no kernel and prints the cluster's id; where one runs
already, it only prints. It ends when its cluster ends, and with the process named by
``--owner``, by default the one that called: no agent is left behind.

In this order: take the agent's lock, listen on its socket (whoever connects from now on waits
for the answer), start the agent without the workspace's secrets in its environment, hand it
lock, socket and token, and end. Standard library only, so that it is gone in no time.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from museion.clusters.folder import PRIVATE_FILE, Agent, find_lock, listen, require_folder
from museion.clusters.names import cluster_id
from museion.errors import MuseionError, UnreachableError
from museion_datasets.environment import clean_environment, find_compute_places, find_token

WORKSPACE, DEFAULT_ENVIRONMENT = "workspace", "default"
DEFAULT_WORKERS, DEFAULT_MEMORY_BYTES = 2, 10**9
LOCK_TIMEOUT_S = 30.0
POLL_S = 0.05
OVER = frozenset({"failed", "stopped"})
KEEP = "museion.clusters.keep"


def main(arguments: Sequence[str] | None = None) -> None:
    """Start an agent, if the cluster has none.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; by default the process's own.

    Raises
    ------
    SystemExit
        It can't be started; the reason was printed.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    places = [WORKSPACE, *(place.name for place in find_compute_places())]
    if options.place not in places:
        parser.error(f"there is no such place to compute: {options.place!r}, use one of: {places}")
    agent = Agent(cluster_id(options.name, options.place))
    settings = {**vars(options), "id": agent.id, "token": find_token()}
    try:
        folder = require_folder()
        lock = _take_over(agent)
        if lock is not None:
            _launch(agent, folder, lock, settings)
    except (MuseionError, OSError) as error:
        sys.exit(str(error).replace("\n", "; "))
    print(agent.id)  # noqa: T201  it is the command's answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -P -m museion.clusters.agent")
    parser.add_argument("--name", required=True, help="what the cluster is called")
    parser.add_argument("--label", default="", help="what people read; the name by default")
    parser.add_argument("--place", default=WORKSPACE, help="where it computes")
    parser.add_argument("--workers", type=int, default=DEFAULT_WORKERS)
    parser.add_argument("--memory", type=int, default=DEFAULT_MEMORY_BYTES, help="of each, bytes")
    parser.add_argument("--environment", default=DEFAULT_ENVIRONMENT)
    parser.add_argument(
        "--owner", type=int, default=os.getppid(), help="process with which the agent ends"
    )
    return parser


def _take_over(agent: Agent) -> int | None:
    """Take the agent's lock; None if an agent runs that has not ended.

    Raises
    ------
    UnreachableError
        One that has ended doesn't go.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while (lock := find_lock(agent.lock_path)) is None:
        state = agent.find_state()
        if state is not None and state["state"] not in OVER:
            return None
        if state is not None and state["state"] == "failed":
            _dismiss(agent)
        if time.monotonic() > deadline:
            raise UnreachableError(
                f"The cluster's agent does not answer: {agent.id}",
                hint="use another name=, or restart the workspace",
            )
        time.sleep(POLL_S)
    return lock


def _dismiss(agent: Agent) -> None:
    """Tell an agent that its cluster's failure has been read."""
    try:
        agent.ask("POST", "/close")
    except UnreachableError:
        return


def _launch(agent: Agent, folder: Path, lock: int, settings: dict[str, object]) -> None:
    """Start the agent as a process of a new session, which nobody waits for."""
    listener = listen(agent.socket_path)
    source, sink = os.pipe()
    log = os.open(folder / f"{agent.id}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    descriptors = [lock, listener.fileno()]
    with socket.socket(fileno=listener.detach()) as kept, os.fdopen(sink, "w") as pipe:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", KEEP, *map(str, descriptors)],
            env=clean_environment(),
            stdin=source,
            stdout=log,
            stderr=log,
            pass_fds=(lock, kept.fileno()),
            start_new_session=True,
        )
        json.dump(settings, pipe)
    process.returncode = 0  # nobody waits for it: it is not this process's any more


if __name__ == "__main__":
    main()
