"""Where the parts of a deployment find each other inside one namespace of Kubernetes.

The names are those that the charts give without a name of their own in front, which
`values` asks them for.
"""

from typing import Final

from museion_hub.gateway.address import places_environment, service_name
from museion_hub.settings import Settings

PROXY_URL: Final = "http://proxy-public"
HUB_API_URL: Final = "http://hub:8081/hub/api"
HUB_PORT: Final = 8081
REGISTRY_PORT: Final = 8082
HUB_LISTENS: Final = "0.0.0.0"  # noqa: S104  network policies say who reaches it


def gateway_url(settings: Settings, place: str) -> str:
    """Return where the proxy finds the gateway of a compute place."""
    return f"http://traefik-{service_name(settings, place)}"


def kernel_environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which kernels find the compute places."""
    proxies = {
        place.name: f"gateway://traefik-{service_name(settings, place.name)}:80"
        for place in settings.compute
    }
    return places_environment(settings, PROXY_URL, proxies)
