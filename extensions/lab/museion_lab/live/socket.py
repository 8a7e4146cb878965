"""`api/collaboration/room/<name>`: the socket of one browser in one room.

It decides who comes in, and understands frames; the room decides what they do. A room that
is not shown here does not exist, whoever asks. Messages are done one after the other.
"""

import asyncio
import json
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from jupyter_server_ydoc.handlers import YDocWebSocketHandler
from jupyter_server_ydoc.utils import (
    JUPYTER_COLLABORATION_AWARENESS_EVENTS_URI,
    SERVER_SESSION,
    YDOC_SERVER_VERSION,
    check_session_compatibility,
    save_current_session,
)
from tornado import web
from tornado.websocket import WebSocketClosedError

from museion_lab.live.frames import (
    LONGEST_CHANGE_BYTES,
    LONGEST_READERS_FRAME_BYTES,
    Ask,
    MalformedFrameError,
    encode_reply,
    read_frame,
)
from museion_lab.live.names import (
    PRESENCE_ROOM,
    DocumentName,
    find_document_name,
    is_shown,
    workspace_root,
)
from museion_lab.live.room import WorkspaceRoom
from museion_lab.live.rooms import Rooms
from museion_lab.live.sharing import GuardedRoom
from museion_lab.live.visitors import Visitor
from museion_lab.membership import may_write
from museion_lab.people import make_person
from museion_lab.versions.store import Reason

__all__ = ["RoomSocket"]

RELOAD = 1003
"""Close code: the browser's copy can't be joined with this one; it offers to reload."""
BROKEN = {400: 4400, 404: 4404}
"""Close codes by HTTP status, as browsers know them; else 4500."""


class RoomSocket(WebSocketMixin, YDocWebSocketHandler):  # type: ignore[misc,unused-ignore]
    """A browser's line to a room."""

    client_id: int | None = None
    room: GuardedRoom | None
    visitor: Visitor

    def initialize(self, rooms: Rooms) -> None:
        """Begin without a room.

        Parameters
        ----------
        rooms : Rooms
            The server's.
        """
        self._rooms = rooms
        self._name: DocumentName | None = None
        self.room = None
        self._has_closed = False

    @property
    def path(self) -> str:
        """Name of the room."""
        return PRESENCE_ROOM if self._name is None else str(self._name)

    @property
    def max_message_size(self) -> int:
        """Bytes of the largest frame this visitor may send."""
        can_write = may_write(self.current_user)
        return LONGEST_CHANGE_BYTES if can_write else LONGEST_READERS_FRAME_BYTES

    def check_origin(self, origin: str | None = None) -> bool:
        """Accept pages of this server only."""
        return bool(WebSocketMixin.check_origin(self, origin))

    async def prepare(self) -> None:
        """Let nobody in who may not look, and nowhere that is not shown.

        Raises
        ------
        tornado.web.HTTPError
            403 if the visitor may not look, 404 if there is no such room.
        """
        await JupyterHandler.prepare(self)
        user = self.current_user
        if self._finished:
            return
        if user is None or not await ensure_async(
            self.authorizer.is_authorized(self, user, "read", "contents")
        ):
            raise web.HTTPError(403)
        self._name = self._find_room(self.path_args[0])
        person = make_person(user.username, user.display_name, user.initials, user.color)
        self.visitor = Visitor(person, may_write(user))

    def _find_room(self, room: str) -> DocumentName | None:
        if room == PRESENCE_ROOM:
            return None
        name = find_document_name(room)
        if name is None or not is_shown(self._path_of(name), workspace_root(self.settings)):
            raise web.HTTPError(404)
        return name

    def _path_of(self, name: DocumentName) -> str | None:
        path: str | None = self.settings["file_id_manager"].get_path(name.file_id)
        return path

    async def open(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401  Tornado's
        """Enter the room."""
        try:
            room = await self._rooms.enter(self._name, self)
        except Exception as error:  # noqa: BLE001  whatever the document's library raises
            self._say_broken(error)
            return
        self.room = room
        if self._has_closed:
            await self._rooms.leave(room, self)
            return
        if isinstance(room, WorkspaceRoom):
            await self._check_session(room)
            self._tell("join")

    def _say_broken(self, error: Exception) -> None:
        self.log.error("Can't open %s", self.path, exc_info=error)
        status = error.status_code if isinstance(error, web.HTTPError) else 500
        self.close(BROKEN.get(status, 4500), "The document could not be opened.")

    async def _check_session(self, room: WorkspaceRoom) -> None:
        """Send away a browser whose copy of the document has another past than ours."""
        theirs = self.get_query_argument("sessionId", "")
        store = self.settings.get("collaborative_session_store_path")
        version = getattr(room._document, "version", None)  # noqa: SLF001  as the library does
        root = str(workspace_root(self.settings))
        await save_current_session(
            root,
            SERVER_SESSION,
            YDOC_SERVER_VERSION,
            self._session_file_lock,
            document_version=version,
            session_store_path=store,
        )
        if theirs == SERVER_SESSION:
            return
        is_refused, reason = check_session_compatibility(
            root,
            theirs,
            YDOC_SERVER_VERSION,
            current_document_version=version,
            session_store_path=store,
        )
        if is_refused or not room.is_from_log:
            reason = reason or "unknown_session"
            said = {"reason": reason, "sessionId": theirs, "reloadable": True}
            self._has_closed = True  # what it sends until it hears of this is not read
            self.close(RELOAD, json.dumps(said))

    async def on_message(self, message: str | bytes) -> None:
        """Do what a message asks for.

        Parameters
        ----------
        message : str or bytes
            As it came; text is no frame.
        """
        room = self.room
        if room is None or self._has_closed:
            return
        try:
            frame = read_frame(message if isinstance(message, bytes) else b"")
        except MalformedFrameError as error:
            room.warn_once(self, f"a frame was dropped: {error}")
            return
        if frame.ask is not Ask.SAVE:
            await room.take(self, frame)
        elif isinstance(room, WorkspaceRoom):
            status = await self._save(room)
            reply: dict[str, object] = {"type": "save", "responseTo": frame.number}
            await self.send(encode_reply(reply | {"status": status}))

    async def _save(self, room: WorkspaceRoom) -> str:
        if not self.visitor.can_write:
            room.warn_once(self, "a visitor who may only look wanted to save")
            return "failed"
        is_saved = await room.save_now()
        if is_saved is None:
            return "skipped"
        await self.settings["museion_versions"].keep(room, room.content(), Reason.SAVED)
        return "success" if is_saved else "failed"

    async def send(self, message: bytes) -> None:
        """Send a frame, if the other side is still there.

        Parameters
        ----------
        message : bytes
            A whole frame.
        """
        if self._has_closed:
            return
        try:
            sending = self.write_message(message, binary=True)
        except WebSocketClosedError:
            return
        sending.add_done_callback(_leave_unread)

    def leave(self, code: int, reason: str) -> None:
        """Close the line.

        Parameters
        ----------
        code : int
            Why, for the browser.
        reason : str
            Why, for a person.
        """
        self.close(code, reason)

    def on_close(self) -> None:
        """Leave the room."""
        self._has_closed = True
        if self.room is not None:
            self._leaving = asyncio.ensure_future(self._rooms.leave(self.room, self))
            if isinstance(self.room, WorkspaceRoom):
                self._tell("leave")

    def _tell(self, action: str) -> None:
        """Log who came and went, as signed in."""
        data = {"roomid": self.path, "username": self.visitor.person.username, "action": action}
        self.event_logger.emit(schema_id=JUPYTER_COLLABORATION_AWARENESS_EVENTS_URI, data=data)


def _leave_unread(sending: "asyncio.Future[None]") -> None:
    """Expect that the other side may be gone by now."""
    if not sending.cancelled():
        sending.exception()
