"""The files that an ingest reads: which they are, their digests, and the names they keep.

A name is kept in every script. Only what no key can hold (control and format characters,
bytes that are no text) is written as ``%XX``; the record of the ingest says so.
"""

import hashlib
import mimetypes
import os
import re
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from museion_datasets.errors import InvalidError, NotFoundError

HEAD_BYTES = 4096
_PIECE_BYTES = 4 << 20
_ITEM_CHARACTERS = 64
_MEDIA_TYPES = {
    ".hdr": "text/x-envi-header",
    ".h5": "application/x-hdf5",
    ".hdf5": "application/x-hdf5",
    ".nxs": "application/x-hdf5",
    ".nc": "application/x-netcdf",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".obj": "model/obj",
    ".stl": "model/stl",
    ".ply": "application/x-ply",
    ".e57": "model/e57",
    ".las": "application/vnd.las",
    ".laz": "application/vnd.laszip",
    ".tsv": "text/tab-separated-values",
    ".csv": "text/csv",
    ".dng": "image/x-adobe-dng",
}
_UNKNOWN_MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was delivered.

    Attributes
    ----------
    path : Path
        Where it lies.
    name : str
        The name it keeps, with folders, joined by slashes.
    size_bytes : int
        Its length.
    changed_ns : int
        When it was last changed, as the file system says.
    """

    path: Path
    name: str
    size_bytes: int
    changed_ns: int

    @property
    def media_type(self) -> str:
        """Media type by the name's ending."""
        ending = PurePosixPath(self.name).suffix.lower()
        guessed = mimetypes.guess_type(self.name, strict=False)[0]
        return _MEDIA_TYPES.get(ending) or guessed or _UNKNOWN_MEDIA_TYPE

    def require_unchanged(self) -> None:
        """Raise if the file is not the one that was looked at first.

        Raises
        ------
        InvalidError
            If somebody has written to it meanwhile.
        """
        now = look_at(self.path, self.name)
        if now != self:
            raise InvalidError(
                f"The file changed while it was read: {self.name!r:.80}",
                hint="wait until the instrument or the copy is done, then ingest again.",
            )


def look_at(path: Path, name: str | None = None) -> Original:
    """Return what the file system says about a file.

    Parameters
    ----------
    path : Path
        An ordinary file; a link at its end is not followed.
    name : str, optional
        The name it keeps; its own by default.

    Returns
    -------
    Original
        Not yet read.

    Raises
    ------
    InvalidError
        If it is a link, a device or a folder.
    """
    with reading(path):
        status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise InvalidError(
            f"Not an ordinary file: {path.name!r:.80}",
            hint="give the file itself; links and devices are not followed.",
        )
    return Original(path, name or safe_name(path.name), status.st_size, status.st_mtime_ns)


class reading:  # noqa: N801 - reads as a word: with …
    """A ``with`` block that turns errors of the file system into ours.

    Parameters
    ----------
    path : Path
        What is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        name = self._path.name
        match error:
            case FileNotFoundError() | NotADirectoryError():
                raise NotFoundError(
                    f"There is no such file: {name!r:.80}", hint="check the spelling of its path."
                ) from error
            case PermissionError():
                raise InvalidError(
                    f"The file may not be read: {name!r:.80}",
                    hint="ask its owner for permission to read it.",
                ) from error
            case OSError():
                reason = os.strerror(error.errno) if error.errno else type(error).__name__
                raise InvalidError(
                    f"The file cannot be read: {name!r:.80}: {reason}",
                    hint="check the disk or the connection it lies behind.",
                ) from error


def read_head(path: Path) -> bytes:
    """Return a file's first bytes.

    Parameters
    ----------
    path : Path
        An ordinary file.

    Returns
    -------
    bytes
        At most `HEAD_BYTES`.
    """
    with reading(path), path.open("rb") as file:
        return file.read(HEAD_BYTES)


def digest(original: Original, advance: Callable[[int], None]) -> str:
    """Return a file's SHA-256 in hexadecimal digits.

    Parameters
    ----------
    original : Original
        The file.
    advance : callable
        Told of each piece's length.

    Returns
    -------
    str
        64 digits.
    """
    hashed, piece = hashlib.sha256(), bytearray(_PIECE_BYTES)
    view = memoryview(piece)
    with reading(original.path), original.path.open("rb", buffering=0) as file:
        while count := file.readinto(piece):
            hashed.update(view[:count])
            advance(count)
    original.require_unchanged()
    return hashed.hexdigest()


def safe_name(name: str) -> str:
    r"""Return a file name that a key can hold: itself, if it can.

    Parameters
    ----------
    name : str
        One part of a path, as the operating system gives it.

    Returns
    -------
    str
        With ``%XX`` for each byte of what no key can hold.

    Examples
    --------
    >>> safe_name("Πίνακας 絵.tif")
    'Πίνακας 絵.tif'
    >>> safe_name("a\nb")
    'a%0Ab'
    """
    if name in {".", ".."}:
        return name.replace(".", "%2E")
    return "".join(
        character if character.isprintable() and character != "/" else _percent(character)
        for character in name
    )


def item_name(name: str) -> str:
    """Return a name for an item: letters, digits, dots, hyphens and underscores.

    Parameters
    ----------
    name : str
        Usually a file's name without its ending.

    Returns
    -------
    str
        As near to `name` as possible; by its digest if nothing of it can stay.

    Examples
    --------
    >>> item_name("Madonna à l'œillet (VNIR)")
    'Madonna-a-l-illet-VNIR'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", plain.replace("'", "-"))[:_ITEM_CHARACTERS].strip("-._")
    return slug or f"item-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
