"""The file that holds the root key, under which everything else is sealed.

Form: three lines of text, ``museion root key 1``, the 32 bytes in base64, and the first 16
hexadecimal digits of SHA-256 over the key after a label, so that a truncated or mistyped file is
told from a wrong one. It is created once, atomically, readable by its owner only; a file that
anyone else could read is refused rather than repaired, since it may have been read already.
"""

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from museion_hub.custody.errors import RootKeyError

KEY_BYTES: Final = 32
MAX_FILE_BYTES: Final = 1024
_HEADER: Final = "museion root key 1"
_CHECK_LABEL: Final = b"museion root key check 1"
_BACKUP_HINT: Final = "restore it from the backup; without it no dataset can be read again"


def open_root_key(path: Path, *, may_create: bool) -> bytes:
    """Read the root key, or make it at the first start.

    Parameters
    ----------
    path : Path
        The key's file.
    may_create : bool
        Whether a missing file is a first start. Say no as soon as anything is sealed.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    RootKeyError
        If the file is missing, readable by others, or damaged.
    """
    try:
        if may_create and not path.exists():
            _create(path)
        return _decode(path, _read_private(path))
    except FileNotFoundError as error:
        raise RootKeyError(f"The root key is missing: {path}", hint=_BACKUP_HINT) from error
    except OSError as error:
        raise RootKeyError(
            f"The root key can't be opened: {path} ({error.strerror})",
            hint="make it a plain file of the account that runs museion, in a writable folder",
        ) from error


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_encode(secrets.token_bytes(KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces a key that another process made meanwhile.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_private(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        mode = stat.S_IMODE(status.st_mode)
        if not stat.S_ISREG(status.st_mode) or mode & 0o077 or status.st_uid != os.geteuid():
            raise RootKeyError(
                f"The root key is open to others than its owner: {path} (mode {mode:04o})",
                hint=f"find out who has read it, then: chmod 600 {path}",
            )
        return file.read(MAX_FILE_BYTES + 1)


def _encode(key: bytes) -> bytes:
    return f"{_HEADER}\n{base64.b64encode(key).decode()}\n{_check(key)}\n".encode()


def _decode(path: Path, content: bytes) -> bytes:
    lines = content.decode("ascii", errors="replace").split("\n")
    damaged = RootKeyError(f"The root key is damaged or truncated: {path}", hint=_BACKUP_HINT)
    if len(lines) != 4 or lines[0] != _HEADER or lines[3]:  # noqa: PLR2004 - three lines, then nothing
        raise damaged
    try:
        key = base64.b64decode(lines[1], validate=True)
    except (binascii.Error, ValueError):
        raise damaged from None
    if len(key) != KEY_BYTES or lines[2] != _check(key):
        raise damaged
    return key


def _check(key: bytes) -> str:
    return hashlib.sha256(_CHECK_LABEL + key).hexdigest()[:16]
