"""The rooms of one server: opened when the first visitor comes, closed a while after the last.

Opening and closing of a room exclude each other, and a room in which somebody has arrived
meanwhile is not closed, so that nobody is left typing into a room that is not kept.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from logging import Logger
from typing import Any

from jupyter_server_ydoc.loaders import FileLoaderMapping
from jupyter_server_ydoc.websocketserver import JupyterWebsocketServer

from museion_lab.live.keeping import Keeping
from museion_lab.live.names import PRESENCE_ROOM, DocumentName
from museion_lab.live.presence_room import SharedPresence
from museion_lab.live.room import WorkspaceRoom
from museion_lab.live.sharing import GuardedRoom
from museion_lab.live.visitors import Client

__all__ = ["Habits", "Rooms"]

GOING_AWAY = 1001
"""Close code: the server stops."""
STOP_ROOM_S = 10.0  # at most, for each room when the server stops


@dataclass(frozen=True, slots=True)
class Habits:
    """How a server treats its documents.

    Attributes
    ----------
    save_delay_s : float or None
        Pause after which a document is saved; None for never.
    close_delay_s : float or None
        How long a room stays open without anybody; None for ever.
    """

    save_delay_s: float | None
    close_delay_s: float | None


class Rooms:
    """Opens and closes rooms.

    Parameters
    ----------
    server : JupyterWebsocketServer
        Runs the rooms' tasks, and lists them for other extensions.
    files : FileLoaderMapping
        Reads and writes the files.
    keeping : Keeping
        What documents are kept with.
    habits : Habits
        Delays.
    events : EventLogger
        Where rooms tell what happens.
    log : logging.Logger
        The server's log.
    """

    def __init__(
        self,
        server: JupyterWebsocketServer,
        files: FileLoaderMapping,
        keeping: Keeping,
        habits: Habits,
        events: Any,  # noqa: ANN401  untyped
        log: Logger,
    ) -> None:
        self._server = server
        self._files = files
        self._keeping = keeping
        self._habits = habits
        self._events = events
        self._log = log
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._closing: dict[str, asyncio.Task[None]] = {}

    async def enter(self, name: DocumentName | None, client: Client) -> GuardedRoom:
        """Let a client into a room, which is opened if need be.

        Parameters
        ----------
        name : DocumentName or None
            A document; None for the list of who is here.
        client : Client
            A socket that is open.

        Returns
        -------
        GuardedRoom
            With the client in it.
        """
        key = PRESENCE_ROOM if name is None else str(name)
        room: GuardedRoom | None
        async with self._locks[key]:
            if (closing := self._closing.pop(key, None)) is not None:
                closing.cancel()
            room = self._server.rooms.get(key)
            if room is None:
                # A task of its own: the library for threads ties the thread that reads the
                # file to the task that asked, and a socket's own task may never end.
                room = await asyncio.create_task(self._open(key, name))
            await room.welcome(client)
        return room

    async def leave(self, room: GuardedRoom, client: Client) -> None:
        """Take note that a client is gone.

        Parameters
        ----------
        room : GuardedRoom
            Where it was.
        client : Client
            A socket that is closed.
        """
        room.forget(client)
        is_wanted = room.clients or self._habits.close_delay_s is None
        if is_wanted or not isinstance(room, WorkspaceRoom):
            return
        key = room.room_id
        if key not in self._closing:
            self._closing[key] = asyncio.create_task(self._close_later(key, room))

    def find(self, file_id: str) -> WorkspaceRoom | None:
        """Return the room that shows a file.

        Parameters
        ----------
        file_id : str
            The server's number for the file.

        Returns
        -------
        WorkspaceRoom or None
            None if nobody has it open.
        """
        return next((room for room in self.documents() if room.file_id == file_id), None)

    def documents(self) -> list[WorkspaceRoom]:
        """Return the open documents.

        Returns
        -------
        list of WorkspaceRoom
            Those that are loaded.
        """
        rooms = list(self._server.rooms.values())
        return [room for room in rooms if isinstance(room, WorkspaceRoom) and room.ready]

    async def stop(self) -> None:
        """Close all sockets and rooms, so that everything is saved and kept."""
        for closing in self._closing.values():
            closing.cancel()
        for key, room in list(self._server.rooms.items()):
            for client in tuple(room.clients):
                client.leave(GOING_AWAY, "the server stops")
            try:
                await asyncio.wait_for(self._close(key, room), STOP_ROOM_S)
            except TimeoutError:
                self._log.warning("Room %s did not close in time", key)

    async def _open(self, key: str, name: DocumentName | None) -> GuardedRoom:
        if not self._server.started.is_set():
            self._running = asyncio.create_task(self._server.start())
            await self._server.started.wait()
        room: GuardedRoom = self._make(key, name)
        try:
            await self._server.start_room(room)
            if isinstance(room, WorkspaceRoom):
                await room.initialize()
        except BaseException:
            await asyncio.shield(self._discard(room))
            raise
        self._server.add_room(key, room)
        return room

    def _make(self, key: str, name: DocumentName | None) -> Any:  # noqa: ANN401  untyped bases
        if name is None:
            return SharedPresence(key, log=self._log, exception_handler=self._go_on)
        return WorkspaceRoom(
            self._keeping,
            key,
            name.file_format,
            name.file_type,
            self._files[name.file_id],
            self._events,
            None,
            self._log,
            save_delay=self._habits.save_delay_s,
            exception_handler=self._go_on,
        )

    def _go_on(self, error: Exception, log: Logger) -> bool:
        """Keep a room running whatever happens in one of its tasks."""
        log.error("A room's task failed", exc_info=error)
        return True

    async def _close_later(self, key: str, room: WorkspaceRoom) -> None:
        await asyncio.sleep(self._habits.close_delay_s or 0)
        async with self._locks[key]:
            self._closing.pop(key, None)
            if not room.clients:
                await self._close(key, room)

    async def _close(self, key: str, room: Any) -> None:  # noqa: ANN401  untyped bases
        self._server.rooms.pop(key, None)
        self._log.info("Closing room %s", key)
        await self._discard(room)

    async def _discard(self, room: Any) -> None:  # noqa: ANN401  untyped bases
        await room.stop()
        if isinstance(room, WorkspaceRoom):
            loader = self._files[room.file_id]
            if loader.number_of_subscriptions == 0:
                await self._files.remove(room.file_id)
