"""`museion keys …`: a partner's key pair, and what it opens.

Other packages add commands through the entry point group ``museion.key_commands``: each names
a function that is given the sub-parsers.
"""

import argparse
import os
from importlib.metadata import entry_points
from pathlib import Path

from museion_datasets.cli.declared import Answer, Command, add_declared, argument
from museion_datasets.cli.recovery import COPY, export_copy
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
    add_declared(commands, COMMANDS)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            extend = point.load()
        except ModuleNotFoundError:
            continue  # the hub's requirements are not installed here
        extend(commands)


def _create(options: argparse.Namespace) -> Answer:
    """Make a key pair.

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
    return Answer(data, text)


def _open(options: argparse.Namespace) -> Answer:
    """Decrypt a copied directory."""
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


COMMANDS = (
    Command(
        "create",
        "make a key pair to be shared with from a hub",
        _create,
        (argument("file", type=Path, metavar="FILE", help="for the private key; keep it"),),
    ),
    Command(
        "open",
        "decrypt a copied directory; needs no hub",
        _open,
        (
            *COPY,
            argument("--key", type=Path, required=True, metavar="FILE", help="the private key"),
        ),
    ),
)
