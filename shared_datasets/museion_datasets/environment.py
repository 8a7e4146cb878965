"""The one place where this package reads the environment.

A Dask worker inside a workspace's sandbox has the same environment as its kernel, so a
store that arrives there can ask for its own access.
"""

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from museion_datasets.place import Credentials

_IDLE_MINUTES = 30.0
_SECRET_NAMES = frozenset({"JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN"})
_held_token: list[str] = []
_LASTING = Path("/var/tmp")  # noqa: S108 - files there have no name


@dataclass(frozen=True, slots=True)
class Connection:
    """How the process reaches the datasets.

    Attributes
    ----------
    url : str
        Address of the registry service.
    token : str
        Hub API token; never shown.
    storage : str
        Root of the sealed objects: a directory, or ``s3://bucket/prefix``.
    """

    url: str
    token: str = field(repr=False)
    storage: str


@dataclass(frozen=True, slots=True)
class ComputePlace:
    """Where the deployment computes besides the workspace.

    Attributes
    ----------
    name : str
        As in ``museion.cluster(place="hpc")``.
    kind : str
        ``"local"``, ``"slurm"`` or ``"kubernetes"``.
    jurisdiction : str
        Country whose law holds there; empty for the deployment's own.
    address : str
        Where its gateway answers.
    proxy_address : str
        Where the gateway's schedulers are reached, as in ``gateway://127.0.0.1:8786``.
    """

    name: str
    kind: str
    jurisdiction: str
    address: str
    proxy_address: str


def find_connection() -> Connection | None:
    """Return what the spawner has set.

    Returns
    -------
    Connection or None
        None outside a workspace.
    """
    url = os.environ.get("MUSEION_REGISTRY_URL")
    token = find_token()
    storage = os.environ.get("MUSEION_STORAGE")
    return Connection(url, token, storage) if url and token and storage else None


def find_registry() -> tuple[str, str]:
    """Return where the registry is, and as whom to ask it.

    Returns
    -------
    tuple of str
        Address and hub token; empty where the environment says nothing.
    """
    return _first("MUSEION_REGISTRY_URL"), find_token() or ""


def find_token() -> str | None:
    """Return the hub token of this process.

    Returns
    -------
    str or None
        The newest one: a workspace is handed another when a member has left, and keeps it in
        the file that ``MUSEION_TOKEN_FILE`` names.
    """
    if name := os.environ.get("MUSEION_TOKEN_FILE"):
        with suppress(OSError):
            return Path(name).read_text()
    return os.environ.get("JUPYTERHUB_API_TOKEN") or next(iter(_held_token), None)


def hold_token(token: str) -> None:
    """Use a token that came another way than by the environment.

    Parameters
    ----------
    token : str
        What `find_token` returns until the workspace is handed a newer one.
    """
    _held_token[:] = [token] if token else []


def clean_environment() -> dict[str, str]:
    """Return this process's environment without its secrets, for processes that it starts.

    Returns
    -------
    dict of str to str
    """
    return {name: value for name, value in os.environ.items() if name not in _SECRET_NAMES}


def find_compute_places() -> tuple[ComputePlace, ...]:
    """Return where the deployment computes besides the workspace, in order of preference.

    Returns
    -------
    tuple of ComputePlace
        Empty without a deployment.
    """
    listed: list[dict[str, str]] = json.loads(os.environ.get("MUSEION_COMPUTE") or "[]")
    names = ("name", "kind", "jurisdiction", "address", "proxy_address")
    return tuple(ComputePlace(*(place[name] for name in names)) for place in listed)


def find_cluster_idle_s() -> float:
    """Return after how many seconds without work a cluster of the workspace is stopped."""
    return float(os.environ.get("MUSEION_CLUSTER_IDLE_MINUTES") or _IDLE_MINUTES) * 60


def find_clusters_folder() -> Path:
    """Return where the agents of this workspace's clusters listen.

    Returns
    -------
    Path
        In the sandbox's private folder for temporary files; without a sandbox, one for each
        user and workspace. It is made, and checked to be its user's alone, by who uses it.
    """
    workspace = hashlib.sha256(str(find_workspace() or "").encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"museion-{os.getuid()}-{workspace}"


def find_notebook() -> str | None:
    """Return the path of the notebook whose kernel this process is, below the workspace.

    Returns
    -------
    str or None
        None outside a notebook.
    """
    named = os.environ.get("JPY_SESSION_NAME", "").removeprefix("RTC:")
    workspace = find_workspace()
    if workspace is not None and Path(named).is_relative_to(workspace):
        return str(Path(named).relative_to(workspace))
    return named or None


def find_server_prefix() -> str:
    """Return the path below which a browser finds this workspace's server."""
    return os.environ.get("JUPYTERHUB_SERVICE_PREFIX") or "/"


def find_server_process() -> int | None:
    """Return the process of the notebook server that started this kernel.

    Returns
    -------
    int or None
        None outside a kernel.
    """
    given = os.environ.get("JPY_PARENT_PID", "")
    return int(given) if given.isdigit() else None


def find_catalogue_url() -> str | None:
    """Return the catalogue that the environment names.

    Returns
    -------
    str or None
        The registry's address in a workspace; elsewhere perhaps a ``file://`` address.
    """
    return os.environ.get("MUSEION_REGISTRY_URL") or None


def find_storage() -> str | None:
    """Return the storage that the environment names.

    Returns
    -------
    str or None
        A directory or an ``s3://`` address.
    """
    return os.environ.get("MUSEION_STORAGE") or None


def find_workspace() -> Path | None:
    """Return the folder of the workspace's notebooks.

    Returns
    -------
    Path or None
        None outside a workspace.
    """
    given = os.environ.get("MUSEION_WORKSPACE", "")
    return Path(given).resolve() if given else None


def find_credentials() -> Credentials:
    """Return the keys to a bucket, as every S3 client takes them from the environment.

    Returns
    -------
    Credentials
        Empty where the environment says nothing; then the storage's client looks for keys
        where the machine keeps them.
    """
    return Credentials(
        endpoint=_first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        region=_first("AWS_REGION", "AWS_DEFAULT_REGION"),
        access_key=_first("AWS_ACCESS_KEY_ID"),
        secret_key=_first("AWS_SECRET_ACCESS_KEY"),
        session_token=_first("AWS_SESSION_TOKEN"),
    )


def find_cache_folder() -> Path:
    """Return where this user's caches lie.

    Returns
    -------
    Path
        ``museion`` in the folder that the XDG base directory specification names.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return home / "museion"


def find_scratch_folder() -> Path:
    """Return where intermediate files lie that are too large for memory.

    Returns
    -------
    Path
        What ``TMPDIR`` names; else ``/var/tmp``, or the folder of caches where ``/var/tmp`` is a
        link to ``/tmp``, as in a workspace: that is memory. ``/tmp`` where none can be written.
    """
    if not os.environ.get("TMPDIR"):
        if not _LASTING.is_symlink() and _may_write(_LASTING):
            return _LASTING
        caches = find_cache_folder()
        with suppress(OSError):
            caches.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _may_write(caches):
            return caches
    return Path(tempfile.gettempdir())


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _first(*names: str) -> str:
    """Return the first variable that is set and not empty."""
    return next((value for name in names if (value := os.environ.get(name))), "")
