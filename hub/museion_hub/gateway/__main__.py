"""Runs the gateway as a service of the hub: ``python -m museion_hub.gateway``.

Configuration comes from the deployment's settings and runtime alone: no configuration file
in the current directory is ever executed.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from dask_gateway_server.app import DaskGateway

from museion_hub.environment import find_environment
from museion_hub.errors import SettingsError
from museion_hub.gateway.books import books_key, prepare_files
from museion_hub.gateway.config import gateway_config
from museion_hub.gateway.limits import limits_of, this_machine
from museion_hub.gateway.site import Site
from museion_hub.runtime import Runtime, load_runtime
from museion_hub.settings import Settings, load_settings
from museion_hub.workplaces import state_paths


class Gateway(DaskGateway):
    """dask-gateway-server, configured by its caller only."""

    def load_config_file(self, filename: str, path: str | None = None) -> None:
        """Load nothing."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; by default the process's own.
    """
    parser = argparse.ArgumentParser(prog="python -m museion_hub.gateway")
    parser.add_argument("--config", default=os.environ.get("MUSEION_CONFIG", ""))
    parser.add_argument("--runtime", default=os.environ.get("MUSEION_RUNTIME", ""))
    parser.add_argument("--place", default="")
    options = parser.parse_args(arguments)
    settings = load_settings(Path(options.config) if options.config else None)
    site = site_of(settings, load_runtime(Path(options.runtime)), options.place)
    prepare_files(site.folder, site.books_file, site.ledger_file)
    gateway = Gateway(config=gateway_config(site))
    gateway.initialize([])
    gateway.start()


def site_of(settings: Settings, runtime: Runtime, place: str) -> Site:
    """Return what the gateway of a compute place knows.

    Parameters
    ----------
    settings : Settings
        The deployment's settings.
    runtime : Runtime
        What the supervisor decided.
    place : str
        Name of the compute place; empty for the first.

    Returns
    -------
    Site

    Raises
    ------
    SettingsError
        There is no such place.
    """
    known = {each.name: each for each in settings.compute}
    compute = known.get(place or settings.compute[0].name)
    if compute is None:
        raise SettingsError(f"No such compute place: {place}", hint=f"known: {', '.join(known)}")
    return Site(
        settings=settings,
        compute=compute,
        runtime=runtime,
        environment=find_environment(),
        limits=limits_of(settings, compute, this_machine()),
        books_key=books_key(state_paths(settings).clusters_key_file),
    )


if __name__ == "__main__":
    main()
