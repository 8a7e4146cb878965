"""Which paths a public file may have."""

import re

from museion_datasets.errors import InvalidError

PUBLIC_FOLDERS = ("heads", "keys", "releases")

_ROOT = "|".join(PUBLIC_FOLDERS)
_PATH = re.compile(rf"(?:{_ROOT})(?:/[a-z0-9][a-z0-9._-]{{0,79}}){{1,4}}")
_FOLDER = re.compile(rf"(?:{_ROOT})(?:/[a-z0-9][a-z0-9._-]{{0,79}}){{0,3}}")
MAX_PUBLIC_BYTES = 1 << 30


def require_public_path(path: str) -> str:
    """Return `path` if it can name a public file.

    Parameters
    ----------
    path : str
        As in ``"releases/3/statement.dsse.json"``.

    Returns
    -------
    str
        The path.

    Raises
    ------
    InvalidError
        If it lies outside ``heads/``, ``keys/`` and ``releases/``, or has other characters than
        lower-case letters, digits, dots, hyphens and underscores.
    """
    if not _PATH.fullmatch(path):
        raise InvalidError(
            f"Not the path of a public file: {path!r:.80}",
            hint="write releases/<number>/<name> in lower-case letters, digits and dots.",
        )
    return path


def require_public_folder(prefix: str) -> str:
    """Return `prefix` as a folder without a final slash.

    Parameters
    ----------
    prefix : str
        As in ``"releases/3/"``.

    Returns
    -------
    str
        The folder.

    Raises
    ------
    InvalidError
        If it is none of ours.
    """
    folder = prefix.rstrip("/")
    if not _FOLDER.fullmatch(folder):
        raise InvalidError(
            f"Not a folder of public files: {prefix!r:.80}", hint="list heads/, keys/ or releases/."
        )
    return folder
