"""How this process reaches the datasets: the only module here that reads the environment.

In a workspace the spawner has set everything. On a laptop without hub
``MUSEION_REGISTRY_URL=file:///some/folder`` names a local catalogue.
"""

import os
from functools import cache
from pathlib import Path

from museion.errors import SessionError
from museion_datasets.library import Library, connect

_ACCOUNT_PREFIX = "wg-"


@cache
def library() -> Library:
    """Return the library of this process; the first call connects.

    Returns
    -------
    Library
        Every dataset that the workgroup may open.

    Raises
    ------
    SessionError
        If nothing says where the datasets are.
    """
    url = os.environ.get("MUSEION_REGISTRY_URL")
    if not url:
        raise SessionError(
            "This process was not told where the datasets are",
            hint="open the notebook in a workspace, or set MUSEION_REGISTRY_URL to a "
            "file:// folder.",
        )
    return connect(url, os.environ.get("JUPYTERHUB_API_TOKEN"), os.environ.get("MUSEION_STORAGE"))


def require_workgroup() -> str:
    """Return the slug of the workgroup this workspace belongs to.

    Returns
    -------
    str
        As in ``"murals"``.

    Raises
    ------
    SessionError
        In a private space, or without hub.
    """
    account = os.environ.get("JUPYTERHUB_USER", "")
    if not account.startswith(_ACCOUNT_PREFIX):
        raise SessionError(
            "This is not the workspace of a workgroup",
            hint="name the dataset with its workgroup, as in murals/derived.",
        )
    return account.removeprefix(_ACCOUNT_PREFIX)


def find_sample_data() -> Path | None:
    """Return the folder with real sample data, or None where there is none."""
    name = os.environ.get("MUSEION_TEST_DATA", "")
    folder = Path(name)
    return folder if name and folder.is_dir() else None
