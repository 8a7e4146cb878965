"""The Dask client that a notebook gets: it owns its cluster, through the cluster's agent.

Closing it stops the cluster. A kernel that ends only lets go: the cluster goes on, until it is
closed or idle for too long, and is found again.
"""

import atexit
import contextlib
import weakref
from typing import Any

import dask.config
from distributed import Status, default_client

from museion.clusters.access import Departures
from museion.clusters.backend import Connection
from museion.clusters.connecting import security_of
from museion.clusters.failures import ClearClient
from museion.clusters.folder import Agent, Answer
from museion.errors import MuseionError
from museion_datasets.environment import find_server_prefix

CONNECT_TIMEOUT_S = 30.0
DISTRIBUTED = "dask.distributed"
_OPEN: "weakref.WeakSet[ClusterClient]" = weakref.WeakSet()


class RunningCluster:
    """A cluster, as far as its client cares.

    Parameters
    ----------
    agent : Agent
        Who keeps it.
    connection : Connection
        How it is reached.
    """

    def __init__(self, agent: Agent, connection: Connection) -> None:
        self._agent = agent
        self.name = connection.name or agent.id
        self.scheduler_address = connection.address
        self.status = Status.running

    @property
    def dashboard_link(self) -> str:
        """Where a browser finds the dashboard: through the workspace's server."""
        return f"{find_server_prefix()}museion/clusters/{self._agent.id}/dashboard/status"

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it from here."""
        return bool(self.status is Status.running)

    def close(self) -> None:
        """Stop every process of the cluster; once is enough."""
        if not self.is_open:
            return
        self.status = Status.closed
        with contextlib.suppress(MuseionError):  # it has ended already
            self._agent.ask("POST", "/close")


class ClusterClient(ClearClient):
    """A Dask client that owns its cluster: closing the one stops the other.

    Parameters
    ----------
    agent : Agent
        Who keeps the cluster.
    answer : dict
        What the agent says of the connection.
    place : str
        Where the cluster computes.

    Attributes
    ----------
    cluster_id : str
        The cluster's id in the workspace.
    place : str
        Where it computes.
    """

    cluster: RunningCluster | None

    def __init__(self, agent: Agent, answer: Answer, place: str) -> None:
        registered = answer.pop("cluster")
        connection = Connection(**answer)
        self._agent = agent
        self._departures = Departures(registered) if registered else None
        self.cluster_id = agent.id
        self.place = place
        super().__init__(
            connection.address, security=security_of(connection), timeout=CONNECT_TIMEOUT_S
        )
        self.cluster = RunningCluster(agent, connection)
        _OPEN.add(self)

    def info(self) -> Answer:
        """Return how the cluster is: its state, workers, tasks, limits.

        Returns
        -------
        dict
            As in the cluster's view.

        Raises
        ------
        MuseionError
            It is not there any more.
        """
        return self._agent.ask("GET", "/")

    def scale(self, workers: int) -> None:
        """Have another number of workers from now on.

        Parameters
        ----------
        workers : int
            Within the workgroup's limits.

        Raises
        ------
        MuseionError
            There may not be so many, or the cluster is not there any more.
        """
        self._agent.ask("POST", "/scale", {"workers": workers})

    def adapt(self, minimum: int = 0, maximum: int | None = None) -> None:
        """Have as many workers as the work needs.

        Parameters
        ----------
        minimum, maximum : int
            Between how many; as many as there may be by default.

        Raises
        ------
        MuseionError
            There may not be so many, or the cluster is not there any more.
        """
        most = self.info()["limit"] if maximum is None else maximum
        self._agent.ask("POST", "/adapt", {"minimum": minimum, "maximum": most})

    def close(self, timeout: Any = None) -> Any:  # noqa: ANN401  as in the base class
        """Close the client, then stop the cluster's processes.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for the client.

        Returns
        -------
        object
            What the base class returns.
        """
        waits = () if timeout is None else (timeout,)
        try:
            return super().close(*waits)  # type: ignore[no-untyped-call]
        finally:
            if self.cluster is not None:
                self.cluster.close()
            _forget_scheduler()

    async def _close(self, fast: bool = False) -> None:  # noqa: FBT001, FBT002  as in the base class
        """Close, asked to or because the scheduler is gone."""
        try:
            await super()._close(fast)
        finally:
            _forget_scheduler()

    def shutdown(self) -> None:
        """Close the client and stop the cluster's processes."""
        self.close()

    def leave(self) -> None:
        """Close the client alone; the cluster goes on and is found again."""
        if self.cluster is not None:
            self.cluster.status = Status.closed
        self.close()

    def _graph_to_futures(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as in the base class
        """Send a graph, after asking that the cluster may read and write what is in it."""
        if self._departures is None:
            return super()._graph_to_futures(*args, **kwargs)  # type: ignore[no-untyped-call]
        with self._departures.leaving():
            return super()._graph_to_futures(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401  as IPython has it
        """Show the cluster's view."""
        from museion.widgets.cluster import ClusterView  # noqa: PLC0415  loads the widgets

        gone = {"id": self.cluster_id, "place": self.place, "state": "stopped", "label": ""}
        state = self._agent.find_state() or gone
        return ClusterView(self.cluster_id, state)._repr_mimebundle_(**kwargs)


def _forget_scheduler() -> None:
    """Let Dask compute without a cluster again, once no client is open.

    A client puts back the setting that it found. One that was opened beside another finds
    the other's, and would leave it behind for ever. One that is closed inside its own block is
    Dask's current client until the block has ended, which closes it again.
    """
    try:
        default_client()
    except ValueError:
        if dask.config.get("scheduler", None) == DISTRIBUTED:
            dask.config.config.pop("scheduler")


@atexit.register
def _leave_all() -> None:
    """Let go of the clusters as the kernel ends, before distributed closes its clients."""
    for client in list(_OPEN):
        if client.cluster is not None:
            client.cluster.status = Status.closed
