"""The command lines of the two processes that everything else hangs on: proxy and hub."""

import sys
from pathlib import Path
from typing import Final

from museion_hub.environment import CHECKOUT
from museion_hub.pages.outage import write_outage_page
from museion_hub.run import checks
from museion_hub.runtime import LOOPBACK, Runtime
from museion_hub.settings import Settings
from museion_hub.workplaces import state_paths

PROXY_GUARD: Final = Path(__file__).with_name("proxy_guard.cjs")
KEEP_ALIVE_MS: Final = 75_000
"""How long the proxy holds an idle connection: longer than any client of ours keeps one to use
again. A client that reuses one at the moment when it is closed loses its request."""


def proxy_command(settings: Settings, runtime: Runtime) -> list[str]:
    """Give the proxy's command line, writing the page that it shows while the hub is away."""
    node = checks.find_node(scripts_folder()) / "node"
    outage = write_outage_page(state_paths(settings).run / "outage", settings.title)
    return [
        *(str(node), "--require", str(PROXY_GUARD)),
        str(checks.require_proxy_program(CHECKOUT)),
        *("--ip", settings.host, "--port", str(settings.port)),
        *("--api-ip", LOOPBACK, "--api-port", str(runtime.ports.proxy_api)),
        *("--default-target", f"http://{LOOPBACK}:{runtime.ports.hub}"),
        *("--error-path", str(outage)),
        *("--keep-alive-timeout", str(KEEP_ALIVE_MS)),
        *("--log-level", "warn"),
        *(["--host-routing"] if settings.separate_origins else []),
    ]


def hub_command() -> list[str]:
    """Give the hub's command line."""
    config = CHECKOUT / "hub" / "jupyterhub_config.py"
    return [sys.executable, "-P", "-m", "museion_hub.hub_process", "--config", str(config)]


def scripts_folder() -> Path:
    """Return the folder of this environment's commands."""
    return Path(sys.executable).parent
