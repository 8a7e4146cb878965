"""Turns settings into KubeSpawner's; pure functions, the same for every chart and hub.

What differs between accounts, their folders and whether several people work there, is added
when a server starts (`spawner`), from `account_traits`.
"""

from collections.abc import Sequence
from typing import Final

from museion_hub.kubernetes.pods import (
    CONTAINER_SECURITY,
    POD_SECURITY,
    SMALL_FOLDER,
    USER_ID,
    WITHOUT_CREDENTIALS,
    Manifest,
    claim,
    claim_mount,
    image_of,
    image_software,
    memory_volume,
)
from museion_hub.kubernetes.services import PROXY_URL, kernel_environment
from museion_hub.registry import names
from museion_hub.registry.views import StorageMount
from museion_hub.sandbox.bubblewrap import MEMORY_FOLDERS
from museion_hub.sandbox.limits import BYTES_PER_GB
from museion_hub.server import (
    OPEN_URL,
    SANDBOXED,
    server_arguments,
    server_command,
    server_environment,
)
from museion_hub.settings import Settings

NETWORK_LABELS: Final = {
    "hub.jupyter.org/network-access-hub": "true",
    "hub.jupyter.org/network-access-proxy-http": "true",
}
"""What the chart's network policies let a server reach."""
MEMORY_PATHS: Final = {
    "kernels": SANDBOXED.kernels,
    "temporary": "/tmp",  # noqa: S108  the pod's own
    "shared-memory": "/dev/shm",  # noqa: S108  the pod's own
}


def server_traits(settings: Settings) -> dict[str, object]:
    """Return the traits of KubeSpawner, by name; they can be written as YAML.

    Parameters
    ----------
    settings
        The deployment's settings.

    Raises
    ------
    SettingsError
        No image is named.
    """
    software = image_software()
    environment = {
        **server_environment(SANDBOXED, software, url=PROXY_URL),
        **kernel_environment(settings),
    }
    return {
        "image": ":".join(image_of(settings)),
        "cmd": server_command(software.python),
        "default_url": OPEN_URL,
        "disable_user_config": True,
        "environment": {name: literal(value) for name, value in environment.items()},
        "working_dir": SANDBOXED.workspace,
        "uid": USER_ID,
        "gid": USER_ID,
        "allow_privilege_escalation": False,
        "automount_service_account_token": False,
        "container_security_context": dict(CONTAINER_SECURITY),
        "pod_security_context": dict(POD_SECURITY),
        "extra_pod_config": dict(WITHOUT_CREDENTIALS),
        "extra_labels": dict(NETWORK_LABELS),
        "storage_pvc_ensure": False,
        "volumes": {"museion": claim(settings), **_memory_volumes(settings)},
        "volume_mounts": {
            name: {"name": name, "mountPath": path} for name, path in MEMORY_PATHS.items()
        },
        **_limits(settings),
    }


def account_traits(
    settings: Settings, account: str, storage: Sequence[StorageMount]
) -> dict[str, object]:
    """Return the traits that one account's server has besides.

    Parameters
    ----------
    settings
        The deployment's settings.
    account
        Hub account.
    storage
        What it may see of the storage.
    """
    slug = names.find_slug(account)
    folder = f"workgroups/{slug}" if slug else f"people/{account}"
    own = {
        "workspace": SANDBOXED.workspace,
        "home": SANDBOXED.home,
        "rtc": SANDBOXED.rtc,
    }
    mounts = {
        name: claim_mount(f"{folder}/{name}", path, is_writable=True) for name, path in own.items()
    }
    datasets = {
        f"storage-{part.directory}": claim_mount(
            f"storage/{part.directory}",
            f"{SANDBOXED.datasets}/{part.directory}",
            is_writable=part.is_writable,
        )
        for part in storage
    }
    arguments = server_arguments(
        SANDBOXED, is_workspace=slug is not None, refresh_s=settings.auth_refresh_s
    )
    return {"args": arguments, "volume_mounts": {**mounts, **datasets}}


def literal(text: str) -> str:
    """Return a template that stands for `text` itself.

    Examples
    --------
    >>> literal('{"name": "hpc"}')
    '{{"name": "hpc"}}'
    """
    return text.replace("{", "{{").replace("}", "}}")


def _memory_volumes(settings: Settings) -> dict[str, Manifest]:
    memory_bytes = int(settings.limits.memory_gb * BYTES_PER_GB)
    sizes = {
        name: str(memory_bytes // MEMORY_FOLDERS[path])
        if memory_bytes and path in MEMORY_FOLDERS
        else SMALL_FOLDER
        for name, path in MEMORY_PATHS.items()
    }
    return {name: memory_volume(name, size) for name, size in sizes.items()}


def _limits(settings: Settings) -> dict[str, object]:
    limits = settings.limits
    memory = {"mem_limit": int(limits.memory_gb * BYTES_PER_GB)} if limits.memory_gb else {}
    cores = {"cpu_limit": limits.cpus} if limits.cpus else {}
    return {**memory, **cores}
