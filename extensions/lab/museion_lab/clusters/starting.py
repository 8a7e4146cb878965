"""Starting the agent of a new cluster, in a process of its own.

The same program that `museion.cluster` runs in a kernel: what the panel starts, a notebook
finds by its name, and the other way round. The agent outlives the request and ends with this
server.
"""

import asyncio
import os
import re
import sys
from http import HTTPStatus
from typing import Final

from museion_lab.clusters.agents import CLUSTER_ID
from museion_lab.clusters.wishes import Refusal, StartWish, WishError

AGENT: Final = "museion.clusters.agent"
START_S: Final = 30.0


class StartError(WishError):
    """The agent did not start.

    Parameters
    ----------
    output : str
        What it said, for the log only.
    """

    def __init__(self, output: str) -> None:
        super().__init__("", "")
        self.output = output
        self.refusal = Refusal(
            HTTPStatus.BAD_GATEWAY,
            "The cluster did not start",
            "Try again; the workspace server's log says what happened.",
            "internal",
        )


async def start_cluster(wish: StartWish) -> str:
    """Start a cluster's agent and wait until it listens, not until there are workers.

    Parameters
    ----------
    wish : StartWish
        What is asked for.

    Returns
    -------
    str
        The cluster's id. The same name at the same place is the same cluster, which may have
        been running.

    Raises
    ------
    StartError
        There is no agent after all.
    """
    process = await asyncio.create_subprocess_exec(
        *agent_command(wish, os.getpid()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaint = await asyncio.wait_for(process.communicate(), START_S)
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise StartError(f"no answer within {START_S:g} s") from error
    cluster = said.decode(errors="replace").strip()
    if process.returncode != 0 or not re.fullmatch(CLUSTER_ID, cluster):
        raise StartError(complaint.decode(errors="replace"))
    return cluster


def agent_command(wish: StartWish, owner: int) -> list[str]:
    """Return the program that starts an agent.

    Parameters
    ----------
    wish : StartWish
        What is asked for.
    owner : int
        Id of the process with which the agent ends.

    Returns
    -------
    list of str
        Program and arguments.
    """
    return [
        sys.executable,
        "-P",
        "-m",
        AGENT,
        f"--name={wish.name}",
        f"--place={wish.place}",
        f"--workers={wish.workers}",
        f"--memory={wish.memory_bytes}",
        f"--owner={owner}",
    ]
