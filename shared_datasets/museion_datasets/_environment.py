"""The one place where this package reads the environment.

A Dask worker inside a workspace's sandbox has the same environment as its kernel, so a
store that arrives there can ask for its own access.
"""

import os
from dataclasses import dataclass, field


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
        Root directory of the sealed objects.
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
    token = os.environ.get("JUPYTERHUB_API_TOKEN")
    storage = os.environ.get("MUSEION_STORAGE")
    return Connection(url, token, storage) if url and token and storage else None
