"""Publishing notebooks to the workgroup's guests, who have no access to this server.

The notebook is rendered here, as it is in the browsers of those who work on it, and sent to the
registry with this server's own token and the name of the member whom the hub has authenticated.
The registry trusts the page with nothing; see its module of the same purpose.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from jupyter_core.utils import ensure_async
from tornado import web
from tornado.escape import json_decode

from museion_datasets.errors import InvalidError
from museion_lab.handlers import MuseionHandler, authorized
from museion_lab.live.names import is_shown, workspace_root
from museion_lab.rendering import render_notebook

if TYPE_CHECKING:
    from museion_lab.registry import RegistryClient

PUBLISH_S: Final = 90.0
PAGE_ADDRESS: Final = "/services/registry/workgroups/{slug}/snapshots/{id}"


class _PublishingHandler(MuseionHandler):
    """What the endpoints share; what they refuse is said in its own words."""

    async def ask(self, method: str, path: str = "", body: object = None) -> None:
        """Answer with what the registry says.

        Raises
        ------
        tornado.web.HTTPError
            404 in a private space, or without hub: nobody could be a guest there; 502 if the
            registry does not know this server any more.
        """
        registry: RegistryClient | None = self.settings["museion_registry"]
        slug = self.settings["museion_environment"].workgroup
        if registry is None or slug is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        route = f"workgroups/{slug}/snapshots{path}"
        status, answer = await registry.forward(method, route, body, timeout_s=PUBLISH_S)
        if status == HTTPStatus.UNAUTHORIZED:  # this server's token, not the member's
            raise web.HTTPError(HTTPStatus.BAD_GATEWAY)
        self.set_status(HTTPStatus.OK if status == HTTPStatus.NO_CONTENT else status)
        self.finish(_with_addresses(answer, slug))

    def refuse(self, error: InvalidError) -> None:
        """Answer with an error's own sentence, which speaks of the member's own notebook."""
        self.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
        self.finish({"kind": error.kind.value, "message": error.message, "hint": error.hint})

    @property
    def author(self) -> str:
        """Username of the member who asks."""
        name: str = self.current_user.username
        return name


class SnapshotsHandler(_PublishingHandler):
    """`museion/snapshots`: what is published, and publishing."""

    @web.authenticated
    @authorized("read", "contents")
    async def get(self) -> None:
        """Answer with what the workgroup has published, newest first."""
        await self.ask("GET")

    @web.authenticated
    @authorized("write", "contents")
    async def post(self) -> None:
        """Publish the notebook at `path` as it is now."""
        path = self._path()
        content = await self._content(path)
        root = workspace_root(self.settings)
        try:
            page = await asyncio.to_thread(render_notebook, content, path, Path(root))
        except InvalidError as error:
            self.refuse(error)
            return
        body = {"path": path, "title": page.title, "html": page.html, "author": self.author}
        await self.ask("POST", "", body)

    def _path(self) -> str:
        """Return the path that is asked for.

        Raises
        ------
        tornado.web.HTTPError
            400 without one; 404 if no such file is shown here.
        """
        try:
            body = json_decode(self.request.body)
        except ValueError:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST) from None
        path = body.get("path") if isinstance(body, dict) else None
        if not isinstance(path, str):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST)
        if not is_shown(path.strip("/"), workspace_root(self.settings)):
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        return path.strip("/")

    async def _content(self, path: str) -> Mapping[str, Any]:
        """Return the notebook as those who work on it see it; as it was saved if nobody does."""
        rooms = self.settings.get("museion_rooms")
        number = self.settings["file_id_manager"].get_id(path) if rooms is not None else None
        room = rooms.find(number) if rooms is not None and number is not None else None
        content: Any = None if room is None else room.content()
        if content is None:
            contents: Any = self.contents_manager
            content = (await ensure_async(contents.get(path, content=True)))["content"]
        return content if isinstance(content, dict) else {}


class SnapshotHandler(_PublishingHandler):
    """`DELETE museion/snapshots/<id>`: withdraw it."""

    @web.authenticated
    @authorized("write", "contents")
    async def delete(self, snapshot: str) -> None:
        """Take a published notebook away."""
        await self.ask("DELETE", f"/{quote(snapshot)}?{urlencode({'author': self.author})}")


def _with_addresses(answer: Any, slug: str) -> Any:  # noqa: ANN401 - JSON
    """Add to each snapshot where its page is; a list becomes an object."""
    if isinstance(answer, list):
        return {"snapshots": [_with_addresses(each, slug) for each in answer]}
    if isinstance(answer, dict) and "published" in answer:
        return answer | {"address": PAGE_ADDRESS.format(slug=slug, id=answer["id"])}
    return answer if answer is not None else {}


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this module, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    return [("snapshots", SnapshotsHandler), (r"snapshots/([0-9a-f]{32})", SnapshotHandler)]
