"""How a single-user server is started: its arguments and environment; pure functions.

A workgroup's server is a workspace: live collaboration is on, its history kept outside the
workspace. A person's own server is for drafts: live collaboration is off. Both keep their
kernels on unix sockets in a private directory, fetch nothing from the internet, and read no
configuration that its users could have written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from museion_hub.environment import Environment
from museion_hub.sandbox.door import OUTWARD_FOLDER_INSIDE, REPORT
from museion_hub.settings import Isolation, Network, Settings

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
LONGEST_HUB_CACHE_S = 10
"""How long a server may go on trusting what the hub said about a visitor."""
OPEN_URL = "/museion/open"
"""Leads each visitor to a JupyterLab layout of their own; see `museion_lab`."""


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of a server, as the server sees them."""

    workspace: str
    home: str
    rtc: str
    datasets: str
    kernels: str
    limits: str = ""
    """File of the watch over the sandbox; empty without one."""


SANDBOXED = Places(
    workspace="/workspace",
    home="/home/member",
    rtc="/var/lib/museion/rtc",
    datasets="/datasets",
    kernels="/run/kernels",
    limits=f"{OUTWARD_FOLDER_INSIDE}/{REPORT}",
)


def server_url(settings: Settings) -> str:
    """Return the deployment's address as a server sees it, behind its door or beside the hub."""
    has_door = settings.isolation is not Isolation.NONE and settings.network is Network.PRIVATE
    if has_door:
        return f"http://127.0.0.1:{settings.port}"
    host = settings.servers.deployment_host
    return f"http://{host}:{settings.port}" if host else settings.url


def server_command(python: Path) -> list[str]:
    """Return the program to run; isolated from the folder it starts in."""
    return [str(python), "-I", "-m", "museion_lab"]


def server_arguments(places: Places, *, is_workspace: bool, refresh_s: int) -> list[str]:
    """Return the arguments of a server.

    Parameters
    ----------
    places
        Its directories.
    is_workspace
        Whether several people work in it at once.
    refresh_s
        Seconds after which it asks the hub again about a visitor.
    """
    return [
        f"--ServerApp.root_dir={places.workspace}",
        "--ServerApp.allow_unauthenticated_access=False",
        "--ServerApp.identity_provider_class=museion_lab.identity.MemberIdentityProvider",
        "--ServerApp.authorizer_class=museion_lab.authorizer.MemberAuthorizer",
        f"--MemberHubOAuth.cache_max_age={min(refresh_s, LONGEST_HUB_CACHE_S)}",
        f"--MemberIdentityProvider.recheck_every_s={refresh_s}",
        "--ConnectionFileMixin.transport=ipc",
        "--ContentsManager.allow_hidden=False",
        f"--YDocExtension.disable_rtc={not is_workspace}",
        "--ServerApp.jpserver_extensions={'jupyter_server_ydoc': False}",
        f"--WorkspaceCollaboration.state_dir={places.rtc}",
        f"--BaseFileIdManager.db_path={places.rtc}/files.sqlite",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--LanguageServerManager.autodetect=False",
    ]


def server_environment(places: Places, software: Environment, *, url: str) -> dict[str, str]:
    """Return the environment that a server adds to what the hub gives it.

    Parameters
    ----------
    places
        Its directories.
    software
        Where the installed parts are.
    url
        The deployment's address, as seen by the server.
    """
    return {
        "HOME": places.home,
        "USER": "member",
        "SHELL": "/bin/bash",
        "PATH": f"{software.commands}:{SYSTEM_PATH}",
        "LANG": "C.UTF-8",
        "JUPYTER_RUNTIME_DIR": places.kernels,
        "JUPYTER_PATH": _joined(software.jupyter_path),
        "JUPYTER_CONFIG_PATH": _joined(software.jupyter_config_path),
        "MUSEION_LIMITS_FILE": places.limits,
        "MUSEION_REGISTRY_URL": f"{url}/services/registry",
        "MUSEION_STORAGE": places.datasets,
        "MUSEION_TOKEN_FILE": f"{places.kernels}/hub-token",
        "MUSEION_WORKSPACE": places.workspace,
        "OMP_NUM_THREADS": "1",
    }


def _joined(folders: Sequence[Path]) -> str:
    return ":".join(str(folder) for folder in folders)
