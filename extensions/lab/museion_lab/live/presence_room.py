"""The room in which everybody hears who is here."""

from typing import Any

from jupyter_server_ydoc.rooms import TransientRoom

from museion_lab.live.sharing import GuardedRoom
from museion_lab.live.visitors import Client

__all__ = ["SharedPresence"]


class SharedPresence(GuardedRoom, TransientRoom):  # type: ignore[misc,unused-ignore]
    """The room in which everybody hears who is here; it holds no document."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  the library's
        super().__init__(*args, **kwargs)
        self.guard()

    def takes_changes_of(self, client: Client) -> bool:  # noqa: ARG002  nobody's
        """Take no changes: there is nothing to change."""
        return False

    def warn_once(self, client: Client, what: str) -> None:
        """Say nothing: browsers send their empty document here."""
