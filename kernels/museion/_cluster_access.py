"""Gives a gateway's cluster the kernel's own way to the datasets.

Workers beside the kernel have its environment; processes elsewhere have none of it, on
purpose. So the client hands them address and token over the cluster's TLS, as plugins:
workers that replace others get them too, and they are never part of a graph, of an
environment or of a file. A process then asks the registry for keys itself. The scheduler
needs access as well: it unpickles each graph, and with it the stores.
"""

from dataclasses import dataclass, field

from distributed import Client, Scheduler, SchedulerPlugin, Worker, WorkerPlugin

from museion_datasets import connect


@dataclass(frozen=True, slots=True)
class Access:
    """How a process reaches the registry.

    Attributes
    ----------
    url : str
        Address of the registry.
    token : str
        Hub token of the workspace; never shown.
    storage : str
        Root directory of the sealed objects, as the process sees it.
    """

    url: str
    token: str = field(repr=False)
    storage: str

    def grant(self, client: Client) -> None:
        """Give the access to a client's scheduler and to each of its workers."""
        client.register_plugin(_SchedulerAccess(self))
        client.register_plugin(_WorkerAccess(self))

    def connect(self) -> None:
        """Connect this process; stores that arrive find the library by its address."""
        connect(self.url, token=self.token, storage=self.storage)


class _WorkerAccess(WorkerPlugin):
    name = "museion-worker-access"
    idempotent = True

    def __init__(self, access: Access) -> None:
        self._access = access

    def setup(self, worker: Worker) -> None:
        """Connect the worker's process."""
        del worker
        self._access.connect()


class _SchedulerAccess(SchedulerPlugin):
    name = "museion-scheduler-access"
    idempotent = True

    def __init__(self, access: Access) -> None:
        self._access = access

    async def start(self, scheduler: Scheduler) -> None:
        """Connect the scheduler's process."""
        del scheduler
        self._access.connect()
