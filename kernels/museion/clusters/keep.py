"""An agent's own process: keeps its cluster, answers on its socket, and ends.

It gets the descriptors of its lock and its socket as arguments, and what to keep on standard
input, with the workspace's token, which so stands in no environment and on no command line.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dask.config
from tornado.httpserver import HTTPServer

from museion.clusters.backend import MEMORY_ONLY, Backend
from museion.clusters.folder import Agent
from museion.clusters.keeper import Keeper, Plan
from museion.clusters.names import short_label
from museion.clusters.registering import Registration
from museion.clusters.request import WORKSPACE, ClusterRequest
from museion.clusters.serving import LONGEST_BODY_BYTES, application
from museion_datasets.environment import (
    ComputePlace,
    find_cluster_idle_s,
    find_compute_places,
    find_connection,
    hold_token,
)

type Settings = Mapping[str, Any]

LAST_ANSWER_S = 0.5
NO_TOKEN = {"MUSEION_TOKEN_FILE": ""}
"""Workers of a registered cluster have a token of its own, and never the workspace's."""


def main() -> None:
    """Keep one cluster to its end."""
    lock, listening = (int(argument) for argument in sys.argv[1:])
    for descriptor in (lock, listening):
        os.set_inheritable(descriptor, False)  # noqa: FBT003  the standard library's own
    settings = json.load(sys.stdin)
    hold_token(settings.pop("token") or "")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("distributed").setLevel(logging.WARNING)
    sys.path.append(str(Path.cwd()))  # workers find the modules beside the notebook
    dask.config.set(MEMORY_ONLY)
    asyncio.run(_keep(settings, socket.socket(fileno=listening)))


async def _keep(settings: Settings, listener: socket.socket) -> None:
    agent = Agent(settings["id"])
    keeper = _keeper(settings, agent)
    server = HTTPServer(application(keeper), max_body_size=LONGEST_BODY_BYTES)
    server.add_socket(listener)
    with contextlib.ExitStack() as watches:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, keeper.leave)
        _watch_owner(settings["owner"], keeper, watches)
        await keeper.run()
    await asyncio.sleep(LAST_ANSWER_S)
    server.stop()
    for ending in (".sock", ".log"):
        agent.socket_path.with_suffix(ending).unlink(missing_ok=True)


def _watch_owner(pid: int, keeper: Keeper, watches: contextlib.ExitStack) -> None:
    """Leave the cluster as soon as a process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        keeper.leave()
        return
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, keeper.leave)
    watches.callback(os.close, descriptor)
    watches.callback(loop.remove_reader, descriptor)


def _keeper(settings: Settings, agent: Agent) -> Keeper:
    request = ClusterRequest(
        settings["workers"], settings["memory"], settings["place"], settings["environment"]
    )
    place = _find_place(settings["place"])
    plan = Plan(
        id=agent.id,
        name=settings["name"],
        label=settings["label"] or settings["name"],
        place=settings["place"],
        place_kind=place.kind if place else WORKSPACE,
        request=request,
        idle_s=0.0 if place else find_cluster_idle_s(),
    )
    registration = Registration(agent.id, plan.label, plan.place)
    return Keeper(plan, _backend(request, place, agent, plan), registration)


def _backend(
    request: ClusterRequest, place: ComputePlace | None, agent: Agent, plan: Plan
) -> Backend:
    """Return how the place computes; each loads what it needs alone."""
    if place is not None:
        from museion.clusters.gateway import GatewayBackend  # noqa: PLC0415  loads aiohttp

        return GatewayBackend(request, place, short_label(plan.name))
    from museion.clusters.workspace import WorkspaceBackend  # noqa: PLC0415  loads the scheduler

    environment = NO_TOKEN if find_connection() else {}
    return WorkspaceBackend(request, agent.socket_path.with_suffix(".dashboard"), environment)


def _find_place(name: str) -> ComputePlace | None:
    """Return the compute place of a name; None for the workspace."""
    return next((place for place in find_compute_places() if place.name == name), None)


if __name__ == "__main__":
    main()
