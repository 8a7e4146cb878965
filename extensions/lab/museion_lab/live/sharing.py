"""What every room does with the frames it gets: who may change, who may be named.

Changes are taken only from visitors who may write; from others they are dropped, however
they are wrapped. Presences are passed on only for the client id that a socket speaks for,
under the name its visitor signed in with.
"""

from logging import Logger

from pycrdt import Doc, create_sync_message, handle_sync_message
from pycrdt.websocket import YRoom

from museion_lab.live.frames import Ask, Frame, MalformedFrameError, encode_block
from museion_lab.live.presences import (
    ClientIds,
    Presence,
    encode_presences,
    presence_message,
    read_presences,
    vouched,
)
from museion_lab.live.visitors import Client

__all__ = ["GuardedRoom"]

STATE_VECTOR = b"\x00"  # the step of a sync message that carries one


class GuardedRoom(YRoom):
    """A room that trusts the server's idea of its visitors, never theirs."""

    clients: set[Client]  # type: ignore[assignment]  # more than a channel
    log: Logger
    ydoc: Doc  # type: ignore[type-arg]
    _ids: ClientIds
    _warned: set[tuple[str, str]]

    def guard(self) -> None:
        """Begin with nobody known; called once, by the constructor."""
        self._ids = ClientIds()
        self._warned = set()

    async def welcome(self, client: Client) -> None:
        """Let a client in: from now on it hears every change.

        Parameters
        ----------
        client : Client
            A socket that is open.
        """
        self.clients.add(client)
        await client.send(create_sync_message(self.ydoc))

    def forget(self, client: Client) -> None:
        """Send nothing to a client any more.

        Parameters
        ----------
        client : Client
            A socket that is closed.
        """
        self.clients.discard(client)

    async def take(self, client: Client, frame: Frame) -> None:
        """Do what a frame asks for, as far as its visitor may.

        Parameters
        ----------
        client : Client
            Who sent it.
        frame : Frame
            Anything but a request to save.
        """
        match frame.ask:
            case Ask.STATE:
                await self._tell_state(client, frame.body)
            case Ask.CHANGE if self.takes_changes_of(client):
                await self.change(client, frame.body)
            case Ask.PRESENCE:
                await self._tell_presence(client, frame.body)
            case _:
                self.warn_once(client, "a change by a visitor who may only look was dropped")

    def takes_changes_of(self, client: Client) -> bool:
        """Tell whether a client may change this room's document.

        Parameters
        ----------
        client : Client
            Who wants to.

        Returns
        -------
        bool
            Here: whether its visitor may write.
        """
        return client.visitor.can_write

    async def change(self, client: Client, update: bytes) -> None:
        """Apply a change.

        Parameters
        ----------
        client : Client
            Who made it.
        update : bytes
            As the library encodes it.
        """
        try:
            self.ydoc.apply_update(update)
        except (ValueError, RuntimeError) as error:
            self.warn_once(client, f"a change could not be applied: {error}")

    async def _tell_state(self, client: Client, state_vector: bytes) -> None:
        try:
            reply = handle_sync_message(STATE_VECTOR + encode_block(state_vector), self.ydoc)
        except (ValueError, RuntimeError) as error:
            self.warn_once(client, f"a question could not be read: {error}")
            return
        if reply is not None:
            await client.send(reply)

    async def _tell_presence(self, client: Client, body: bytes) -> None:
        try:
            heard = read_presences(body)
        except MalformedFrameError as error:
            self.warn_once(client, str(error))
            return
        person = client.visitor.person
        own = [vouched(each, person) for each in heard if self._is_of(client, each)]
        if not own:
            return
        said = encode_presences(own)
        self.awareness.apply_awareness_update(said, self)
        for other in tuple(self.clients):  # itself too: an answer keeps its line open
            await other.send(presence_message(said))

    def _is_of(self, client: Client, presence: Presence) -> bool:
        """Tell whether a client speaks for itself; what it repeats of others is left out."""
        if presence.client_id == self.awareness.client_id:
            return False
        if client.client_id is None and presence.state is not None:
            if not self._ids.claim(presence.client_id, client.visitor.person.username):
                return False
            client.client_id = presence.client_id
        return presence.client_id == client.client_id

    def warn_once(self, client: Client, what: str) -> None:
        """Log something odd, once for each person.

        Parameters
        ----------
        client : Client
            Who did it.
        what : str
            What happened.
        """
        key = (client.visitor.person.username, what.partition(":")[0])
        if key not in self._warned:
            self._warned.add(key)
            self.log.warning("Room %s, %s: %s", client.path, key[0], what)
