"""Writes the values for the charts "Zero to JupyterHub" and "dask-gateway"; pure functions.

The traits are those of `servers` and `clusters`. Only what the charts make themselves, such
as network policies, stands here in their own words.
"""

import dataclasses
from pathlib import Path
from typing import Final

from museion_hub.errors import SettingsError
from museion_hub.gateway.address import prefix, service_name
from museion_hub.kubernetes.clusters import SETTINGS_FILE, cluster_traits
from museion_hub.kubernetes.gateway import SETTINGS_VARIABLE
from museion_hub.kubernetes.pods import (
    PYTHON,
    SHARED_FOLDERS,
    STATE_DIR,
    USER_ID,
    Manifest,
    claim,
    claim_mount,
    image_of,
)
from museion_hub.kubernetes.servers import NETWORK_LABELS, server_traits
from museion_hub.kubernetes.services import HUB_API_URL, REGISTRY_PORT, gateway_url
from museion_hub.settings import ComputeKind, ComputePlace, Network, Settings, settings_text
from museion_hub.workplaces import state_paths

SETTINGS_KEY: Final = "museion-settings"
HUB_SECRET: Final = "hub"  # noqa: S105  the name of one
READABLE_BY_GROUP: Final = 0o440
HUB_EXTRA: Final = "from museion_hub.kubernetes.hub import configure_here\nconfigure_here(c)\n"
DATABASES: Final = "postgresql"


def settings_inside(settings: Settings) -> Settings:
    """Return the settings as the pods see them: every place made by its chart, own state folder.

    Parameters
    ----------
    settings
        The deployment's settings.

    Raises
    ------
    SettingsError
        They can't be meant for Kubernetes.
    """
    if not settings.database_url.startswith(DATABASES):
        raise SettingsError(
            "On Kubernetes the registry needs PostgreSQL, as several pods read its tables",
            hint='set `database_url = "postgresql+pg8000://…"` in museion.toml',
        )
    places = tuple(
        dataclasses.replace(place, kind=ComputeKind.KUBERNETES) for place in settings.compute
    )
    return dataclasses.replace(settings, state_dir=Path(STATE_DIR), compute=places)


def jupyterhub_values(settings: Settings) -> Manifest:
    """Return the values for Zero to JupyterHub.

    Parameters
    ----------
    settings
        The deployment's settings.

    Raises
    ------
    SettingsError
        They can't be meant for Kubernetes.
    """
    inside = settings_inside(settings)
    return {
        "fullnameOverride": "",
        "hub": _hub(inside),
        "proxy": {"service": {"type": "ClusterIP"}},
        "singleuser": _singleuser(inside),
        "cull": {"enabled": False},
        "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
        "scheduling": {"userScheduler": {"enabled": False}},
    }


def gateway_values(settings: Settings, place: ComputePlace) -> Manifest:
    """Return the values for dask-gateway, of one compute place.

    Parameters
    ----------
    settings
        The deployment's settings.
    place
        The compute place.

    Raises
    ------
    SettingsError
        They can't be meant for Kubernetes.
    """
    inside = settings_inside(settings)
    name, tag = image_of(settings)
    traits = cluster_traits(inside, place)
    return {
        "fullnameOverride": service_name(settings, place.name),
        "gateway": {
            "prefix": prefix(settings, place.name),
            "image": {"name": name, "tag": tag},
            "auth": _gateway_sign_in(settings, place),
            "env": [{"name": SETTINGS_VARIABLE, "valueFrom": _from_secret(SETTINGS_KEY)}],
            "extraConfig": {"museion": _gateway_extra(place)},
            "backend": _backend(settings, place, traits),
        },
        "controller": {"image": {"name": name, "tag": tag}},
        "traefik": {"service": {"type": "ClusterIP"}},
    }


def _hub(settings: Settings) -> Manifest:
    name, tag = image_of(settings)
    shared = [
        claim_mount(folder, f"{STATE_DIR}/{folder}", is_writable=True) for folder in SHARED_FOLDERS
    ]
    return {
        "image": {"name": name, "tag": tag},
        "config": {"KubeSpawner": server_traits(settings)},
        "extraConfig": {"museion": HUB_EXTRA},
        "extraFiles": {
            SETTINGS_KEY: {
                "mountPath": str(SETTINGS_FILE),
                "stringData": settings_text(settings),
                "mode": READABLE_BY_GROUP,
            }
        },
        "extraVolumes": [claim(settings)],
        "extraVolumeMounts": shared,
        "services": _services(settings),
        "service": {"extraPorts": [_port("registry", REGISTRY_PORT)]},
        "networkPolicy": {"ingress": [_from_proxy(REGISTRY_PORT)]},
        "containerSecurityContext": {
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _services(settings: Settings) -> Manifest:
    registry = {
        "url": f"http://hub:{REGISTRY_PORT}",
        "command": [str(PYTHON), "-P", "-m", "museion_hub.registry"],
        "environment": {
            "MUSEION_CONFIG": str(SETTINGS_FILE),
            "MUSEION_RUNTIME": str(state_paths(settings).runtime_file),
        },
        "display": False,
        "oauth_no_confirm": True,
    }
    gateways = {
        service_name(settings, place.name): {
            "url": gateway_url(settings, place.name),
            "display": False,
        }
        for place in settings.compute
    }
    return {"registry": registry, "operator": {"display": False}, **gateways}


def _singleuser(settings: Settings) -> Manifest:
    name, tag = image_of(settings)
    may_go_out = settings.network is Network.HOST
    to_gateways = [
        {
            "to": [{"podSelector": {"matchLabels": _gateway_labels(settings, place)}}],
            "ports": [{"port": 8000}],
        }
        for place in settings.compute
    ]
    return {
        "image": {"name": name, "tag": tag},
        "storage": {"type": "none"},
        "cmd": server_traits(settings)["cmd"],
        "extraLabels": dict(NETWORK_LABELS),
        "allowPrivilegeEscalation": False,
        "uid": USER_ID,
        "fsGid": USER_ID,
        "memory": {"guarantee": None},
        # Network policies keep that address away; the other way needs a container with privileges.
        "cloudMetadata": {"blockWithIptables": False},
        "networkPolicy": {
            "enabled": True,
            "egress": to_gateways,
            "egressAllowRules": {
                "cloudMetadataServer": False,
                "dnsPortsCloudMetadataServer": False,
                "dnsPortsKubeSystemNamespace": True,
                "dnsPortsPrivateIPs": False,
                "nonPrivateIPs": may_go_out,
                "privateIPs": False,
            },
        },
    }


def _gateway_labels(settings: Settings, place: ComputePlace) -> dict[str, str]:
    return {
        "app.kubernetes.io/component": "traefik",
        "gateway.dask.org/instance": service_name(settings, place.name),
    }


def _gateway_sign_in(settings: Settings, place: ComputePlace) -> Manifest:
    service = service_name(settings, place.name)
    return {
        "type": "jupyterhub",
        "jupyterhub": {
            "apiTokenFromSecretName": HUB_SECRET,
            "apiTokenFromSecretKey": f"hub.services.{service}.apiToken",
            "apiUrl": HUB_API_URL,
            "jupyterhubServiceName": service,
        },
    }


def _gateway_extra(place: ComputePlace) -> str:
    return (
        "from museion_hub.kubernetes.gateway import configure_here\n"
        f"configure_here({place.name!r}, c)\n"
    )


def _backend(settings: Settings, place: ComputePlace, traits: dict[str, object]) -> Manifest:
    name, tag = image_of(settings, place.kubernetes.image)
    return {
        "image": {"name": name, "tag": tag},
        "namespace": traits["namespace"],
        "environment": traits["environment"],
        "scheduler": {
            "extraPodConfig": traits["scheduler_extra_pod_config"],
            "extraContainerConfig": traits["scheduler_extra_container_config"],
            "memory": {"request": traits["scheduler_memory"]},
        },
        "worker": {
            "extraPodConfig": traits["worker_extra_pod_config"],
            "extraContainerConfig": traits["worker_extra_container_config"],
        },
    }


def _port(name: str, port: int) -> Manifest:
    return {"name": name, "port": port, "targetPort": port}


def _from_proxy(port: int) -> Manifest:
    proxy = {"podSelector": {"matchLabels": {"app.kubernetes.io/component": "proxy"}}}
    return {"from": [proxy], "ports": [{"port": port}]}


def _from_secret(key: str) -> Manifest:
    return {"secretKeyRef": {"name": HUB_SECRET, "key": key}}
