"""Turns settings into those of dask-gateway's clusters on Kubernetes; pure functions.

Each cluster may take an equal part of its workgroup's workers and memory, so that the bounds
hold whichever gateway process starts it and without a common book. Core hours are not counted
here: `museion run` counts them, Kubernetes has quotas of its own.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from museion_hub.gateway.limits import GIB, ClusterLimits, limits_of, this_machine
from museion_hub.gateway.options import SCHEDULER_BYTES
from museion_hub.gateway.sandboxing import STORAGE_FOLDER
from museion_hub.gateway.variables import WORKER_ENVIRONMENT
from museion_hub.kubernetes.pods import (
    CONTAINER_SECURITY,
    POD_SECURITY,
    PYTHON,
    WITHOUT_CREDENTIALS,
    Manifest,
    claim,
    claim_mount,
    image_of,
    memory_volume,
)
from museion_hub.kubernetes.services import PROXY_URL
from museion_hub.registry.views import StorageMount
from museion_hub.settings import ComputePlace, Settings

TEMPORARY: Final = "temporary"
TEMPORARY_FOLDER: Final = "/tmp"  # noqa: S108  the pod's own
TEMPORARY_SIZE: Final = "256Mi"
POD_LABELS: Final = {
    "museion/part": "cluster",
    "hub.jupyter.org/network-access-proxy-http": "true",
}


def cluster_limits(settings: Settings, place: ComputePlace) -> ClusterLimits:
    """Return the bounds of one workgroup at a place.

    Parameters
    ----------
    settings
        The deployment's settings.
    place
        The place.
    """
    return limits_of(settings, place, this_machine())


def cluster_traits(settings: Settings, place: ComputePlace) -> dict[str, object]:
    """Return the traits of dask-gateway's ``KubeClusterConfig``, by name.

    Parameters
    ----------
    settings
        The deployment's settings.
    place
        The compute place.

    Raises
    ------
    SettingsError
        No image is named.
    """
    python = [str(PYTHON), "-P", "-m"]
    return {
        "namespace": place.kubernetes.namespace,
        "image": ":".join(image_of(settings, place.kubernetes.image)),
        "environment": cluster_environment(),
        # The chart's proxy would show the pages of a cluster to everybody.
        "scheduler_cmd": [*python, "distributed.cli.dask_scheduler", "--no-dashboard"],
        "worker_cmd": [*python, "distributed.cli.dask_worker"],
        "scheduler_memory": SCHEDULER_BYTES,
        "scheduler_extra_pod_config": pod_config(),
        "worker_extra_pod_config": pod_config(claim(settings)),
        "scheduler_extra_container_config": container_config(),
        "worker_extra_container_config": container_config(),
        "scheduler_extra_pod_labels": dict(POD_LABELS),
        "worker_extra_pod_labels": dict(POD_LABELS),
        "idle_timeout": cluster_limits(settings, place).idle_timeout_s,
    }


def cluster_environment() -> dict[str, str]:
    """Return the environment of schedulers and workers: no secret, and no page of a worker's."""
    return {
        **WORKER_ENVIRONMENT,
        "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
        "HOME": TEMPORARY_FOLDER,
        "MUSEION_REGISTRY_URL": f"{PROXY_URL}/services/registry",
        "MUSEION_STORAGE": STORAGE_FOLDER,
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": TEMPORARY_FOLDER,
    }


def pod_config(*volumes: Manifest) -> Manifest:
    """Return what every pod of a cluster has besides what dask-gateway gives it."""
    return {
        **WITHOUT_CREDENTIALS,
        "securityContext": dict(POD_SECURITY),
        "volumes": [memory_volume(TEMPORARY, TEMPORARY_SIZE), *volumes],
    }


def container_config(storage: Sequence[StorageMount] = ()) -> Manifest:
    """Return what every container of a cluster has besides what dask-gateway gives it.

    Parameters
    ----------
    storage
        What its workgroup may see of the storage.
    """
    datasets = [
        claim_mount(
            f"storage/{part.directory}",
            f"{STORAGE_FOLDER}/{part.directory}",
            is_writable=part.is_writable,
        )
        for part in sorted(storage, key=lambda part: part.directory)
    ]
    return {
        "securityContext": dict(CONTAINER_SECURITY),
        "workingDir": TEMPORARY_FOLDER,
        "volumeMounts": [{"name": TEMPORARY, "mountPath": TEMPORARY_FOLDER}, *datasets],
    }


def share_of_one(limits: ClusterLimits) -> ClusterLimits:
    """Return the bounds of one of a workgroup's clusters.

    Parameters
    ----------
    limits
        The bounds of all of them together.

    Examples
    --------
    >>> share = share_of_one(ClusterLimits(10, 4, 64.0, clusters=4, memory_bytes=16 * GIB))
    >>> (share.workers, share.memory_bytes // GIB, share.worker_gib)
    (2, 4, 4.0)
    """
    clusters = max(1, limits.clusters)
    memory_bytes = limits.memory_bytes // clusters
    largest_gib = min(limits.worker_gib, memory_bytes / GIB) if memory_bytes else limits.worker_gib
    return dataclasses.replace(
        limits,
        workers=max(1, limits.workers // clusters),
        memory_bytes=memory_bytes,
        worker_gib=largest_gib,
    )


def find_place(settings: Settings, name: str) -> ComputePlace | None:
    """Return the compute place of that name, None if there is none."""
    return next((place for place in settings.compute if place.name == name), None)


SETTINGS_FILE: Final = Path("/etc/museion/museion.toml")
"""Where the hub's pod finds the settings."""
