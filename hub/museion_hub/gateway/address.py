"""Where clients find the gateways; needs nothing of dask-gateway, so that the hub can import it.

Each compute place has a gateway of its own, a service of the hub. The first keeps the plain
name, so that Dask's own settings and older notebooks find it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from museion_hub.runtime import LOOPBACK, GatewayRuntime
from museion_hub.settings import Settings

SERVICE: Final = "dask-gateway"


def service_name(settings: Settings, place: str) -> str:
    """Return the name of a compute place's service at the hub.

    Parameters
    ----------
    settings : Settings
        The deployment's settings.
    place : str
        Name of the compute place.

    Returns
    -------
    str
    """
    return SERVICE if place == settings.compute[0].name else f"{SERVICE}-{place}"


def prefix(settings: Settings, place: str) -> str:
    """Return where a compute place's gateway is, below the deployment's address."""
    return f"/services/{service_name(settings, place)}"


def service_names(settings: Settings) -> tuple[str, ...]:
    """Return the services of all compute places, in order of preference."""
    return tuple(service_name(settings, place.name) for place in settings.compute)


def workspace_environment(
    settings: Settings, url: str, gateways: Mapping[str, GatewayRuntime]
) -> dict[str, str]:
    """Return the variables by which a kernel finds the compute places.

    ``MUSEION_COMPUTE`` lists all of them. The others are Dask's own and name the first, so
    that `dask_gateway.Gateway()` works without arguments.

    Parameters
    ----------
    settings : Settings
        The deployment's settings.
    url : str
        The deployment's address, as seen by the kernel.
    gateways : mapping of str to GatewayRuntime
        Where the gateways listen, by place.

    Returns
    -------
    dict of str to str
    """
    proxies = {
        name: f"gateway://{LOOPBACK}:{gateway.scheduler_port}" for name, gateway in gateways.items()
    }
    return places_environment(settings, url, proxies)


def places_environment(settings: Settings, url: str, proxies: Mapping[str, str]) -> dict[str, str]:
    """Return the same variables for gateways that run elsewhere.

    Parameters
    ----------
    settings : Settings
        The deployment's settings.
    url : str
        The deployment's address, as seen by the kernel.
    proxies : mapping of str to str
        Address under which Dask schedulers are reached, by place.

    Returns
    -------
    dict of str to str
    """
    places = _places(settings, url, proxies)
    return {
        "DASK_GATEWAY__ADDRESS": places[0]["address"],
        "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
        "DASK_GATEWAY__PROXY_ADDRESS": places[0]["proxy_address"],
        "MUSEION_CLUSTER_IDLE_MINUTES": f"{settings.clusters.idle_minutes:g}",
        "MUSEION_COMPUTE": json.dumps(places),
    }


def _places(settings: Settings, url: str, proxies: Mapping[str, str]) -> Sequence[dict[str, str]]:
    return [
        {
            "name": place.name,
            "kind": place.kind.value,
            "jurisdiction": settings.jurisdiction_of(place),
            "address": url + prefix(settings, place.name),
            "proxy_address": proxies[place.name],
        }
        for place in settings.compute
    ]
