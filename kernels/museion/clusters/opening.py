"""`museion.cluster`: one call to a Dask client, wherever the deployment computes.

A cluster belongs to a notebook, or to a name, and to a place. Asking again gives the running
one, also after the kernel was restarted, so that a cell can be run twice; with another number
of workers it is resized, with other memory it is replaced.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from museion.clusters.client import ClusterClient, RunningCluster
from museion.clusters.folder import Agent, Answer, as_error, require_folder
from museion.clusters.names import cluster_id, default_name, require_name
from museion.clusters.request import (
    WORKSPACE,
    ClusterRequest,
    Machine,
    require_request,
    require_room,
)
from museion.clusters.workspace import this_machine
from museion.errors import InputError, MuseionError, UnreachableError
from museion_datasets.environment import (
    ComputePlace,
    find_compute_places,
    find_notebook,
    find_server_process,
)

POLL_S = 0.1
ANSWER_S = 5.0
LAUNCH_TIMEOUT_S = 60.0
ALIVE = frozenset({"starting", "running"})
PATIENCE_S = {"workspace": 90.0, "local": 90.0}
BATCH_PATIENCE_S = 900.0
"""Where jobs wait in a queue, workers may take long; the first one will do."""

_LOCK = threading.Lock()
_CLIENTS: dict[str, ClusterClient] = {}


def cluster(
    workers: int = 2,
    memory: str | int = "1GB",
    place: str | None = None,
    *,
    name: str | None = None,
    environment: str | None = None,
) -> ClusterClient:
    """Return a Dask client with workers of its own.

    The client is also the default for Dask computations until it is closed. Use it as
    a context manager to stop the workers at the end of a block.

    Parameters
    ----------
    workers : int
        Number of worker processes, each with one thread.
    memory : str or int
        Memory of each worker, for example ``"1GB"``.
    place : str, optional
        ``"workspace"`` (processes beside the kernel) or one of the deployment's compute
        places, as in ``"gateway"``. By default the workspace if the cluster fits there,
        else the first compute place that accepts it.
    name : str, optional
        What the cluster is called; by default after the notebook.
    environment : str, optional
        A software environment of the compute place.

    Returns
    -------
    ClusterClient
        A `distributed.Client`; closing it stops the workers.

    Raises
    ------
    MuseionError
        The arguments do not fit, or the place refuses or does not answer.

    Examples
    --------
    >>> with cluster(workers=2) as client:  # doctest: +SKIP
    ...     client.submit(sum, [1, 2, 3]).result()
    6
    """
    places = find_compute_places()
    names = [each.name for each in places]
    request = require_request(workers, memory, place, environment=environment, places=names)
    known = default_name(find_notebook()) if name is None else require_name(name)
    opening = _Opening(request, known, places)
    with _LOCK:
        return opening.find() or opening.start()


@dataclass(frozen=True, slots=True)
class _Opening:
    """One call of `cluster`.

    Attributes
    ----------
    request : ClusterRequest
        What was asked for.
    name : str
        What the cluster is called.
    places : tuple of ComputePlace
        Where the deployment computes besides the workspace.
    """

    request: ClusterRequest
    name: str
    places: tuple[ComputePlace, ...]

    def find(self) -> ClusterClient | None:
        """Return the client of the cluster that runs already, made as large as asked for."""
        for place in self._places():
            agent = Agent(cluster_id(self.name, place))
            state = agent.find_state()
            if state is None or state["state"] not in ALIVE:
                continue
            if state["memory_bytes"] == self.request.memory_bytes:
                return self._attach(agent, state)
            self._forget(agent)
        return None

    def start(self) -> ClusterClient:
        """Start the cluster at the first place that accepts it.

        Raises
        ------
        MuseionError
            None does; the error is the last place's.
        """
        refusal: MuseionError | None = None
        for place in self._places():
            try:
                return self._start_at(place)
            except MuseionError as error:
                refusal = error
        raise refusal or InputError("There is no place to compute", hint="ask the operator")

    def _places(self) -> Iterator[str]:
        if self.request.place is not None:
            yield self.request.place
            return
        yield WORKSPACE
        yield from (place.name for place in self.places)

    def _start_at(self, place: str) -> ClusterClient:
        if place == WORKSPACE:
            names = [each.name for each in self.places]
            require_room(self.request, _what_is_left(this_machine()), names)
        agent = self._launch(place)
        try:
            return self._attach(agent, agent.ask("GET", "/"))
        except MuseionError:
            self._forget(agent)
            raise

    def _launch(self, place: str) -> Agent:
        """Start the agent; it is a process of its own.

        Raises
        ------
        UnreachableError
            It can't be started.
        """
        require_folder()
        settings = {
            "--name": self.name,
            "--place": place,
            "--workers": self.request.workers,
            "--memory": self.request.memory_bytes,
            "--environment": self.request.environment,
        }
        owner = find_server_process()
        if owner is not None:
            settings["--owner"] = owner
        command = [sys.executable, "-P", "-m", "museion.clusters.agent"]
        command += [str(word) for setting in settings.items() for word in setting]
        try:
            subprocess.run(
                command, check=True, capture_output=True, text=True, timeout=LAUNCH_TIMEOUT_S
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise UnreachableError(
                f"The cluster's agent could not be started: {said[-1] if said else error}",
                hint="try again; if it goes on, restart the workspace",
            ) from error
        return Agent(cluster_id(self.name, place))

    def _attach(self, agent: Agent, state: Answer) -> ClusterClient:
        """Return a client to a cluster that runs or starts, with the workers asked for.

        Raises
        ------
        UnreachableError
            Its scheduler does not answer.
        """
        state = self._wait(agent, state, is_enough=_is_running)
        connection = agent.ask("GET", "/connection")
        known = _CLIENTS.get(agent.id)
        is_same = known is not None and _is_open(known, connection["address"])
        if not is_same and known is not None:
            known.leave()
        if state["adaptive"] is None and state["wanted"] != self.request.workers:
            state = agent.ask("POST", "/scale", {"workers": self.request.workers})
        self._wait(agent, state, is_enough=_has_workers)
        if known is not None and is_same:
            return known
        try:
            client = ClusterClient(agent, connection, state["place"])
        except (OSError, TimeoutError) as error:
            raise UnreachableError(
                f"The cluster's scheduler does not answer: {agent.id}",
                hint="close the cluster and start it again",
            ) from error
        _CLIENTS[agent.id] = client
        return client

    def _wait(self, agent: Agent, state: Answer, is_enough: "Claim") -> Answer:
        """Wait until a claim on the cluster holds.

        Raises
        ------
        UnreachableError
            It takes too long, or somebody has stopped the cluster.
        MuseionError
            The cluster has failed.
        """
        patience_s = PATIENCE_S.get(state["place_kind"], BATCH_PATIENCE_S)
        deadline = time.monotonic() + patience_s
        while not is_enough(state):
            if state["error"]:
                failure = as_error(state["error"])
                raise failure
            if state["state"] not in ALIVE:
                raise UnreachableError("The cluster was stopped", hint="start it again")
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"The cluster's workers did not arrive within {patience_s:.0f} s",
                    hint="try again with fewer workers or less memory each"
                    + (", or when the queue is shorter" if _is_batch(state) else ""),
                )
            time.sleep(POLL_S)
            state = agent.ask("GET", "/")
        return state

    def _forget(self, agent: Agent) -> None:
        """Stop a cluster, and the client to it."""
        known = _CLIENTS.pop(agent.id, None)
        if known is not None:
            known.close()
        with suppress(MuseionError):
            agent.ask("POST", "/close")


def _what_is_left(machine: Machine) -> Machine:
    """Return what other clusters of the workspace leave of its memory."""
    found = [Agent(path.stem).find_state(ANSWER_S) for path in require_folder().glob("*.sock")]
    taken = [
        state["memory_bytes"] * state["wanted"]
        for state in found
        if state and state["place"] == WORKSPACE and state["state"] in ALIVE
    ]
    return Machine(machine.cores, machine.memory_bytes - sum(taken))


type Claim = Callable[[Answer], bool]


def _is_running(state: Answer) -> bool:
    return bool(state["state"] == "running")


def _has_workers(state: Answer) -> bool:
    """Whether all workers are there; where jobs wait in a queue, the first one is enough."""
    there, wanted = len(state["workers"]), int(state["wanted"])
    if state["adaptive"] is not None:
        return True
    return there >= (min(1, wanted) if _is_batch(state) else wanted)


def _is_batch(state: Answer) -> bool:
    return state["place_kind"] not in PATIENCE_S


def _is_open(client: ClusterClient, address: str) -> bool:
    """Whether a client is connected to the cluster of an address."""
    if client.status != "running":
        return False
    owned: RunningCluster | None = client.cluster
    return owned is not None and owned.is_open and owned.scheduler_address == address
