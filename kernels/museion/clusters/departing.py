"""Asks for grants in the notebook's process, before a computation is sent to a cluster.

For each dataset in a graph, while the graph is pickled. What the registry refuses is raised
there, in one sentence with a hint, and nothing is sent.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Final

from museion_datasets import departures, environment
from museion_datasets.catalogue import RegistryCatalogue
from museion_datasets.clusters.grants import Wish
from museion_datasets.departures import Departure
from museion_datasets.errors import DatasetsError, UnavailableError

if TYPE_CHECKING:
    from museion_datasets.catalogue._registrar import Registrar

_GRANT_KNOWN_S: Final = 10.0

_leaving: ContextVar["Departures | None"] = ContextVar("museion_leaving", default=None)


class Departures:
    """Asks for grants before a notebook's graphs are sent to a cluster.

    Parameters
    ----------
    cluster : str
        The cluster's id at the registry; empty if it is not registered.
    """

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._known: dict[Wish, float] = {}
        self._refusals: list[DatasetsError] = []
        _subscribe_once()

    @contextmanager
    def leaving(self) -> Generator[None]:
        """Ask for what is pickled in this block; leave it with the registry's reason, if any.

        Yields
        ------
        None
            Nothing is asked for twice within a few seconds.

        Raises
        ------
        DatasetsError
            What the registry refused, before anything was sent.
        """
        if not (self._cluster and self._registrar):
            yield
            return
        token = _leaving.set(self)
        self._refusals = []
        try:
            yield
        except Exception:
            if self._refusals:  # pickling wraps what was raised inside
                raise self._refusals[0] from None
            raise
        finally:
            _leaving.reset(token)

    def ask_for(self, departure: Departure) -> None:
        """Ask for a grant, unless it was granted a moment ago.

        Parameters
        ----------
        departure : Departure
            What is being pickled.

        Raises
        ------
        DatasetsError
            What the registry refuses.
        """
        wish = Wish(departure.path, departure.mode, departure.version, departure.purpose)
        if departure.address != self._address or self._known.get(wish, 0) > monotonic():
            return
        try:
            self._registrar.grant(self._cluster, wish)  # type: ignore[union-attr]  # see leaving
        except DatasetsError as error:
            self._refusals.append(_explained(error, wish))
            raise
        self._known[wish] = monotonic() + _GRANT_KNOWN_S

    @cached_property
    def _registrar(self) -> "Registrar | None":
        url, token = environment.find_registry()
        if not (url.startswith("http") and token):
            return None
        return RegistryCatalogue(url, token).clusters()

    @property
    def _address(self) -> str:
        return environment.find_registry()[0].rstrip("/")


def _explained(error: DatasetsError, wish: Wish) -> DatasetsError:
    """Say what could not be sent, where the registry's answer does not."""
    if isinstance(error, UnavailableError):
        return UnavailableError(
            f"The cluster got no access to {wish.dataset}: {error.message}", hint=error.hint
        )
    return error


def _announced(departure: Departure) -> None:
    """Ask for a grant if the thread is sending something to a cluster."""
    leaving = _leaving.get()
    if leaving is not None:
        leaving.ask_for(departure)


_subscribed: list[Callable[[], None]] = []


def _subscribe_once() -> None:
    if not _subscribed:
        _subscribed.append(departures.subscribe(_announced))
