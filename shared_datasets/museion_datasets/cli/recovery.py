"""`museion recovery …`: an institution's recovery key, in the hands of k of n officers."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from museion_datasets.cli.answer import say
from museion_datasets.cli.declared import Answer, Command, add_declared, argument
from museion_datasets.cli.progress import byte_bar
from museion_datasets.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from museion_datasets.recipients.shares import Share

_DEFAULT_SHARES = 5
_DEFAULT_THRESHOLD = 3
COPY = (
    argument("directory", type=Path, metavar="DIRECTORY", help="the dataset's, copied"),
    argument("folder", type=Path, metavar="FOLDER", help="new, for the decrypted items"),
    argument("--version", type=int, help="the newest of the copy by default"),
)
"""What every command takes that decrypts a copied directory."""


def describe_recovery(parser: argparse.ArgumentParser) -> None:
    """Make a recovery key, and open copies of datasets with its shares.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="recovery_command")
    add_declared(below, COMMANDS)


def _create(options: argparse.Namespace) -> Answer:
    """Make a recovery key.

    Raises
    ------
    ConflictError
        If the file is there already.
    """
    from museion_datasets.recipients.shares import create_recovery  # noqa: PLC0415  `--help` stays quick

    file, shares = create_recovery(
        options.label, shares=options.shares, threshold=options.threshold
    )
    try:
        descriptor = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError as error:
        raise ConflictError(
            f"There is a file already: {options.file}", hint="name a new one."
        ) from error
    with os.fdopen(descriptor, "wb") as target:
        target.write(file.encode())
    texts = [share.encode() for share in shares]
    data = {"file": str(options.file), "fingerprint": file.fingerprint, "shares": texts}
    lines = [f"  {number}  {text}" for number, text in enumerate(texts, 1)]
    text = "\n".join([
        f"Recovery key {file.fingerprint[:16]}; {file.threshold} of {file.shares} shares open it:",
        *lines,
        "Print each share for one officer. They are shown once and kept nowhere.",
        f'Set in museion.toml: recovery_key = "{options.file}"',
    ])
    return Answer(data, text)


def _open(options: argparse.Namespace) -> Answer:
    """Decrypt a copied directory."""
    from museion_datasets.recipients.outside import open_recovery  # noqa: PLC0415  `--help` stays quick

    pair = open_recovery(options.directory, _shares(options))
    return export_copy(options, pair)


def export_copy(options: argparse.Namespace, pair: object) -> Answer:
    """Write the items of a copied directory, decrypted.

    Parameters
    ----------
    options : argparse.Namespace
        As `COPY` says.
    pair : KeyPair
        Opens the keys beside the objects.

    Returns
    -------
    Answer
        What was written, and where.
    """
    from museion_datasets.export import export_plain  # noqa: PLC0415  `--help` stays quick
    from museion_datasets.recipients.outside import open_copy  # noqa: PLC0415

    dataset = open_copy(options.directory, pair, options.version)  # type: ignore[arg-type]
    made = export_plain(dataset, options.folder, progress=byte_bar())
    data = {
        "path": dataset.path,
        "version": dataset.version,
        "signature": str(dataset.signature),
        "folder": str(made.folder),
        "files": made.files,
    }
    text = (
        f"Decrypted version {dataset.version} of {dataset.path} to {made.folder}: "
        f"{made.files} files; signature: {dataset.signature}"
    )
    return Answer(data, text)


def _shares(options: argparse.Namespace) -> "list[Share]":
    """Return the shares that were given.

    Raises
    ------
    InvalidError
        If none was.
    """
    from museion_datasets.recipients.shares import Share  # noqa: PLC0415  `--help` stays quick

    texts = [*options.share, *(_typed(path) for path in options.share_file)]
    if not texts:
        raise InvalidError("No share was given", hint="name each: --share … or --share-file FILE.")
    return [Share.decode(text) for text in texts]


def _typed(path: Path) -> str:
    """Return the share in a file, or one that is typed."""
    if str(path) == "-":
        say("Type a share, then Enter:")
        return sys.stdin.readline()
    return path.read_text(encoding="utf-8")


COMMANDS = (
    Command(
        "create",
        "make a recovery key and print its shares once",
        _create,
        (
            argument("file", type=Path, metavar="FILE", help="for `recovery_key` in the settings"),
            argument("--label", required=True, help="name for people, with the institution"),
            argument("--shares", type=int, default=_DEFAULT_SHARES, help="how many officers"),
            argument("--threshold", type=int, default=_DEFAULT_THRESHOLD, help="how many needed"),
        ),
    ),
    Command(
        "open",
        "decrypt a copied directory; needs no hub",
        _open,
        (
            *COPY,
            argument(
                "--share", action="append", default=[], help="as printed, once for each officer"
            ),
            argument(
                "--share-file",
                type=Path,
                action="append",
                default=[],
                help="holds a share; - asks for it",
            ),
        ),
    ),
)
