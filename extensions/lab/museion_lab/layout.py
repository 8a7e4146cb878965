"""`GET museion/open`: into JupyterLab, with a layout of one's own.

Members share a server. JupyterLab keeps open tabs and panels in a named workspace; one
for each member keeps them from rearranging each other's screens.
"""

import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from museion_lab.handlers import authorized

_NOT_SIMPLE = re.compile(r"[^A-Za-z0-9_-]")


def layout_url(base_url: str, username: str, path: str = "") -> str:
    """Return where a member's own layout opens.

    Parameters
    ----------
    base_url : str
        The server's base URL.
    username : str
        The member.
    path : str
        A file below the server's root to open in it; empty to restore what was open.

    Returns
    -------
    str
        An address on this server.

    Raises
    ------
    tornado.web.HTTPError
        If the path leads out of the server's root.
    """
    url = url_path_join(base_url, "lab", "workspaces", layout_name(username))
    if not path:
        return url
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts:
        raise web.HTTPError(400, "path leads out of the workspace")
    return url_path_join(url, "tree", *(quote(part, safe="") for part in parts))


def layout_name(username: str) -> str:
    """Return the name of a member's layout.

    JupyterLab's address of a workspace takes letters, digits, `_` and `-` only.

    Parameters
    ----------
    username : str
        The member.

    Returns
    -------
    str
        The username itself if it is that simple; else simplified, with a digest that
        keeps two members apart.
    """
    simple = _NOT_SIMPLE.sub("-", username)
    if simple == username:
        return username
    return f"{simple}-{hashlib.sha256(username.encode()).hexdigest()[:8]}"


class OpenHandler(JupyterHandler):  # type: ignore[misc,unused-ignore]
    """A page, not an API: whoever is not signed in is sent to sign in."""

    @web.authenticated
    @authorized("read", "contents")
    async def get(self) -> None:
        """Redirect to the member's own layout."""
        path = self.get_query_argument("path", "")
        self.redirect(layout_url(self.base_url, self.current_user.username, path))


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this module, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    return [("open", OpenHandler)]
