"""Makes guessing slow: who fails too often has to wait, twice as long each time.

Enough against guessing, too little to lock a person out for long. The memory is this process's
own and bounded: the names that failed longest ago are forgotten first.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FREE_TRIES: Final = 5
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
MAX_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed tries in a row, and when the last one was."""

    count: int
    last_s: float

    @property
    def wait_s(self) -> float:
        """How long after the last failure the next try begins to count."""
        doublings = min(self.count - FREE_TRIES, 16)
        return 0.0 if doublings < 0 else min(FIRST_WAIT_S * 2**doublings, LONGEST_WAIT_S)


class Throttle:
    """Counts failures by name.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, Failures] = OrderedDict()
        self._lock = threading.Lock()

    def seconds_until_next_try(self, name: str) -> float:
        """Give how long a name has to wait; 0 if it need not."""
        with self._lock:
            failures = self._failures.get(name)
        return max(0.0, failures.last_s + failures.wait_s - self._clock()) if failures else 0.0

    def remember(self, name: str, *, is_right: bool) -> None:
        """Count a failure, or forget them all after a success."""
        with self._lock:
            failures = self._failures.pop(name, None)
            if is_right:
                return
            count = (failures.count if failures else 0) + 1
            self._failures[name] = Failures(count, self._clock())
            if len(self._failures) > MAX_REMEMBERED:
                self._failures.popitem(last=False)
