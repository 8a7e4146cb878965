"""`museion/history`: the earlier versions of a document, for its members.

    GET  museion/history?path=<path>                    the list, youngest first
    GET  museion/history/<number>?path=<path>           what would change if it came back
    POST museion/history/<number>/restore?path=<path>   bring it back, as an edit of yours

A path that is not shown here and a version of another document do not exist.
"""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from jupyter_server.utils import ensure_async
from tornado import web

from museion_lab.handlers import MuseionHandler, authorized
from museion_lab.live.keeping import NotKeptError
from museion_lab.live.names import is_shown, workspace_root
from museion_lab.live.room import WorkspaceRoom
from museion_lab.membership import may_write
from museion_lab.people import make_person
from museion_lab.versions.differences import compare
from museion_lab.versions.keeper import VersionKeeper

__all__ = ["routes"]

NOT_OPEN = {
    "kind": "not_open",
    "message": "The document is not open",
    "hint": "Open it, then bring the version back.",
}
NOT_KEPT = {
    "kind": "not_kept",
    "message": "The present state could not be kept, so nothing was brought back",
    "hint": "Make room on the workspace's disk, or tell the operator.",
}


class _HistoryHandler(MuseionHandler):
    """What the endpoints share."""

    _track_activity = False

    @property
    def keeper(self) -> VersionKeeper:
        """Keeps the versions."""
        keeper: VersionKeeper = self.settings["museion_versions"]
        return keeper

    def document(self) -> str:
        """Return the server's number for the file that is asked about, empty if it has none.

        Raises
        ------
        tornado.web.HTTPError
            404 if no such file is shown here.
        """
        path = self.get_query_argument("path", "").strip("/")
        if not is_shown(path, workspace_root(self.settings)):
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        number: str | None = self.settings["file_id_manager"].get_id(path)
        return number or ""

    def find_room(self, document: str) -> WorkspaceRoom | None:
        """Return the room in which a file is open."""
        room: WorkspaceRoom | None = self.settings["museion_rooms"].find(document)
        return room

    async def content(self, document: str, number: str) -> Any:  # noqa: ANN401  text or notebook
        """Return the content of a version.

        Raises
        ------
        tornado.web.HTTPError
            404 if the document has no such version.
        """
        content = await self.keeper.find_content(document, int(number))
        if content is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        return content


class HistoryHandler(_HistoryHandler):
    """`GET museion/history`: the list."""

    @web.authenticated
    @authorized("read", "contents")
    async def get(self) -> None:
        """Answer with the versions of a document, youngest first."""
        document = self.document()
        versions = await self.keeper.list_versions(document)
        self.finish({
            "versions": [asdict(version) for version in versions],
            "is_open": self.find_room(document) is not None,
            "may_restore": may_write(self.current_user),
            "troubles": self.settings["museion_troubles"].present,
        })


class VersionHandler(_HistoryHandler):
    """`GET museion/history/<number>`: one version, compared with the present."""

    @web.authenticated
    @authorized("read", "contents")
    async def get(self, number: str) -> None:
        """Answer with what would change if the version came back."""
        document = self.document()
        then = await self.content(document, number)
        self.finish(asdict(compare(await self._present(document), then)))

    async def _present(self, document: str) -> Any:  # noqa: ANN401  text or a notebook
        room = self.find_room(document)
        if room is not None:
            return room.content()
        path = self.get_query_argument("path").strip("/")
        contents: Any = self.contents_manager
        model = await ensure_async(contents.get(path, content=True))
        return model["content"]


class RestoreHandler(_HistoryHandler):
    """`POST museion/history/<number>/restore`: bring a version back."""

    @web.authenticated
    @authorized("write", "contents")
    async def post(self, number: str) -> None:
        """Make the version the present state, for everybody who has the document open.

        Raises
        ------
        tornado.web.HTTPError
            403 if the visitor may only look, 404 if there is no such version.
        """
        user = self.current_user
        if not may_write(user):
            raise web.HTTPError(HTTPStatus.FORBIDDEN)
        document = self.document()
        content = await self.content(document, number)
        room = self.find_room(document)
        if room is None:
            self.refuse(NOT_OPEN, HTTPStatus.CONFLICT)
            return
        person = make_person(user.username, user.display_name, user.initials, user.color)
        try:
            await room.restore(content, person)
        except NotKeptError:
            self.refuse(NOT_KEPT, HTTPStatus.INSUFFICIENT_STORAGE)
            return
        self.log.info("%s brought version %s of %s back", person.username, number, room.file_path)
        self.finish({"restored": int(number)})

    def refuse(self, answer: dict[str, str], status: HTTPStatus) -> None:
        """Answer with why it was not done."""
        self.set_status(status)
        self.finish(answer)


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this module, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    return [
        ("history", HistoryHandler),
        (r"history/([0-9]{1,15})", VersionHandler),
        (r"history/([0-9]{1,15})/restore", RestoreHandler),
    ]
