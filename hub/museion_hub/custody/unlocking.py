"""From the settings to the guard of the root key, and the passphrase's way to the registry.

The supervisor learns the passphrase, from a file or at the terminal, and hands it to the registry
over a socket in the deployment's private run directory, which no sandbox sees. It never stands in
an environment, on a command line, or on a disk. Only a process of the same account is answered.
"""

import dataclasses
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

from museion_hub.custody.errors import LockedError
from museion_hub.custody.guards import Guard, PassphraseGuard
from museion_hub.custody.private_file import read_private
from museion_hub.errors import SettingsError
from museion_hub.settings import RootKey, Settings

MAX_SECRET_BYTES: Final = 4096
TIMEOUT_S: Final = 10.0
DESCRIPTORS: Final = "/dev/fd/"
SOCKET_NAME: Final = "passphrase"
_PEER: Final = struct.Struct("3i")

type Ask = Callable[[], str]
"""Gives the passphrase when no file does."""


def guard_of(settings: Settings, ask: Ask) -> Guard | None:
    """Give the guard that the settings name.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    ask : callable
        Gives the passphrase if the settings name no file.

    Returns
    -------
    Guard or None
        None for a plain file.

    Raises
    ------
    SettingsError
        If the settings of a token are incomplete.
    """
    if settings.root_key is RootKey.FILE:
        return None
    if settings.root_key is RootKey.PASSPHRASE:
        return PassphraseGuard(find_passphrase(settings) or ask())
    missing = [
        name
        for name in ("root_key_module", "root_key_token", "root_key_pin_file")
        if not getattr(settings, name)
    ]
    if missing:
        raise SettingsError(
            f"A token needs more settings: {', '.join(missing)}",
            hint="add them to museion.toml, beside root_key",
        )
    from museion_hub.custody.hardware import TokenGuard  # noqa: PLC0415 - loads a C library

    pin = _text(Path(settings.root_key_pin_file), "PIN of the token")
    return TokenGuard(settings.root_key_module, settings.root_key_token, pin)


def find_passphrase(settings: Settings) -> str | None:
    """Give the passphrase from the file or open descriptor that the settings name, if they do."""
    path = settings.root_key_passphrase_file
    if path.startswith(DESCRIPTORS):
        return _from_descriptor(path.removeprefix(DESCRIPTORS))
    return _text(Path(path), "passphrase of the root key") if path else None


def guard_of_registry(settings: Settings, run: Path) -> Guard | None:
    """Give the guard in the registry's process, which has no terminal and no descriptors."""
    if settings.root_key_passphrase_file.startswith(DESCRIPTORS):
        settings = dataclasses.replace(settings, root_key_passphrase_file="")
    return guard_of(settings, lambda: receive_passphrase(run))


@contextmanager
def handing_over(run: Path, guard: Guard | None) -> Iterator[None]:
    """Answer the registry's question for the passphrase for as long as the block runs.

    Parameters
    ----------
    run : Path
        The deployment's private run directory.
    guard : Guard or None
        Only a passphrase is handed over.
    """
    if not isinstance(guard, PassphraseGuard):
        yield
        return
    (run / SOCKET_NAME).unlink(missing_ok=True)
    folder = os.open(run, os.O_RDONLY | os.O_DIRECTORY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(_short(folder))
        (run / SOCKET_NAME).chmod(0o600)
        server.listen()
        thread = Thread(target=_serve, args=(server, guard.passphrase.encode()), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            (run / SOCKET_NAME).unlink(missing_ok=True)
            os.close(folder)


def receive_passphrase(run: Path) -> str:
    """Ask the supervisor for the passphrase.

    Parameters
    ----------
    run : Path
        The deployment's private run directory.

    Returns
    -------
    str
        The passphrase.

    Raises
    ------
    LockedError
        If nobody answers.
    """
    try:
        folder = os.open(run, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(TIMEOUT_S)
                client.connect(_short(folder))
                with client.makefile("rb") as answer:
                    return answer.read(MAX_SECRET_BYTES).decode()
        finally:
            os.close(folder)
    except OSError as error:
        raise LockedError(
            f"Nobody gives the passphrase of the root key ({error.strerror or error})",
            hint="start with `museion run`, or set root_key_passphrase_file in museion.toml",
        ) from error


def _serve(server: socket.socket, secret: bytes) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:  # shut down
            return
        with client:
            peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
            if _PEER.unpack(peer)[1] == os.geteuid():
                client.sendall(secret)


def _from_descriptor(number: str) -> str:
    """Read what the process that started this one has put into a pipe.

    Raises
    ------
    SettingsError
        If there is no such descriptor.
    """
    try:
        with os.fdopen(int(number), "rb") as file:
            return file.read(MAX_SECRET_BYTES).decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The passphrase's descriptor can't be read: {DESCRIPTORS}{number}",
            hint="pass it open, as in: --passphrase-file /dev/fd/3 3< <(…)",
        ) from error


def _short(folder: int) -> str:
    # A socket's address has 107 bytes at most; the path of a state directory may be longer.
    return f"/proc/self/fd/{folder}/{SOCKET_NAME}"


def _text(path: Path, what: str) -> str:
    content = read_private(path, what, MAX_SECRET_BYTES)
    return content.decode(errors="replace").rstrip("\r\n")
