"""`museion keys …`: a partner's key pair, and what it opens.

Other packages add commands through the entry point group ``museion.key_commands``: each names
a function that is given the sub-parsers.
"""

import argparse
import os
from importlib.metadata import entry_points
from pathlib import Path

from museion_datasets.cli.answer import EXIT_DONE, answer
from museion_datasets.cli.connection import add_json
from museion_datasets.cli.recovery import export_copy
from museion_datasets.envelope import generate_keypair
from museion_datasets.errors import ConflictError, UnavailableError
from museion_datasets.recipients.recipient import (
    decode_private_key,
    encode_private_key,
    encode_public_key,
    fingerprint,
)

GROUP = "museion.key_commands"
_OPEN_TO_OTHERS = 0o077


def describe_keys(parser: argparse.ArgumentParser) -> None:
    """Make a key pair of your own, and open what is shared with it.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="keys_command")
    create = commands.add_parser("create", help="make a key pair to be shared with from a hub")
    create.add_argument("file", type=Path, metavar="FILE", help="for the private key; keep it")
    add_json(create)
    create.set_defaults(run=run_create)
    opened = commands.add_parser("open", help="decrypt a copied directory; needs no hub")
    opened.add_argument("directory", type=Path, metavar="DIRECTORY", help="the dataset's, copied")
    opened.add_argument("folder", type=Path, metavar="FOLDER", help="new, for the decrypted items")
    opened.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key")
    opened.add_argument("--version", type=int, help="the newest of the copy by default")
    add_json(opened)
    opened.set_defaults(run=run_open)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            extend = point.load()
        except ModuleNotFoundError:
            continue  # the hub's requirements are not installed here
        extend(commands)


def run_create(options: argparse.Namespace) -> int:
    """Make a key pair.

    Parameters
    ----------
    options : argparse.Namespace
        As `describe_keys` says.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    ConflictError
        If the file is there already.
    """
    pair = generate_keypair()
    try:
        descriptor = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConflictError(
            f"There is a file already: {options.file}", hint="name a new one."
        ) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(encode_private_key(pair))
    public = encode_public_key(pair.public)
    data = {
        "file": str(options.file),
        "public_key": public,
        "fingerprint": fingerprint(pair.public),
    }
    text = (
        f"The private key is in {options.file}: keep it, show it to nobody.\n"
        f"Send this to the owner of the data, and compare the fingerprint by telephone:\n"
        f"{fingerprint(pair.public)}\n\n{public}"
    )
    answer(data, text, as_json=options.json)
    return EXIT_DONE


def run_open(options: argparse.Namespace) -> int:
    """Decrypt a copied directory.

    Parameters
    ----------
    options : argparse.Namespace
        As `describe_keys` says.

    Returns
    -------
    int
        The exit code.
    """
    return export_copy(options, decode_private_key(_read_private(options.key)))


def _read_private(path: Path) -> str:
    """Return the private key's text.

    Raises
    ------
    UnavailableError
        If it can't be read, or others could.
    """
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            if mode & _OPEN_TO_OTHERS:
                raise UnavailableError(
                    f"The private key is open to others: {path} (mode {mode:04o})",
                    hint=f"find out who has read it, then: chmod 600 {path}",
                )
            return file.read(1 << 16)
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"The private key can't be read: {path}", hint="check the path."
        ) from error
