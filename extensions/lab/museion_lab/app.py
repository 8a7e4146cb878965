"""The server extension: joins every endpoint under `museion/` and what they share.

Started by jupyter-server in each workspace. Endpoints find what they need in the web
application's settings: `museion_datasets`, `museion_agents`, `museion_tickets`, `museion_board`,
`museion_reporter`, `museion_registry` (None without hub) and `museion_environment`.
"""

from functools import partial
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join

from museion_datasets.environment import find_clusters_folder
from museion_datasets.library import connect
from museion_lab import (
    cube_regions,
    cubes,
    layout,
    listing,
    maps,
    notices,
    presence,
    publishing,
    rti,
    scan_layers,
    scans,
    spectral_libraries,
    visitors,
)
from museion_lab.clusters import routes as clusters
from museion_lab.clusters.agents import Agents
from museion_lab.clusters.tickets import Tickets
from museion_lab.datasets import DatasetLibrary, OpenDatasets, require_registry
from museion_lab.environment import Environment, read_environment
from museion_lab.people import PresenceBoard
from museion_lab.presence import PresenceReporter
from museion_lab.registry import RegistryClient


class MuseionLab(ExtensionApp):  # type: ignore[misc,unused-ignore]
    """Serves datasets and presence to the members of one workspace."""

    name = "museion_lab"
    extension_url = "/museion/open"

    def initialize_settings(self) -> None:
        """Make what the endpoints share."""
        environment = read_environment()
        board = PresenceBoard()
        registry = self._registry(environment)
        self._reporter = PresenceReporter(board, registry)
        self.settings.update({
            "museion_environment": environment,
            "museion_datasets": OpenDatasets(partial(open_library, environment)),
            "museion_agents": Agents(find_clusters_folder()),
            "museion_tickets": Tickets(),
            "museion_board": board,
            "museion_registry": registry,
            "museion_reporter": self._reporter,
        })

    def initialize_handlers(self) -> None:
        """Put every endpoint under `museion/`."""
        self.handlers.extend(all_routes())

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:  # noqa: ANN401 - untyped
        """Begin to report who is here, now that there is an event loop."""
        await super()._start_jupyter_server_extension(serverapp)  # type: ignore[no-untyped-call]
        self._reporter.start()

    async def stop_extension(self) -> None:
        """Tell the registry that nobody is here."""
        await self._reporter.stop()

    def _registry(self, environment: Environment) -> RegistryClient | None:
        """Return the registry to report to, if a hub runs one."""
        if not environment.is_served_by_hub:
            return None
        return RegistryClient(environment.registry_url, environment.token, log=self.log)


def all_routes() -> list[tuple[str, type]]:
    """Return every endpoint of this package, with its pattern from the server's root.

    Returns
    -------
    list of (str, type)
        Pattern without base URL, and handler.
    """
    parts = (
        presence,
        visitors,
        listing,
        notices,
        layout,
        publishing,
        cubes,
        cube_regions,
        maps,
        rti,
        scan_layers,
        scans,
        spectral_libraries,
        clusters,
    )
    return [
        (url_path_join("/museion", pattern), handler)
        for part in parts
        for pattern, handler in part.routes()
    ]


def open_library(environment: Environment) -> DatasetLibrary:
    """Connect to the datasets this server was told about.

    Parameters
    ----------
    environment : Environment
        Addresses and token.

    Returns
    -------
    DatasetLibrary
        Ready to open datasets.
    """
    url = require_registry(environment.registry_url)
    return connect(url, environment.token or None, environment.storage or None)
