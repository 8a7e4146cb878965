"""The files in which a gateway remembers: its books, its ledger, and the books' key.

The books hold the TLS keys and tokens of running clusters, encrypted by dask-gateway under a
key of the deployment that lies apart from them; every file is readable by its owner only.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from museion_hub.custody.private_file import read_private
from museion_hub.errors import StateError

KEY_BYTES = 32
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def prepare_files(folder: Path, *files: Path) -> None:
    """Make a folder and files in it that nobody else can read; what is there is kept."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)
    for file in files:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE))
        file.chmod(PRIVATE_FILE)


def books_key(path: Path) -> bytes:
    """Read the key of the books; make it if it is missing.

    Losing it ends the running clusters and nothing else.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bytes

    Raises
    ------
    StateError
        The file holds no key.
    PrivateFileError
        Others can read it.
    """
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    key = read_private(path, "key of the gateways' books", KEY_BYTES)
    if len(key) != KEY_BYTES:
        raise StateError(
            f"The key of the gateways' books can't be read: {path}",
            hint="stop the deployment, and remove the file and the folder `clusters` beside it",
        )
    return key
