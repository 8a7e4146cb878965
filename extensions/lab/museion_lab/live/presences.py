"""Where people are in a document, under the names they signed in with.

A browser tells the others about itself: its cursor, the open documents, and a name. The
name is only a claim, so the server puts the authenticated person in its place. A browser
also repeats what it heard of others; only what a connection says about its own client id
is passed on. A client id belongs to the person who used it first in that room.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from museion_lab.live.frames import (
    MalformedFrameError,
    Reader,
    encode_block,
    encode_number,
)
from museion_lab.people import Person

__all__ = [
    "ClientIds",
    "Presence",
    "encode_presences",
    "presence_message",
    "read_presences",
    "vouched",
]

AWARENESS = 1  # the kind of frame
LONGEST_BYTES = 256 * 1024  # of one message with presences
MOST_CLIENT_IDS = 10_000  # remembered for one room


@dataclass(frozen=True, slots=True)
class Presence:
    """What is said about one client.

    Attributes
    ----------
    client_id : int
        The number its copy of the document goes by.
    clock : int
        Grows with each change.
    state : dict or None
        Cursor, name and more; None when it is gone.
    """

    client_id: int
    clock: int
    state: dict[str, Any] | None


class ClientIds:
    """Remembers whose each client id is; the oldest are forgotten beyond a bound."""

    def __init__(self) -> None:
        self._owners: OrderedDict[int, str] = OrderedDict()

    def claim(self, client_id: int, username: str) -> bool:
        """Tell whether a person may use a client id, and make it theirs if it is free.

        Parameters
        ----------
        client_id : int
            From a message.
        username : str
            The authenticated person's.

        Returns
        -------
        bool
            False if it is somebody else's.
        """
        is_theirs = self._owners.setdefault(client_id, username) == username
        if is_theirs:
            self._owners.move_to_end(client_id)
        while len(self._owners) > MOST_CLIENT_IDS:
            self._owners.popitem(last=False)
        return is_theirs


def read_presences(body: bytes) -> list[Presence]:
    """Return what a message says about clients.

    Parameters
    ----------
    body : bytes
        Of a frame that asks for `Ask.PRESENCE`.

    Returns
    -------
    list of Presence
        In the message's order.

    Raises
    ------
    MalformedFrameError
        If it is too long, cut short, or not made of JSON objects.
    """
    if len(body) > LONGEST_BYTES:
        raise MalformedFrameError(f"presence is too long: {len(body)} bytes")
    reader = Reader(body)
    presences = [
        Presence(reader.number(), reader.number(), _read_state(reader.block()))
        for _ in range(reader.number())
    ]
    reader.require_end()
    return presences


def _read_state(text: bytes) -> dict[str, Any] | None:
    try:
        state = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedFrameError("presence is not JSON") from error
    if state is not None and not isinstance(state, dict):
        raise MalformedFrameError("presence is not an object")
    return state


def _refuse_constant(name: str) -> NoReturn:
    """Refuse what browsers can't read: NaN and Infinity are not JSON.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(f"not JSON: {name}")


def vouched(presence: Presence, person: Person) -> Presence:
    """Return a presence with the authenticated person's name, initials and colour in it.

    Parameters
    ----------
    presence : Presence
        As the client claims it.
    person : Person
        Who is signed in on that connection.

    Returns
    -------
    Presence
        Unchanged if it says that the client is gone.
    """
    if presence.state is None:
        return presence
    user = {
        "username": person.username,
        "name": person.display_name,
        "display_name": person.display_name,
        "initials": person.initials,
        "avatar_url": None,
        "color": person.color,
    }
    return Presence(presence.client_id, presence.clock, presence.state | {"user": user})


def encode_presences(presences: Iterable[Presence]) -> bytes:
    """Return the body of a message about clients.

    Parameters
    ----------
    presences : iterable of Presence
        What to say.

    Returns
    -------
    bytes
        What `read_presences` reads.
    """
    entries = [
        encode_number(each.client_id)
        + encode_number(each.clock)
        + encode_block(json.dumps(each.state, separators=(",", ":")).encode())
        for each in presences
    ]
    return encode_number(len(entries)) + b"".join(entries)


def presence_message(body: bytes) -> bytes:
    """Return the frame that carries presences.

    Parameters
    ----------
    body : bytes
        From `encode_presences`.

    Returns
    -------
    bytes
        A whole frame.
    """
    return encode_number(AWARENESS) + encode_block(body)
