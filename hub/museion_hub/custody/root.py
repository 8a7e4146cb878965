"""The file that holds the root key, under which everything else is sealed.

Form: three lines of text, ``museion root key 1``, the 32 bytes in base64, and the first 16
hexadecimal digits of SHA-256 over the key after a label, so that a truncated or mistyped file is
told from a wrong one. It is created once, atomically, readable by its owner only; a file that
anyone else could read is refused rather than repaired, since it may have been read already.

Under a guard the first line ends with the guard's kind, the second holds the guard's fields as
JSON, and the third the first 16 digits of SHA-256 over a label and both.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from museion_hub.custody.errors import RootKeyError
from museion_hub.custody.guards import Guard

KEY_BYTES: Final = 32
MAX_FILE_BYTES: Final = 1024
_HEADER: Final = "museion root key 1"
_KINDS: Final = ("file", "passphrase", "pkcs11")
_CHECK_LABEL: Final = b"museion root key check 1"
_BACKUP_HINT: Final = "restore it from the backup; without it no dataset can be read again"


def open_root_key(path: Path, *, may_create: bool, guard: Guard | None = None) -> bytes:
    """Read the root key, or make it at the first start.

    Parameters
    ----------
    path : Path
        The key's file.
    may_create : bool
        Whether a missing file is a first start. Say no as soon as anything is sealed.
    guard : Guard, optional
        What protects the key besides the file's mode, as the settings say.

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
            _create(path, guard)
        return _decode(path, _read_private(path), guard)
    except FileNotFoundError as error:
        raise RootKeyError(f"The root key is missing: {path}", hint=_BACKUP_HINT) from error
    except OSError as error:
        raise RootKeyError(
            f"The root key can't be opened: {path} ({error.strerror})",
            hint="make it a plain file of the account that runs museion, in a writable folder",
        ) from error


def rewrap_root_key(path: Path, old: Guard | None, new: Guard | None) -> None:
    """Put the root key under another guard; what is sealed under the root stays as it is.

    The old file is replaced in one step, and only when the new one was seen to open.

    Parameters
    ----------
    path : Path
        The key's file.
    old, new : Guard or None
        None for the file's mode alone.

    Raises
    ------
    RootKeyError
        If the new file does not give the same key, or can't be written.
    """
    root = open_root_key(path, may_create=False, guard=old)
    try:
        with _draft(path, _encode(root, new)) as draft:
            if not hmac.compare_digest(_decode(draft, _read_private(draft), new), root):
                raise RootKeyError(
                    f"The new guard does not open what it has sealed: {path}",
                    hint="nothing was changed; look at the token",
                )
            draft.replace(path)
    except OSError as error:
        raise RootKeyError(
            f"The root key's file can't be replaced: {path} ({error.strerror})",
            hint="free some space, or make the folder writable",
        ) from error
    _sync_folder(path.parent)


def _create(path: Path, guard: Guard | None) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = _encode(secrets.token_bytes(KEY_BYTES), guard)
    # A link, unlike a rename, never replaces a key that another process made meanwhile.
    with _draft(path, content) as draft, contextlib.suppress(FileExistsError):
        os.link(draft, path)
    _sync_folder(path.parent)


@contextlib.contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    """Give a private file beside `path` that is gone when the block ends."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


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


def _encode(key: bytes, guard: Guard | None) -> bytes:
    if guard is None:
        return f"{_HEADER}\n{base64.b64encode(key).decode()}\n{_check(key)}\n".encode()
    body = f"{_HEADER} {guard.kind}\n{json.dumps(guard.seal(key), sort_keys=True)}\n"
    return f"{body}{_check(body.encode())}\n".encode()


def _decode(path: Path, content: bytes, guard: Guard | None) -> bytes:
    lines = content.decode("ascii", errors="replace").split("\n")
    if len(lines) != 4 or lines[3] or not lines[0].startswith(_HEADER):  # noqa: PLR2004 - three lines, then nothing
        raise _damaged(path)
    kind = lines[0].removeprefix(_HEADER).strip() or "file"
    wanted = guard.kind if guard else "file"
    if kind in _KINDS and kind != wanted:
        raise RootKeyError(
            f'The root key is protected by "{kind}", but the settings say "{wanted}": {path}',
            hint=f'set root_key = "{kind}", or change it with: museion keys rewrap',
        )
    key = _opened(path, lines, guard)
    if len(key) != KEY_BYTES:
        raise _damaged(path)
    return key


def _opened(path: Path, lines: list[str], guard: Guard | None) -> bytes:
    first, second, check, _ = lines
    try:
        if guard is None:
            key = base64.b64decode(second, validate=True)
            is_whole = first == _HEADER and check == _check(key)
        else:
            is_whole = check == _check(f"{first}\n{second}\n".encode())
            key = guard.open(json.loads(second)) if is_whole else b""
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    return key if is_whole else b""


def _damaged(path: Path) -> RootKeyError:
    return RootKeyError(f"The root key is damaged or truncated: {path}", hint=_BACKUP_HINT)


def _check(content: bytes) -> str:
    return hashlib.sha256(_CHECK_LABEL + content).hexdigest()[:16]
