"""With what a scan is built: who works, who is told, what is remembered, how much memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

_PART_BYTES = 150
"""What one triangle of a part takes while it is cut."""

_LEAST, _MOST = 1 << 10, 1 << 17
"""Triangles of a part; larger ones make nothing faster."""


class Checkpoints(Protocol):
    """Remembers what is finished, so that a build that was killed goes on from there."""

    def find(self, name: str, /) -> bytes | None:
        """Return what was kept under a name, if it is whole."""

    def keep(self, name: str, content: bytes, /) -> None:
        """Keep something under a name."""


def tell_nobody(_share: float, _what: str, /) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Means:
    """With what a scan is built.

    Attributes
    ----------
    workers : int
        Threads.
    tell : callable
        Told the share that is done, from 0 to 1, and what is being done.
    checkpoints : Checkpoints, optional
        Where finished groups are remembered.
    memory_bytes : int
        What to take beside the program itself and a few bytes for each vertex.
    """

    workers: int = 2
    tell: Callable[[float, str], None] = tell_nobody
    checkpoints: Checkpoints | None = None
    memory_bytes: int = 1 << 29

    @property
    def part_triangles(self) -> int:
        """Triangles that one thread works on at once."""
        most = self.memory_bytes // (_PART_BYTES * 4 * (self.workers + 1))
        return min(max(most, _LEAST), _MOST)


DEFAULT_MEANS = Means()
