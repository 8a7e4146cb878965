"""Hands a cluster's workers their way to the datasets; keys and tokens stay out of Dask.

The agent registers the cluster at the registry and keeps the token by which its workers ask
for keys. A plugin without any secret goes through the scheduler to every worker, late ones
too. It makes a key pair in the worker's memory and asks for the token as an event; the agent
seals the token to that pair, and only the worker can open it. So neither the graph nor the
scheduler, its state, its dashboard or its log ever hold a token, and a key is nowhere but in
the worker that exchanged a grant for it.

What the notebook's process does for this is in `museion.clusters.departing`.
"""

import asyncio
import base64
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from distributed import Client, Worker, WorkerPlugin

from museion.clusters.departing import Departures
from museion_datasets import environment
from museion_datasets.catalogue import RegistryCatalogue
from museion_datasets.catalogue._cluster import ClusterCatalogue
from museion_datasets.errors import DatasetsError, KeyUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from museion_datasets.catalogue._registrar import Registrar

__all__ = ["Access", "Departures", "WorkerAccess", "deliver"]

TOPIC: Final = "museion-access"
PLUGIN: Final = "museion-access"
_ASK_AGAIN_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 10.0
_KEEP_EVERY_S: Final = 60.0

_log = logging.getLogger(__name__)


class Access:
    """A registered cluster, on the agent's side. Never pickled, and shows no token.

    Parameters
    ----------
    registrar : Registrar
        Asks the registry on behalf of the workspace.
    url, storage : str
        Where the registry is, and the sealed objects, as the workers see them.
    cluster, place, label : str
        As they were registered.
    """

    def __init__(
        self,
        registrar: "Registrar",
        *,
        url: str,
        storage: str,
        cluster: str,
        place: str,
        label: str,
    ) -> None:
        self._registrar = registrar
        self._terms = (cluster, place, label)
        self._plugin = WorkerAccess(url, storage, cluster)
        self._lock = Lock()
        self._closed = Event()
        self.__token = registrar.register(*self._terms).token
        Thread(target=self._keep, name="museion-cluster-token", daemon=True).start()

    def __reduce__(self) -> str:
        raise KeyUnavailableError(
            "A token does not leave the process that holds it",
            hint="register the cluster again in the other process.",
        )

    @classmethod
    def register(cls, cluster: str, *, place: str, label: str) -> "Access | None":
        """Register a cluster at the registry that the environment names.

        Parameters
        ----------
        cluster : str
            Its id.
        place : str
            Where it runs: ``"workspace"``, or a compute place of the deployment.
        label : str
            For people: the notebook.

        Returns
        -------
        Access or None
            None without a registry: workers then connect by their own environment.
        """
        url, token = environment.find_registry()
        storage = environment.find_storage()
        if not (url.startswith("http") and token and storage):
            return None
        registrar = RegistryCatalogue(url, token).clusters()
        return cls(registrar, url=url, storage=storage, cluster=cluster, place=place, label=label)

    async def install(self, client: Client) -> None:
        """Let the workers ask for access: those of now and those to come.

        Parameters
        ----------
        client : Client
            The agent's own, which stays connected; to be called in its event loop, and again
            after it has connected anew.
        """

        async def answer(event: tuple[float, Any]) -> None:
            await self._answer(client, event[1])

        client.subscribe_topic(TOPIC, answer)
        await client.register_plugin(self._plugin)

    def close(self) -> None:
        """Say that the cluster has ended, as far as the registry can be reached."""
        self._closed.set()
        with suppress(DatasetsError):
            self._registrar.close(self._terms[0])

    async def _answer(self, client: Client, message: Any) -> None:  # noqa: ANN401 - from the wire
        """Seal the token to a worker's key, and send it there."""
        from museion_datasets import envelope  # noqa: PLC0415 - kernels import this module too

        worker = str(message["worker"])
        try:
            if message["had_token"]:
                await asyncio.to_thread(self._renew, str(message["had_token"]))
            public = base64.b64decode(message["public_key"], validate=True)
            info = envelope.token_info(self._terms[0], worker)
            sealed = envelope.seal(public, self.__token.encode(), info)
            await client.run(deliver, sealed, workers=[worker])
        except (DatasetsError, OSError, ValueError) as error:
            # The worker asks again, or has gone.
            _log.warning("A worker was not given access: %s: %s", worker, type(error).__name__)

    def _keep(self) -> None:
        """Keep the token alive while no worker does."""
        while not self._closed.wait(_KEEP_EVERY_S):
            try:
                self._check()
            except DatasetsError as error:
                _log.warning("The cluster's token was not renewed: %s", error.message)

    def _check(self) -> None:
        """Renew the token's term; get another one if it has ended."""
        token = self.__token
        try:
            ClusterCatalogue(self._plugin.url, token).lease(_KEEP_EVERY_S)
        except KeyUnavailableError:
            self._renew(_digest(token))

    def _renew(self, ended: str) -> None:
        """Get another token, unless that was done since the one that has ended."""
        with self._lock:
            if ended == _digest(self.__token) and not self._closed.is_set():
                self.__token = self._registrar.register(*self._terms).token


@dataclass
class WorkerAccess(WorkerPlugin):
    """Asks for access on behalf of one worker; holds nothing secret when it travels.

    Attributes
    ----------
    url, storage : str
        Where the registry is, and the sealed objects.
    cluster : str
        The cluster's id.
    """

    url: str
    storage: str
    cluster: str
    name: str = field(default=PLUGIN, init=False)
    idempotent: bool = field(default=True, init=False)

    def setup(self, worker: Worker) -> None:
        """Let what arrives wait for the cluster's library, and ask for the token.

        Parameters
        ----------
        worker : Worker
            Whose plugin this is.
        """
        from museion_datasets import arrivals, envelope  # noqa: PLC0415 - travels light

        arrivals.expect(self.url.rstrip("/"))
        self._worker = worker
        self._pair = envelope.generate_keypair()
        self._token_digest = ""
        self._answered = asyncio.Event()
        self._asking = asyncio.create_task(self._ask())

    def teardown(self, worker: Worker) -> None:
        """Forget everything.

        Parameters
        ----------
        worker : Worker
            Whose plugin this is.
        """
        from museion_datasets import arrivals  # noqa: PLC0415 - travels light

        del worker
        self._asking.cancel()
        library = arrivals.find_bound(self.url.rstrip("/"))
        close: Callable[[], None] = getattr(library, "close", lambda: None)
        close()
        arrivals.release(self.url.rstrip("/"))

    async def receive(self, sealed: bytes) -> None:
        """Take the token, and connect.

        Parameters
        ----------
        sealed : bytes
            The token, sealed to this worker's key.
        """
        from museion_datasets import envelope  # noqa: PLC0415 - travels light
        from museion_datasets.clusters.library import connect_cluster  # noqa: PLC0415 - heavy

        info = envelope.token_info(self.cluster, self._worker.address)
        token = envelope.open_(self._pair.private, sealed, info).decode()
        self._token_digest = _digest(token)
        await asyncio.to_thread(
            connect_cluster,
            self.url,
            token,
            self.storage,
            cluster=self.cluster,
            on_ended=self._ask_from_thread,
        )
        self._answered.set()

    async def _ask(self) -> None:
        """Ask until there is an answer: now and then, for the agent may be away for a while."""
        public_key = base64.b64encode(self._pair.public).decode()
        pause_s = _ASK_AGAIN_S
        while not self._answered.is_set():
            question = {
                "worker": self._worker.address,
                "public_key": public_key,
                "had_token": self._token_digest,
            }
            self._worker.log_event(TOPIC, question)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _ask_from_thread(self) -> None:
        """Ask for another token, from the thread that keeps the lease."""
        self._worker.loop.add_callback(self._ask_anew)

    def _ask_anew(self) -> None:
        if self._asking.done():
            self._answered.clear()
            self._asking = asyncio.create_task(self._ask())


async def deliver(sealed: bytes, dask_worker: Worker) -> None:
    """Hand a worker its token; runs in the worker.

    Parameters
    ----------
    sealed : bytes
        Sealed to the worker's own key.
    dask_worker : Worker
        Dask gives it.
    """
    plugin = dask_worker.plugins.get(PLUGIN)
    if isinstance(plugin, WorkerAccess):
        await plugin.receive(sealed)


def _digest(token: str) -> str:
    """Return what tells one token from another, and nothing of it."""
    from hashlib import sha256  # noqa: PLC0415 - rare

    return sha256(token.encode()).hexdigest()[:16]
