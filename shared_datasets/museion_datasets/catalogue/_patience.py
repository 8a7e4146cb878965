"""How long a question to the registry is asked again before it counts as not answered.

A hub that restarts, or a network that is cut for seconds, should end no computation. What was
never sent is asked again in any case; what may have arrived, only if asking twice does no
harm. Pauses double, so that a registry which comes back is not overrun.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import httpx

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_PASSING: Final = frozenset({502, 503, 504})
"""Statuses of a proxy without its service, and of a service without its database."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long to ask again.

    Attributes
    ----------
    seconds : float
        Since the first try; 0 for a single one.
    clock, sleep : callable
        The time, and how it passes.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def ask(self, send: Callable[[], httpx.Response], *, is_repeatable: bool) -> httpx.Response:
        """Send until an answer comes that is not about to pass.

        Parameters
        ----------
        send : callable
            Sends the request.
        is_repeatable : bool
            Whether it may arrive twice.

        Returns
        -------
        httpx.Response
            The last answer.

        Raises
        ------
        httpx.TransportError
            If there was none.
        """
        pauses = self._pauses()
        while True:
            try:
                response = send()
                if response.status_code not in _PASSING or not is_repeatable:
                    return response
                pause = next(pauses, None)
                if pause is None:
                    return response
            except httpx.TransportError as error:
                was_not_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                pause = next(pauses, None) if is_repeatable or was_not_sent else None
                if pause is None:
                    raise
            self.sleep(pause)

    def _pauses(self) -> Iterator[float]:
        """Yield how long to wait, until the time is up."""
        end, pause = self.clock() + self.seconds, _FIRST_PAUSE_S
        while (left := end - self.clock()) > 0:
            yield min(pause, left)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
