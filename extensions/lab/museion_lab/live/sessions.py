"""`PUT api/collaboration/session/<path>`: the room in which a file is edited.

Asking changes nothing but the server's own list of files, so whoever may look may ask.
"""

import json
from http import HTTPStatus

from jupyter_server.base.handlers import APIHandler
from jupyter_server_ydoc.utils import SERVER_SESSION
from tornado import web

from museion_lab.handlers import authorized
from museion_lab.live.names import find_document_name, is_shown, workspace_root

__all__ = ["SessionHandler"]

ANY_ID = "0" * 36


class SessionHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """Tells a browser where to connect."""

    auth_resource = "contents"
    open_to_visitors = True

    @web.authenticated
    @authorized("read", "contents")
    async def put(self, path: str) -> None:
        """Answer with the file's number and this server's session.

        Parameters
        ----------
        path : str
            Relative to the workspace.

        Raises
        ------
        tornado.web.HTTPError
            400 if the request is not well formed, 404 if no such file is shown here.
        """
        body = self.get_json_body() or {}
        wish = (body.get("format"), body.get("type")) if isinstance(body, dict) else (None, None)
        if find_document_name(f"{wish[0]}:{wish[1]}:{ANY_ID}") is None:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "format and type are needed")
        relative = path.strip("/")
        if not is_shown(relative, workspace_root(self.settings)):
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        numbers = self.settings["file_id_manager"]
        number = numbers.get_id(relative)
        if number is None:
            number = numbers.index(relative)
            self.set_status(HTTPStatus.CREATED)
        self.finish(
            json.dumps({
                "format": wish[0],
                "type": wish[1],
                "fileId": number,
                "sessionId": SERVER_SESSION,
            })
        )
