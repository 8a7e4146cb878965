"""What the agents of the workspace's clusters say, and telling them what is wished.

Each cluster has one agent, a process in the workspace's sandbox that serves JSON over HTTP
on a unix socket. Its socket is found by its name in the clusters' folder. All browsers ask
this server, so what was asked of an agent a moment ago is told again. Only the fields of a
report leave this process, never what else an agent knows, such as where its dashboard is.
"""

import asyncio
import os
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import httpx

ASK_S = 2.0
SILENCE_S = 20.0
ACT_S = 30.0
FRESH_S = 1.0
STARTING, SILENT = "starting", "silent"
CLUSTER_ID = r"[a-z0-9][a-z0-9-]{0,79}"
REPORT_FIELDS = (
    "id",
    "place",
    "place_kind",
    "name",
    "label",
    "state",
    "error",
    "workers",
    "memory_bytes",
    "wanted",
    "adaptive",
    "limit",
    "tasks",
    "progress",
    "idle_s",
    "dashboard",
    "started",
)

type Json = dict[str, Any]


class NoAgentError(Exception):
    """No agent of such a cluster is running."""


class SilentAgentError(Exception):
    """An agent is there and does not answer as agreed."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Where the pages of a cluster's scheduler are.

    Attributes
    ----------
    url : str
        Without a slash at its end.
    headers : mapping of str to str
        To send along; never shown.
    socket : str or None
        The unix socket at which it listens instead of a port.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    socket: str | None = None


class Agents:
    """The agents in a folder.

    Parameters
    ----------
    folder : Path
        Where their sockets are.
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._asking = asyncio.Lock()
        self._told: tuple[float, list[Json]] = (-inf, [])
        self._changed = -inf
        self._heard: dict[str, tuple[float, Json]] = {}

    async def reports(self) -> list[Json]:
        """Return what each agent says of its cluster, oldest first.

        Returns
        -------
        list of dict
            As ``cluster.schema.json`` says. For `SILENCE_S` an agent that does not answer counts
            as it was, or as starting; then it is ``"silent"``.
        """
        async with self._asking:  # many browsers, one question
            asked, now = self._told[0], self._clock()
            if asked <= self._changed or now - asked > FRESH_S:
                found = await asyncio.gather(*map(self._report_or_none, self._ids()))
                reports = [report for report in found if report is not None]
                reports.sort(key=lambda report: (str(report.get("started", "")), report["id"]))
                self._told = (now, reports)
            return self._told[1]

    def note_change(self) -> None:
        """Ask anew next time: a cluster was started, or told something."""
        self._changed = self._clock()

    async def report(self, cluster: str) -> Json:
        """Return what the agent of one cluster says.

        Parameters
        ----------
        cluster : str
            Its id.

        Returns
        -------
        dict
            As ``cluster.schema.json`` says.

        Raises
        ------
        NoAgentError
            There is no such cluster.
        """
        for report in await self.reports():
            if report["id"] == cluster:
                return report
        raise NoAgentError(cluster)

    async def act(self, cluster: str, wish: str, body: Json) -> tuple[int, Json]:
        """Tell an agent what is wished.

        Parameters
        ----------
        cluster : str
            Its id.
        wish : str
            ``"scale"``, ``"adapt"`` or ``"close"``.
        body : dict
            The numbers that belong to it.

        Returns
        -------
        tuple of int and dict
            HTTP status and answer; a refusal has ``message`` and ``hint``.
        """
        answer = await self._send(cluster, "POST", f"/{wish}", ACT_S, json=body)
        self.note_change()
        return answer.status_code, _object(answer)

    async def dashboard(self, cluster: str) -> Dashboard | None:
        """Return where the dashboard of a cluster is.

        Parameters
        ----------
        cluster : str
            Its id.

        Returns
        -------
        Dashboard or None
            None if it has none now.
        """
        answer = await self._send(cluster, "GET", "/dashboard", ACT_S)  # it may have to be made
        said = _object(answer)
        url = said.get("url")
        if not answer.is_success or not isinstance(url, str):
            return None
        headers = {str(name): str(value) for name, value in (said.get("headers") or {}).items()}
        socket = said.get("socket")
        return Dashboard(url.rstrip("/"), headers, socket if isinstance(socket, str) else None)

    def _ids(self) -> list[str]:
        if not is_private(self._folder):
            return []
        names = (path.stem for path in self._folder.glob("*.sock"))
        return [name for name in names if re.fullmatch(CLUSTER_ID, name)]

    async def _report_or_none(self, cluster: str) -> Json | None:
        try:
            said = _object(await self._send(cluster, "GET", "/", ASK_S))
        except NoAgentError:
            self._heard.pop(cluster, None)
            return None
        except SilentAgentError:
            return self._remember(cluster)
        report = {name: said[name] for name in REPORT_FIELDS if name in said} | {"id": cluster}
        self._heard[cluster] = (self._clock(), report)
        return report

    def _remember(self, cluster: str) -> Json:
        """Return how a cluster whose agent is silent was, if that is not long ago."""
        unheard = {"id": cluster, "label": cluster, "place": "", "state": STARTING}
        since, report = self._heard.setdefault(cluster, (self._clock(), unheard))
        return report if self._clock() - since < SILENCE_S else report | {"state": SILENT}

    async def _send(
        self, cluster: str, method: str, path: str, timeout_s: float, json: Json | None = None
    ) -> httpx.Response:
        """Ask an agent.

        Raises
        ------
        NoAgentError
            Nobody listens at its socket.
        SilentAgentError
            It does not answer in time, or not with HTTP.
        """
        if not is_private(self._folder):
            raise NoAgentError(cluster)
        socket = self._folder / f"{cluster}.sock"
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://agent", timeout=timeout_s, trust_env=False
        ) as client:
            try:
                return await client.request(method, path, json=json)
            except httpx.ConnectError as error:
                raise NoAgentError(cluster) from error
            except httpx.HTTPError as error:
                raise SilentAgentError(cluster) from error


def is_private(folder: Path) -> bool:
    """Tell whether a folder is this user's alone, so that nobody else can pose as an agent.

    Parameters
    ----------
    folder : Path
        It may be missing.

    Returns
    -------
    bool
    """
    try:
        status = folder.lstat()
    except OSError:
        return False
    is_ours = status.st_uid == os.getuid() and not status.st_mode & 0o077
    return stat.S_ISDIR(status.st_mode) and is_ours


def _object(answer: httpx.Response) -> Json:
    """Return the JSON object of an answer.

    Raises
    ------
    SilentAgentError
        It is something else.
    """
    try:
        said = answer.json()
    except ValueError as error:
        raise SilentAgentError(answer.request.url.path) from error
    if not isinstance(said, dict):
        raise SilentAgentError(answer.request.url.path)
    return said
