"""Options with which a command finds its catalogue."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from museion_datasets import environment
from museion_datasets.cli.declared import argument
from museion_datasets.errors import InvalidError, UnavailableError

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset
    from museion_datasets.library import Library

PATH = argument("path", metavar="DATASET", help="workgroup/name, as in murals/panel")


def add_catalogue(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's.
    """
    group = parser.add_argument_group("catalogue")
    group.add_argument(
        "--catalogue",
        metavar="URL",
        help="a hub's registry, or file:///folder for one without hub; "
        "by default what the workspace says (MUSEION_REGISTRY_URL)",
    )
    group.add_argument(
        "--storage",
        metavar="PLACE",
        help="a folder or s3://bucket/prefix; by default what the workspace or folder says",
    )
    group.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="holds a hub token; needed for another registry than the workspace's",
    )
    group.add_argument(
        "--purpose", metavar="NAME", help="what the data is used for, if its owner limits that"
    )


def open_library(options: argparse.Namespace) -> "Library":
    """Connect to the catalogue that the options name.

    Parameters
    ----------
    options : argparse.Namespace
        With what `add_catalogue` added.

    Returns
    -------
    Library
        Its datasets.

    Raises
    ------
    InvalidError
        If nothing names a catalogue, or no token belongs to it.
    """
    from museion_datasets.library import connect  # noqa: PLC0415  `--help` stays quick

    named = environment.find_catalogue_url()
    url = options.catalogue or named
    if url is None:
        raise InvalidError(
            "Nothing says which catalogue is meant",
            hint="give --catalogue file:///folder, or open a terminal in a workspace.",
        )
    if url.startswith("file:"):
        return connect(url, storage=options.storage)
    connection = environment.find_connection()
    is_own = connection is not None and url.rstrip("/") == connection.url.rstrip("/")
    token = read_token(options.token_file) if options.token_file else None
    if token is None and connection is not None and is_own:
        token = connection.token  # which goes to no other address than its own
    if token is None:
        raise InvalidError(
            f"There is no token for this catalogue: {url}", hint="name a file: --token-file FILE."
        )
    return connect(url, token, options.storage or environment.find_storage())


def open_dataset(
    library: "Library", options: argparse.Namespace, version: int | None = None
) -> "Dataset":
    """Open the dataset that the options name.

    Parameters
    ----------
    library : Library
        From `open_library`.
    options : argparse.Namespace
        With `PATH` and what `add_catalogue` added.
    version : int, optional
        The newest by default.

    Returns
    -------
    Dataset
        For the purpose that was named.
    """
    return library.open(options.path, version, purpose=options.purpose)


def read_token(path: Path) -> str:
    """Return the token in a file.

    Parameters
    ----------
    path : Path
        The file; ``-`` is the standard input.

    Returns
    -------
    str
        Its first line, without space around it.

    Raises
    ------
    UnavailableError
        If it cannot be read.
    """
    try:
        text = sys.stdin.readline() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"The file cannot be read: {path}", hint="check its name and permissions."
        ) from error
    return text.strip()
