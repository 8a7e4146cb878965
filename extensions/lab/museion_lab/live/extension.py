"""Live collaboration in a workspace: the library's extension, with our rooms in it.

It stands in for `jupyter_server_ydoc`, whose settings it understands; a server on which both
are switched on does not start. The library's routes for forks, timelines and
their undo are not served: they write to documents on other ways, and earlier versions are
what `museion_lab.versions` is for.
"""

import asyncio
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server_ydoc.app import YDocExtension
from traitlets import Float, Unicode, default

from museion_lab.live.keeping import Keeping
from museion_lab.live.rooms import Habits, Rooms
from museion_lab.live.sessions import SessionHandler
from museion_lab.live.socket import RoomSocket
from museion_lab.live.troubles import SCHEMA, Task, Troubles
from museion_lab.live.update_log import UpdateLog
from museion_lab.versions.keeper import VersionKeeper
from museion_lab.versions.routes import routes
from museion_lab.versions.store import VersionStore

__all__ = ["WorkspaceCollaboration"]

REPLACED = "jupyter_server_ydoc"
STOP_S = 3.0


class WorkspaceCollaboration(YDocExtension):  # type: ignore[misc,unused-ignore]
    """Shared documents that are safe from visitors and from accidents."""

    name = "museion_live"
    _rooms: Rooms | None = None

    state_dir = Unicode(
        config=True,
        help="""Folder for the log of changes, earlier versions and sessions, on a local disk and
        outside the workspace. Defaults to a folder below Jupyter's data directory.""",
    )
    version_every_s = Float(
        300.0,
        min=1.0,
        config=True,
        help="""Seconds between two versions that are kept of a document while it is edited.""",
    )

    @default("state_dir")
    def _default_state_dir(self) -> str:
        return str(Path(jupyter_data_dir()) / "museion-live")

    def initialize(self) -> None:
        """Refuse to run beside the extension this one replaces.

        Raises
        ------
        SystemExit
            If both are switched on: the other's socket takes changes from anybody.
        """
        other = self.serverapp.extension_manager.extensions.get(REPLACED)
        if other is not None and other.enabled:
            raise SystemExit(
                "jupyter_server_ydoc is switched on beside museion_lab\n"
                "hint: set it to false in ServerApp.jpserver_extensions"
            )
        self.serverapp.event_logger.register_event_schema(SCHEMA)
        super().initialize()

    def initialize_settings(self) -> None:
        """Open what documents are kept with."""
        folder = Path(self.state_dir)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.session_store_path: str = self.session_store_path or str(folder / "sessions.json")
        super().initialize_settings()
        troubles = Troubles(self.serverapp.event_logger, self.log)
        self._log_of_changes = UpdateLog(folder / "changes.sqlite")
        versions = VersionStore(folder / "versions.sqlite")
        for task, error in (
            (Task.CHANGES, self._log_of_changes.error),
            (Task.VERSIONS, versions.error),
        ):
            if error is not None:
                troubles.begin(task, error, is_lasting=True)
        self._keeper = VersionKeeper(versions, troubles)
        self._keeping = Keeping(self._log_of_changes, self._keeper, troubles)
        self.settings.update({
            "museion_versions": self._keeper,
            "museion_troubles": troubles,
        })

    def initialize_handlers(self) -> None:
        """Serve our own socket and session; nothing else of the library's."""
        super().initialize_handlers()
        self._rooms = Rooms(
            self.ywebsocket_server,
            self.file_loaders,
            self._keeping,
            Habits(self.document_save_delay, self.document_cleanup_delay),
            self.serverapp.event_logger,
            self.log,
        )
        settings = self.serverapp.web_app.settings
        settings["museion_rooms"] = self._rooms
        settings["museion_collaboration"] = self
        self.handlers[:] = [
            (r"/api/collaboration/room/(.*)", RoomSocket, {"rooms": self._rooms}),
            (r"/api/collaboration/session/(.*)", SessionHandler),
            *[(f"/museion/{pattern}", handler) for pattern, handler in routes()],
        ]

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:  # noqa: ANN401  untyped
        """Begin to keep versions, now that there is an event loop."""
        await super()._start_jupyter_server_extension(serverapp)
        if self._rooms is None:  # it could not be initialised, which was logged
            return
        self._keeper.start(self._rooms.documents, every_s=self.version_every_s)

    async def stop_extension(self) -> None:
        """Save and keep everything, then end every task, in bounded time."""
        if self._rooms is None:
            return
        await self._keeper.stop()
        await self._rooms.stop()
        if self.ywebsocket_server.running:
            await asyncio.wait_for(self.ywebsocket_server.stop(), STOP_S)
        await self.file_loaders.clear()
        self._log_of_changes.close()
        self._keeper.close()
