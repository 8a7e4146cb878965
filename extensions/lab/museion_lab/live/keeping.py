"""What documents are kept with: the log of changes, earlier versions, and what to say if not."""

from dataclasses import dataclass
from typing import Any, Protocol

from museion_lab.live.troubles import Troubles
from museion_lab.live.update_log import UpdateLog
from museion_lab.versions.keeper import KeptRoom
from museion_lab.versions.store import Reason

__all__ = ["Keeper", "Keeping", "NotKeptError"]


class NotKeptError(Exception):
    """The present state would be lost."""


class Keeper(Protocol):
    """Whoever keeps earlier versions."""

    async def keep(self, room: KeptRoom, content: Any, reason: Reason) -> bool:  # noqa: ANN401
        """Keep a content of a room and tell whether it is safe; never raises."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a room keeps its document with."""

    log: UpdateLog
    keeper: Keeper
    troubles: Troubles
