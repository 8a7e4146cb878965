"""A gateway's site without a machine: every path and token made up."""

from pathlib import Path

from museion_hub.environment import Environment
from museion_hub.gateway.limits import ClusterLimits
from museion_hub.gateway.site import Site
from museion_hub.runtime import GatewayRuntime, Ports, Runtime, Tokens
from museion_hub.settings import settings_from

STATE = Path("/srv/museion")
FIRST = GatewayRuntime(port=4, scheduler_port=5, api_port=6, token="g", proxy_token="x")
SECOND = GatewayRuntime(port=7, scheduler_port=8, api_port=9, token="h", proxy_token="y")
SOFTWARE = Environment(
    python=Path("/env/bin/python"),
    readable=(Path("/env"),),
    relay=Path("/hub/relay.py"),
    notebooks=None,
    jupyter_path=(),
    jupyter_config_path=(),
)


def site(at: int = 0, **given: object) -> Site:
    """Return the site of the deployment's place number `at`."""
    settings = settings_from({"state_dir": str(STATE), **given}, folder=Path("/"))
    gateways = zip(settings.compute, (FIRST, SECOND), strict=False)
    runtime = Runtime(
        ports=Ports(hub=1, proxy_api=2, registry=3),
        tokens=Tokens(proxy="p", registry="r", operator="o"),
        cookie_secret_file=STATE / "secrets/cookie-secret",
        root_key_file=STATE / "secrets/root-key",
        gateways={place.name: runtime for place, runtime in gateways},
    )
    limits = ClusterLimits(4, 2, 4.0)
    return Site(settings, settings.compute[at], runtime, SOFTWARE, limits, bytes(32))
