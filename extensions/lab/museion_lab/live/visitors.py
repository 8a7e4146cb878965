"""Who is at the other end of a socket, as the rooms see them."""

from dataclasses import dataclass
from typing import Protocol

from museion_lab.people import Person

__all__ = ["Client", "Visitor"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in on a socket.

    Attributes
    ----------
    person : Person
        The authenticated person.
    can_write : bool
        False for somebody who may only look.
    """

    person: Person
    can_write: bool


class Client(Protocol):
    """A socket in a room."""

    visitor: Visitor
    client_id: int | None
    """The client id this socket speaks for, once it has said so."""

    @property
    def path(self) -> str:
        """Name of the room."""

    async def send(self, message: bytes) -> None:
        """Send a frame; never raises because the other side is gone."""

    def leave(self, code: int, reason: str) -> None:
        """Close the socket."""
