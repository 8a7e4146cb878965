"""How this process reaches the datasets, as the environment says.

In a workspace the spawner has set everything. On a laptop without hub
``MUSEION_REGISTRY_URL=file:///some/folder`` names a local catalogue.
"""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from museion.errors import SessionError
from museion_datasets import environment
from museion_datasets.catalogue import open_catalogue
from museion_datasets.model import DatasetRecord

if TYPE_CHECKING:
    from museion_datasets.library import Library

_ACCOUNT_PREFIX = "wg-"


@cache
def library() -> "Library":
    """Return the library of this process; the first call connects.

    Returns
    -------
    Library
        Every dataset that the workgroup may open.
    """
    from museion_datasets.library import connect  # noqa: PLC0415 - who only lists starts quickly

    return connect(*_require_registry(), environment.find_storage())


def records() -> list[DatasetRecord]:
    """Return the datasets that the workgroup may open, without connecting to their storage.

    Returns
    -------
    list of DatasetRecord
        In the catalogue's order.
    """
    return open_catalogue(*_require_registry()).records()


def _require_registry() -> tuple[str, str | None]:
    """Return the catalogue's address, and the token to ask it with.

    Raises
    ------
    SessionError
        If nothing says where the datasets are.
    """
    url, token = environment.find_registry()
    if not url:
        raise SessionError(
            "This process was not told where the datasets are",
            hint="open the notebook in a workspace, or set MUSEION_REGISTRY_URL to a "
            "file:// folder.",
        )
    return url, token or None


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
