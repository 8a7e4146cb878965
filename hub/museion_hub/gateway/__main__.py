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
from museion_hub.gateway.config import gateway_config
from museion_hub.gateway.limits import this_machine
from museion_hub.runtime import load_runtime
from museion_hub.settings import load_settings


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
    options = parser.parse_args(arguments)
    settings = load_settings(Path(options.config) if options.config else None)
    runtime = load_runtime(Path(options.runtime))
    gateway = Gateway(
        config=gateway_config(
            settings,
            runtime,
            environment=find_environment(),
            limits=this_machine(),
        )
    )
    gateway.initialize([])
    gateway.start()


if __name__ == "__main__":
    main()
