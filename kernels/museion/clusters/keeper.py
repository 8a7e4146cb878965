"""Keeps one cluster: starts it, asks the scheduler how it is, changes its size, ends it.

States go one way: *starting*, *running*, then *stopped* or *failed*. A failed cluster is still
told of for a while, so that whoever asks reads why.
"""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from distributed import Client

from museion.clusters.backend import Backend, Connection
from museion.clusters.census import OPERATION, offer_census
from museion.clusters.connecting import security_of
from museion.clusters.registering import Registration
from museion.clusters.request import (
    ClusterRequest,
    require_limit,
    require_range,
    require_request,
    require_workers,
)
from museion.errors import MuseionError, UnreachableError
from museion_datasets.errors import HintedError

SAMPLE_S = 1.0
CONNECT_TIMEOUT_S = 30.0
OUTAGE_S = 60.0
"""How long a scheduler may be out of reach before its cluster counts as lost."""
FAILED_SHOWN_S = 60.0
RUNNING, LOST = "running", frozenset({"closing", "closed"})
"""What distributed calls the states of a client."""
NOTHING: dict[str, Any] = {
    "workers": [],
    "tasks": dict.fromkeys(("waiting", "processing", "memory", "erred", "released"), 0),
    "progress": [],
    "transitions": 0,
}

log = logging.getLogger(__name__)


class State(StrEnum):
    """Where in its life a cluster is."""

    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Plan:
    """What an agent is to keep.

    Attributes
    ----------
    id : str
        The cluster's id.
    name, label : str
        What it is called, and what people read.
    place, place_kind : str
        Where it computes, and with what.
    request : ClusterRequest
        Its size.
    idle_s : float
        After how long without work it is stopped; 0 where the place itself sees to that.
    """

    id: str
    name: str
    label: str
    place: str
    place_kind: str
    request: ClusterRequest
    idle_s: float


@dataclass
class Keeper:
    """One cluster and what is known of it.

    Attributes
    ----------
    plan : Plan
        What to keep.
    backend : Backend
        How the place does it.
    registration : Registration
        How its workers get at sealed data.
    """

    plan: Plan
    backend: Backend
    registration: Registration
    state: State = State.STARTING
    error: HintedError | None = None
    connection: Connection | None = None
    wanted: int = 0
    adaptive: tuple[int, int] | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _census: dict[str, Any] = field(default_factory=lambda: NOTHING)
    _started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _active_at: float = field(default_factory=time.monotonic)
    _client: Client | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _is_left: bool = False
    _was_cut: bool = False

    async def run(self) -> None:
        """Keep the cluster until it ends; returns when nothing more is to be told."""
        self.wanted = self.plan.request.workers
        life, stopped = asyncio.create_task(self._live()), asyncio.create_task(self._stop.wait())
        await asyncio.wait({life, stopped}, return_when=asyncio.FIRST_COMPLETED)
        life.cancel()
        stopped.cancel()
        await asyncio.wait({life})
        self._note_end(life)
        await self._end()
        if self.state is State.FAILED:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), FAILED_SHOWN_S)

    def stop(self) -> None:
        """Stop the cluster, or the telling of one that failed; `ended` says when."""
        self._stop.set()

    def leave(self) -> None:
        """Stop keeping the cluster, because the workspace ends; what can go on does."""
        self._is_left = True
        self._stop.set()

    def describe(self) -> dict[str, Any]:
        """Return all that people may know of the cluster."""
        shown = {name: value for name, value in self._census.items() if name != "transitions"}
        return {
            "id": self.plan.id,
            "name": self.plan.name,
            "label": self.plan.label,
            "place": self.plan.place,
            "place_kind": self.plan.place_kind,
            "state": self.state.value,
            "error": as_answer(self.error) if self.error else None,
            "wanted": self.wanted,
            "memory_bytes": self.backend.memory_bytes,
            "adaptive": _as_range(self.adaptive),
            "limit": self.backend.limit,
            **shown,
            "idle_s": round(time.monotonic() - self._active_at, 1),
            "dashboard": self.state is State.RUNNING and self.backend.has_dashboard,
            "started": self._started.isoformat(timespec="seconds"),
        }

    def require_connection(self) -> Connection:
        """Return how a client reaches the scheduler.

        Raises
        ------
        UnreachableError
            The cluster doesn't run.
        """
        if self.state is not State.RUNNING or self.connection is None:
            raise UnreachableError(
                f"The cluster is not running: {self.state.value}", hint="try again in a moment"
            )
        return self.connection

    async def scale(self, workers: object) -> None:
        """Have so many workers.

        Raises
        ------
        MuseionError
            It is no number, too large a one, or the place refuses.
        """
        count = require_workers(workers, 0)
        require_limit(count, self.backend.limit)
        self.require_connection()
        await self.backend.scale(count)
        self.wanted, self.adaptive = count, None

    async def adapt(self, minimum: object, maximum: object) -> None:
        """Have as many workers as the work needs, within bounds.

        Raises
        ------
        MuseionError
            They are no bounds, too large, or the place refuses.
        """
        bounds = require_range(minimum, maximum, self.backend.limit)
        self.require_connection()
        await self.backend.adapt(*bounds)
        self.adaptive = bounds

    async def _live(self) -> None:
        """Start the cluster, then watch it."""
        request = self.plan.request
        require_request(request.workers, request.memory_bytes, None)
        connection = await self.backend.start()
        self._client = await self._connect(connection)
        if connection.name:
            await self.backend.scale(min(self.wanted, self.backend.limit))
        self.connection, self._active_at = connection, time.monotonic()
        self.state = State.RUNNING
        await self._watch(connection)

    async def _connect(self, connection: Connection) -> Client:
        """Return a client that is connected, and by which workers get access to data.

        Raises
        ------
        UnreachableError
            The scheduler doesn't answer.
        """
        try:
            client: Client = await Client(
                connection.address,
                security=security_of(connection),
                asynchronous=True,
                set_as_default=False,
                timeout=CONNECT_TIMEOUT_S,
            )
        except (OSError, TimeoutError) as error:
            raise UnreachableError(
                f"The cluster's scheduler does not answer: {connection.address}",
                hint="start the cluster again with museion.cluster()",
            ) from error
        await client.run_on_scheduler(offer_census)
        await self.registration.open(client, connection.name)
        return client

    async def _watch(self, connection: Connection) -> None:
        """Ask how the cluster is, until it has been idle for too long."""
        heard, is_over = time.monotonic(), False
        while not is_over and not self._is_idle():
            try:
                client = await self._require_client(connection)
                self._note(await getattr(client.scheduler, OPERATION)())
                await self.backend.mend()
            except (OSError, TimeoutError, UnreachableError, ValueError) as error:
                is_over = await self._has_ended(heard, error)
            else:
                heard = time.monotonic()
            await asyncio.sleep(SAMPLE_S)

    async def _require_client(self, connection: Connection) -> Client:
        """Return the client; workers ask it for access anew after it has connected anew."""
        if self._client is None or self._client.status in LOST:
            self._client = await self._connect(connection)
        elif self._client.status != RUNNING:
            self._was_cut = True
        elif self._was_cut:
            await self.registration.open(self._client, connection.name)
            self._was_cut = False
        return self._client

    async def _has_ended(self, heard: float, error: Exception) -> bool:
        """Bear with a scheduler that is out of reach, unless its place says that it is over.

        Raises
        ------
        UnreachableError
            Nobody could tell for too long.
        """
        log.warning("no word from the scheduler: %r", error)
        is_over = await self.backend.has_ended()
        if not is_over and time.monotonic() - heard > OUTAGE_S:
            raise UnreachableError(
                f"The cluster's scheduler is out of reach: {self.plan.place}",
                hint="start it again with museion.cluster(); its results are lost",
            ) from error
        return is_over

    def _note(self, counted: dict[str, Any]) -> None:
        tasks = counted["tasks"]
        is_active = tasks["processing"] or tasks["waiting"]
        if is_active or counted["transitions"] != self._census["transitions"]:
            self._active_at = time.monotonic()
        self._census = counted

    def _is_idle(self) -> bool:
        return bool(self.plan.idle_s) and time.monotonic() - self._active_at > self.plan.idle_s

    def _note_end(self, life: asyncio.Task[None]) -> None:
        """Note why the cluster is over."""
        error = None if life.cancelled() else life.exception()
        self.state = State.STOPPED if error is None else State.FAILED
        if isinstance(error, HintedError):
            self.error = error
        elif error is not None:
            log.error("cluster %s failed", self.plan.id, exc_info=error)
            self.error = UnreachableError(
                f"The cluster's agent made a mistake: {type(error).__name__}",
                hint=f"start it again; the agent's log says more: {self.plan.id}.log",
            )

    async def _end(self) -> None:
        """Stop what there is."""
        self._census = NOTHING
        await self.registration.close(is_over=not self._is_left)
        if self._client is not None:
            with contextlib.suppress(OSError, TimeoutError):
                await self._client.close()
        with contextlib.suppress(MuseionError, OSError, TimeoutError):
            await (self.backend.leave() if self._is_left else self.backend.close())
        self.ended.set()


def as_answer(error: HintedError) -> dict[str, str]:
    """Return an error as it goes over the wire.

    Parameters
    ----------
    error : HintedError
        With a kind of its own tree.

    Returns
    -------
    dict of str to str
    """
    return {"kind": error.kind.value, "message": error.message, "hint": error.hint}


def _as_range(bounds: tuple[int, int] | None) -> dict[str, int] | None:
    return None if bounds is None else {"minimum": bounds[0], "maximum": bounds[1]}
