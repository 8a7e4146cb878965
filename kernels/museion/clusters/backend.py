"""What a place must be able to do, so that an agent can keep a cluster there.

An implementation starts one cluster (or takes up the one that runs), changes its size, shows
its dashboard and stops it. How the cluster is and when it ends, the agent asks the scheduler
itself, the same way in every place.

All places promise: every connection is TLS with credentials made for this one cluster; a
worker has one thread, and so have the numerical libraries in it; decrypted chunks stay in
memory. What does not fit ends the worker with an error that says so, instead of a silent
standstill.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MEMORY_ONLY = MappingProxyType({
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,  # a paused worker that cannot spill never wakes
    "distributed.p2p.storage.disk": False,
})
"""What keeps decrypted chunks off every disk."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What a client needs to reach a scheduler.

    Attributes
    ----------
    address : str
        Beginning with ``tls://`` or ``gateway://``.
    certificate : str
        PEM text; the only one that the cluster accepts.
    key : str
        PEM text; never shown.
    name : str
        What the place calls the cluster; empty in the workspace.
    """

    address: str
    certificate: str
    key: str = field(repr=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Where the notebook server finds a cluster's dashboard.

    Attributes
    ----------
    url : str
        Address of its first page's folder.
    socket : str or None
        The unix socket to connect to, if it is not the address that leads there.
    headers : mapping of str to str
        What to send along; never to a browser.
    """

    url: str
    socket: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Backend(ABC):
    """A place that computes."""

    limit: int
    """Most workers that the cluster may have; known once it has started."""
    memory_bytes: int
    """Memory of each worker."""
    has_dashboard = True

    @abstractmethod
    async def start(self) -> Connection:
        """Start the cluster with the workers that were asked for, or take up the running one.

        Raises
        ------
        MuseionError
            The place refuses, or doesn't answer.
        """

    @abstractmethod
    async def scale(self, workers: int) -> None:
        """Have so many workers from now on, and no longer adapt."""

    @abstractmethod
    async def adapt(self, minimum: int, maximum: int) -> None:
        """Have as many workers as the work needs, within bounds."""

    async def mend(self) -> None:
        """Replace workers that the place does not replace by itself; most do."""
        return

    @abstractmethod
    async def open_dashboard(self) -> Dashboard | None:
        """Return where the dashboard is; None if the place has none."""

    @abstractmethod
    async def close(self) -> None:
        """Stop every process of the cluster; one that has ended already is no error."""

    async def leave(self) -> None:
        """Let go of the cluster as the workspace ends; what would not go on is stopped."""
        await self.close()

    async def has_ended(self) -> bool:
        """Tell whether the place has stopped the cluster.

        Raises
        ------
        MuseionError
            It has failed there, and why.
        """
        return False
