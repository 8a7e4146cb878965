"""The key under which what is kept of sessions at the provider stands in the hub's database."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from museion_hub.custody.private_file import read_private
from museion_hub.errors import SettingsError, StateError

KEY_BYTES: Final = 32
MAX_SECRET_BYTES: Final = 4096


def state_key(path: Path) -> bytes:
    """Read the key; make it if it is missing.

    Losing it ends everybody's session and nothing else.

    Raises
    ------
    StateError
        If the file holds no key.
    PrivateFileError
        If others can read it.
    """
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
    text = read_private(path, "key of sign-ins", MAX_SECRET_BYTES)
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StateError(
            f"The key of sign-ins can't be read: {path}",
            hint="remove the file: a new one is made, and everybody signs in again",
        )
    return key


def client_secret(path: str) -> str:
    """Read what the provider gave this deployment.

    Raises
    ------
    SettingsError
        If there is nothing in the file, or no text.
    PrivateFileError
        If it is missing, or others can read it.
    """
    content = read_private(Path(path), "client secret", MAX_SECRET_BYTES)
    secret = content.decode("utf-8", "replace").strip()
    if not secret or not secret.isprintable() or "\ufffd" in secret:
        raise SettingsError(
            f"There is no secret in the file of the client: {path}",
            hint="write into it what the provider gave you, on one line",
        )
    return secret
