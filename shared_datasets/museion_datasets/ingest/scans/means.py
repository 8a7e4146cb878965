"""With what a scan is built: who works, who is told, what is remembered, how much memory."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Protocol

_PART_BYTES = 150
"""What one triangle of a part takes while it is cut."""


class Checkpoints(Protocol):
    """Remembers what is finished, so that a build that was killed goes on from there."""

    def find(self, name: str, /) -> bytes | None:
        """Return what was kept under a name, if it is whole."""

    def keep(self, name: str, content: bytes, /) -> None:
        """Keep something under a name."""


class Forgetful:
    """Remembers nothing."""

    def find(self, name: str) -> bytes | None:
        """Find nothing."""
        del name
        return None

    def keep(self, name: str, content: bytes) -> None:
        """Keep nothing."""


def tell_nobody(_share: float, _what: str, /) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Means:
    """With what a scan is built.

    Attributes
    ----------
    workers : int
        Threads.
    executor : Executor, optional
        Who simplifies groups, such as a Dask client's `get_executor()`; threads by default.
    tell : callable
        Told the share that is done, from 0 to 1, and what is being done.
    checkpoints : Checkpoints
        Where finished groups are remembered.
    memory_bytes : int
        What to take beside the program itself and a few bytes for each vertex.
    """

    workers: int = 2
    executor: Executor | None = None
    tell: Callable[[float, str], None] = tell_nobody
    checkpoints: Checkpoints = field(default_factory=Forgetful)
    memory_bytes: int = 1 << 29

    @property
    def part_triangles(self) -> int:
        """Triangles that one thread works on at once."""
        most = self.memory_bytes // (_PART_BYTES * 4 * (self.workers + 1))
        return min(max(most, 1 << 14), 1 << 17)


DEFAULT_MEANS = Means()
