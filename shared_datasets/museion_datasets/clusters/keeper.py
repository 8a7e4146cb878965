"""Keeps a worker's lease: asks which grants hold, and makes the worker forget the rest.

Asked three times within a lease, so that one lost answer harms nothing. The keys of a dataset
that the answer does not name go at once. Without an answer the last one holds until its lease
is over, counted from when it was asked for; then all keys go. Reading goes on meanwhile: data
comes from the storage, keys from memory.
"""

import logging
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

from museion_datasets.clusters.grants import Lease
from museion_datasets.errors import DatasetsError, KeyUnavailableError

_log = logging.getLogger(__name__)
_FIRST_LEASE_S: Final = 30.0
_ASKED_WITHIN_LEASE: Final = 3

type AskLease = Callable[[float], Lease]
"""Asks for the lease, waiting for at most so many seconds."""


class LeaseKeeper:
    """Renews one lease in a thread of its own. Safe to use from several threads.

    Parameters
    ----------
    ask : callable
        Asks the registry.
    forget : callable
        Called with a lease and the moment it was asked for: what it does not cover has to be
        forgotten; with None, everything.
    on_ended : callable
        Called when the cluster's token has ended.
    clock : callable
        The time in seconds.
    """

    def __init__(
        self,
        ask: AskLease,
        forget: Callable[[Lease | None, float], None],
        *,
        on_ended: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._forget = forget
        self._on_ended = on_ended
        self._clock = clock
        self._lock = Lock()
        self._lease_s = _FIRST_LEASE_S
        self._until = clock()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="museion-lease", daemon=True)

    @property
    def lease_s(self) -> float:
        """For how long an answer may be relied on, as the registry said last."""
        return self._lease_s

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more, and forget everything."""
        self._stopped.set()
        self._lapse()

    def holds(self, since: float) -> bool:
        """Tell whether what was exchanged at a moment may be used now.

        Parameters
        ----------
        since : float
            When it was asked for, by the same clock.

        Returns
        -------
        bool
            Whether an answer of the registry that is young enough says so.
        """
        with self._lock:
            return self._clock() < max(self._until, since + self._lease_s)

    def renew(self) -> None:
        """Ask once, and forget what has to be forgotten."""
        asked = self._clock()
        try:
            lease = self._ask(self._lease_s / _ASKED_WITHIN_LEASE)
        except KeyUnavailableError as error:
            _log.warning("The cluster's token has ended: %s", error.message)
            self._lapse()
            self._on_ended()
        except DatasetsError as error:
            _log.warning("The cluster's lease was not renewed: %s", error.message)
            if not self.holds(asked - self._lease_s):
                self._lapse()
        else:
            with self._lock:
                self._lease_s = lease.lease_s
                self._until = asked + lease.lease_s
            self._forget(lease, asked)

    def _lapse(self) -> None:
        """Forget everything."""
        with self._lock:
            self._until = self._clock()
        self._forget(None, self._clock())

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.renew()
            self._stopped.wait(self._lease_s / _ASKED_WITHIN_LEASE)
