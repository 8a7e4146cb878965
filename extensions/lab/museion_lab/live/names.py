"""Which documents a room may show: files of the workspace, and the list of who is here.

A room's name is `<format>:<type>:<file id>`; the id is the server's own number for a path.
The path must lie in the workspace, also after following links, and no part of it may be
hidden. Anything else does not exist, whoever asks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = ["PRESENCE_ROOM", "DocumentName", "find_document_name", "is_shown", "workspace_root"]

PRESENCE_ROOM = "JupyterLab:globalAwareness"
_NAME = re.compile(r"(text|json|base64):([a-z][a-z0-9_-]{0,31}):([0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class DocumentName:
    """The name of a room that shows a file.

    Attributes
    ----------
    file_format : str
        ``text``, ``json`` or ``base64``.
    file_type : str
        ``notebook``, ``file``, or a type of an extension.
    file_id : str
        The server's number for the path.
    """

    file_format: str
    file_type: str
    file_id: str

    def __str__(self) -> str:
        return f"{self.file_format}:{self.file_type}:{self.file_id}"


def find_document_name(room: str) -> DocumentName | None:
    """Take a room's name apart.

    Parameters
    ----------
    room : str
        From the address of a socket.

    Returns
    -------
    DocumentName or None
        None if it names no document.
    """
    match = _NAME.fullmatch(room)
    return DocumentName(*match.groups()) if match else None


def workspace_root(settings: Mapping[str, Any]) -> Path:
    """Return the workspace's folder.

    Parameters
    ----------
    settings : mapping
        The web application's.

    Returns
    -------
    pathlib.Path
        As configured.
    """
    return Path(settings["server_root_dir"]).expanduser()


def is_shown(path: str | None, root: Path) -> bool:
    """Tell whether a path is a file that the workspace shows.

    Parameters
    ----------
    path : str or None
        Relative to the workspace, as the server stores it.
    root : pathlib.Path
        The workspace.

    Returns
    -------
    bool
        False for what is outside, hidden, missing, or no plain file.
    """
    if not path or "\x00" in path:
        return False
    parts = PurePosixPath(path).parts
    if PurePosixPath(path).is_absolute() or any(part.startswith(".") for part in parts):
        return False
    home = root.resolve()
    target = (home / path).resolve()
    if not target.is_relative_to(home) or not target.is_file():
        return False
    return not any(part.startswith(".") for part in target.relative_to(home).parts)
