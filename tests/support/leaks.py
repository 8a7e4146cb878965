"""Looking for secrets where they must not be: files, environments, memory, whatever was sent."""

import base64
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

_PIECE_BYTES = 8 << 20
_OVERLAP_BYTES = 256
_TOKEN = re.compile(rb"[A-Za-z0-9_-]{43,}")
_TOKEN_CHARS = 43


def forms_of(*secrets: bytes) -> tuple[bytes, ...]:
    """Give a secret as it is, in hexadecimal and in base64."""
    return tuple(
        form
        for secret in secrets
        for form in (
            secret,
            secret.hex().encode(),
            secret.hex().upper().encode(),
            base64.b64encode(secret).rstrip(b"="),
            base64.urlsafe_b64encode(secret).rstrip(b"="),
        )
    )


def holds(data: bytes, needles: Iterable[bytes]) -> bool:
    """Tell whether a secret is in some bytes."""
    return any(needle in data for needle in needles)


def files_that_hold(folder: Path, needles: Iterable[bytes]) -> list[Path]:
    """Give the files below a folder in which a secret is."""
    wanted = tuple(needles)
    return [path for path in folder.rglob("*") if path.is_file() and holds(read(path), wanted)]


def read(path: Path) -> bytes:
    """Give a file's bytes; none if it is gone by now."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def environment_of(pid: int) -> bytes:
    """Give the environment that a process was started with."""
    return Path(f"/proc/{pid}/environ").read_bytes()


def memory_of(pid: int) -> Iterator[bytes]:
    """Yield the writable memory of a process, in pieces that overlap.

    Raises
    ------
    PermissionError
        If the system doesn't let us look.
    """
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split(maxsplit=5)
            if rights.startswith("rw"):
                first, end = (int(each, 16) for each in span.split("-"))
                yield from _pieces(memory, first, end)


def _pieces(memory: "object", first: int, end: int) -> Iterator[bytes]:
    while first < end:
        try:
            memory.seek(first)  # type: ignore[attr-defined]
            piece = memory.read(min(_PIECE_BYTES, end - first))  # type: ignore[attr-defined]
        except (OSError, ValueError, OverflowError):  # pages that nobody may read
            return
        if not piece:
            return
        yield piece
        if first + len(piece) >= end:
            return
        first += max(len(piece) - _OVERLAP_BYTES, 1)


def memory_holds(pid: int, needles: Iterable[bytes]) -> bool:
    """Tell whether a secret is in a process's memory."""
    wanted = tuple(needles)
    return any(holds(piece, wanted) for piece in memory_of(pid))


def find_token(pieces: Iterable[bytes], hashes: Iterable[bytes]) -> str | None:
    """Find the token of one of these SHA-256 hashes among random texts of a token's length."""
    wanted = frozenset(hashes)
    for piece in pieces:
        for found in _TOKEN.finditer(piece):
            text = found.group()
            for start in range(len(text) - _TOKEN_CHARS + 1):
                candidate = text[start : start + _TOKEN_CHARS]
                if sha256(candidate).digest() in wanted:
                    return candidate.decode()
    return None
