"""What every pod has in common: who it runs as, what it may write, where the software is.

A pod is to a workgroup what the sandbox is on one machine. It runs as an ordinary account
without capabilities, its root is read-only, what it may write is named, and it holds no
credential of the cluster's. Keys are those of the Kubernetes API, in its own spelling.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from museion_hub.environment import HUB_FOLDER, Environment
from museion_hub.errors import SettingsError
from museion_hub.settings import Settings

type Manifest = dict[str, object]

USER_ID: Final = 1000
PYTHON: Final = Path("/opt/museion/bin/python")
"""Where the image has the environment."""
STATE_DIR: Final = "/srv/jupyterhub/museion"
"""Of the hub's own volume; secrets lie there and nowhere else."""
CLAIM_VOLUME: Final = "museion"
SHARED_FOLDERS: Final = ("storage", "workgroups", "people")
"""Of the state directory those that lie on the shared claim."""
SMALL_FOLDER: Final = "16Mi"

CONTAINER_SECURITY: Final[Mapping[str, object]] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "runAsGroup": USER_ID,
    "runAsNonRoot": True,
    "runAsUser": USER_ID,
    "seccompProfile": {"type": "RuntimeDefault"},
}
POD_SECURITY: Final[Mapping[str, object]] = {
    "fsGroup": USER_ID,
    "fsGroupChangePolicy": "OnRootMismatch",
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
WITHOUT_CREDENTIALS: Final[Mapping[str, object]] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
}


def image_software() -> Environment:
    """Return where an image has the software: one environment, nothing beside it."""
    return Environment(
        python=PYTHON,
        readable=(),
        relay=HUB_FOLDER / "sandbox" / "relay.py",
        notebooks=None,
        jupyter_path=(),
        jupyter_config_path=(),
    )


def claim(settings: Settings) -> Manifest:
    """Return the volume of workspaces and sealed datasets."""
    return {
        "name": CLAIM_VOLUME,
        "persistentVolumeClaim": {"claimName": settings.kubernetes.claim},
    }


def claim_mount(sub_path: str, path: str, *, is_writable: bool) -> Manifest:
    """Return the mount of one folder of that volume; Kubernetes follows no link out of it."""
    mount: Manifest = {"name": CLAIM_VOLUME, "mountPath": path, "subPath": sub_path}
    return mount if is_writable else {**mount, "readOnly": True}


def memory_volume(name: str, size: str) -> Manifest:
    """Return a volume in the pod's own memory, gone at its end."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": size}}


def image_of(settings: Settings, image: str = "") -> tuple[str, str]:
    """Return name and tag of the image to run from.

    Parameters
    ----------
    settings
        The deployment's settings.
    image
        One to prefer to the deployment's own.

    Raises
    ------
    SettingsError
        No image is named.
    """
    chosen = image or settings.kubernetes.image
    if not chosen:
        raise SettingsError(
            "Kubernetes needs an image, and museion.toml names none",
            hint='set `image = "name:tag"` in the table [kubernetes]',
        )
    name, _, tag = chosen.rpartition(":")
    return name, tag
