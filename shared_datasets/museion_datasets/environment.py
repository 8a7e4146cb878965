"""The one place where this package reads the environment.

A Dask worker inside a workspace's sandbox has the same environment as its kernel, so a
store that arrives there can ask for its own access.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from museion_datasets.place import Credentials


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
    return os.environ.get("JUPYTERHUB_API_TOKEN")


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


def _first(*names: str) -> str:
    """Return the first variable that is set and not empty."""
    return next((value for name in names if (value := os.environ.get(name))), "")
