"""Writes an export: into memory, or to a file that is whole or not there at all."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from museion.errors import InputError


def deliver(pieces: Iterable[bytes], path: str | os.PathLike[str] | None) -> bytes | None:
    """Write pieces one after the other.

    The file is written beside its place and takes it when it is whole; a file that was there
    stays until then.

    Parameters
    ----------
    pieces : iterable of bytes
    path : path-like or None
        None for bytes in memory.

    Returns
    -------
    bytes or None
        None if a file was written.

    Raises
    ------
    InputError
        If the file can't be written there.
    """
    if path is None:
        return b"".join(pieces)
    target = Path(path)
    part = target.absolute().with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with part.open("xb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"The file cannot be written: {target} ({error.strerror or error})",
            hint="choose another place, or make room there.",
        ) from error
    return None
