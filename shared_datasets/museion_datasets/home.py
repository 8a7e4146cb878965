"""Where a local catalogue keeps its objects.

By default in its own ``storage`` folder. A catalogue that was once connected with another
storage remembers its address, never keys, in the file ``storage.url``; so another process,
or the same person tomorrow, finds it without being told.
"""

from pathlib import Path

from museion_datasets.errors import InvalidError
from museion_datasets.objects import random_name, storage_errors
from museion_datasets.place import Location, place_url

_FILE = "storage.url"


def storage_of(directory: Path, storage: str | Path | None) -> str:
    """Return the address of a local catalogue's storage, and remember one that is given.

    Parameters
    ----------
    directory : Path
        The catalogue's directory, which is there.
    storage : str or Path, optional
        A directory, or ``s3://bucket/prefix``.

    Returns
    -------
    str
        ``file:///directory`` or ``s3://bucket/prefix``.

    Raises
    ------
    InvalidError
        If what was remembered is no address.
    """
    file = directory / _FILE
    if storage is not None:
        url = place_url(storage)
        _remember(file, url)
        return url
    with storage_errors("read"):
        try:
            remembered = file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return (directory / "storage").as_uri()
        except UnicodeDecodeError as error:
            raise InvalidError(
                f"Not an address: {file}", hint="delete the file and name the storage again."
            ) from error
    Location.parse(remembered)
    return remembered


def _remember(file: Path, url: str) -> None:
    """Write the address as a whole, readable by its owner only."""
    with storage_errors("write"):
        part = file.with_name(f".{file.name}.{random_name()}")
        part.touch(mode=0o600)
        part.write_text(f"{url}\n", encoding="utf-8")
        part.replace(file)
