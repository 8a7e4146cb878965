"""Which catalogue an address means. Light: whoever only lists datasets needs nothing else."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from museion_datasets.catalogue._local import LocalCatalogue
from museion_datasets.catalogue._registry import RegistryCatalogue
from museion_datasets.errors import InvalidError


def open_catalogue(url: str, token: str | None = None) -> LocalCatalogue | RegistryCatalogue:
    """Open a catalogue.

    Parameters
    ----------
    url : str
        Address of a registry service, or ``file:///directory`` for a catalogue without hub.
    token : str, optional
        Hub API token; needed for a registry.

    Returns
    -------
    LocalCatalogue or RegistryCatalogue
        A registry was not asked anything yet.

    Raises
    ------
    InvalidError
        If the token is missing, or the address is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalCatalogue(Path(url2pathname(parts.path)))
    if parts.scheme in {"http", "https"} and token:
        return RegistryCatalogue(url, token)
    raise InvalidError(
        f"Not enough to connect to a catalogue: {url!r}",
        hint="give a file:// address, or an http:// address with token and storage.",
    )
