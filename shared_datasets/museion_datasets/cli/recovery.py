"""`museion recovery …`: an institution's recovery key, in the hands of k of n officers."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from museion_datasets.cli.answer import EXIT_DONE, answer, say
from museion_datasets.cli.connection import add_json
from museion_datasets.cli.progress import byte_bar
from museion_datasets.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from museion_datasets.recipients.shares import Share

_DEFAULT_SHARES = 5
_DEFAULT_THRESHOLD = 3


def describe_recovery(parser: argparse.ArgumentParser) -> None:
    """Make a recovery key, and open copies of datasets with its shares.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="recovery_command")
    create = commands.add_parser("create", help="make a recovery key and print its shares once")
    create.add_argument(
        "file", type=Path, metavar="FILE", help="for `recovery_key` in the settings"
    )
    create.add_argument("--label", required=True, help="name for people, with the institution")
    create.add_argument("--shares", type=int, default=_DEFAULT_SHARES, help="how many officers")
    create.add_argument("--threshold", type=int, default=_DEFAULT_THRESHOLD, help="how many needed")
    add_json(create)
    create.set_defaults(run=run_create)
    opened = commands.add_parser("open", help="decrypt a copied directory; needs no hub")
    opened.add_argument("directory", type=Path, metavar="DIRECTORY", help="the dataset's, copied")
    opened.add_argument("folder", type=Path, metavar="FOLDER", help="new, for the decrypted items")
    opened.add_argument(
        "--share", action="append", default=[], help="as printed, once for each officer"
    )
    opened.add_argument(
        "--share-file", type=Path, action="append", default=[], help="holds a share; - asks for it"
    )
    opened.add_argument("--version", type=int, help="the newest of the copy by default")
    add_json(opened)
    opened.set_defaults(run=run_open)


def run_create(options: argparse.Namespace) -> int:
    """Make a recovery key.

    Parameters
    ----------
    options : argparse.Namespace
        As `describe_recovery` says.

    Returns
    -------
    int
        The exit code.

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
    answer(data, text, as_json=options.json)
    return EXIT_DONE


def run_open(options: argparse.Namespace) -> int:
    """Decrypt a copied directory.

    Parameters
    ----------
    options : argparse.Namespace
        As `describe_recovery` says.

    Returns
    -------
    int
        The exit code.
    """
    from museion_datasets.recipients.outside import open_recovery  # noqa: PLC0415  `--help` stays quick

    pair = open_recovery(options.directory, _shares(options))
    return export_copy(options, pair)


def export_copy(options: argparse.Namespace, pair: object) -> int:
    """Write the items of a copied directory, decrypted.

    Parameters
    ----------
    options : argparse.Namespace
        With ``directory``, ``folder``, ``version`` and ``json``.
    pair : KeyPair
        Opens the keys beside the objects.

    Returns
    -------
    int
        The exit code.
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
    answer(data, text, as_json=options.json)
    return EXIT_DONE


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
