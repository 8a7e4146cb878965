"""The registry's process: ``python -m museion_hub.registry``, started by the hub."""

import logging
import os
import sys
from pathlib import Path
from typing import Final

import uvicorn

from museion_hub.custody import harden_process
from museion_hub.custody.unlocking import guard_of_registry
from museion_hub.errors import HubError
from museion_hub.pages.site import site_of
from museion_hub.registry.app import create_app
from museion_hub.registry.database import Database
from museion_hub.registry.hub import HubClient
from museion_hub.registry.places import places_of
from museion_hub.registry.revocation import Revocation
from museion_hub.registry.service import Service
from museion_hub.registry.sessions import Sessions
from museion_hub.registry.start import adopt_recovery, open_custody
from museion_hub.runtime import LOOPBACK, load_runtime
from museion_hub.settings import load_settings
from museion_hub.workplaces import registry_database_url, state_paths

SHUTDOWN_S: Final = 5
KEEP_ALIVE_S: Final = 3600
"""As the hub's own. The proxy keeps its connections until this end closes them, and loses the
request that it sends at that moment."""


def main() -> int:
    """Serve until told to stop; what prevents a start is one sentence and a hint."""
    harden_process()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # It would log every request to the hub.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        server = _server()
    except HubError as error:
        sys.stderr.write(f"museion registry: {error}\n")
        return 1
    server.run()
    return 0


def _server() -> uvicorn.Server:
    config = os.environ.get("MUSEION_CONFIG", "")
    settings = load_settings(Path(config) if config else None)
    runtime = load_runtime(Path(os.environ["MUSEION_RUNTIME"]))
    database = Database(registry_database_url(settings))
    database.upgrade()
    guard = guard_of_registry(settings, state_paths(settings).run)
    custody = open_custody(database, runtime.root_key_file, guard)
    places = places_of(settings)
    adopt_recovery(database, custody, settings.recovery_key, places.directory)
    hub = HubClient(f"http://{LOOPBACK}:{runtime.ports.hub}/hub/api", runtime.tokens.registry)
    service = Service(
        database,
        custody,
        hub,
        Revocation(database, hub),
        settings=settings,
        places=places,
        institution=settings.institution or settings.title,
        sessions=Sessions(runtime.tokens.registry.encode()),
        site=site_of(settings),
    )
    return uvicorn.Server(
        uvicorn.Config(
            create_app(service),
            host=runtime.host,
            port=runtime.ports.registry,
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
