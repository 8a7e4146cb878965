"""`museion dataset verify`: a release in a folder without keys, or a dataset that is open."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from museion_datasets.cli.answer import EXIT_DONE, EXIT_UNTRUSTED, answer
from museion_datasets.cli.connection import add_catalogue, add_json, open_dataset, open_library
from museion_datasets.cli.progress import count_bar
from museion_datasets.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from museion_datasets.evidence.signing import TrustedKey

_DEFAULT_LEVEL = 2


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    parser.add_argument("path", metavar="PATH", help="a dataset's folder, or workgroup/name")
    parser.add_argument("--release", type=int, metavar="N", help="the newest by default")
    parser.add_argument("--at-least", type=int, default=1, metavar="N", help="refuse older ones")
    parser.add_argument("--known", metavar="DIGEST", help="a release that this one must follow")
    parser.add_argument(
        "--level",
        type=int,
        default=_DEFAULT_LEVEL,
        choices=(1, 2),
        help="1: every object is there; 2: bit for bit (the default)",
    )
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="public keys of institutions and signers that you rely on",
    )
    parser.add_argument(
        "--authority",
        type=Path,
        action="append",
        default=[],
        metavar="PEM",
        help="root certificate of a time-stamp authority",
    )
    add_catalogue(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    options : argparse.Namespace
        As `describe` says.

    Returns
    -------
    int
        The exit code: 4 if nothing is wrong but nobody trusted stands behind the signer.

    Raises
    ------
    NotFoundError
        If the path is neither a folder nor a dataset.
    """
    folder = Path(options.path)
    if folder.is_dir():
        return _directory(folder, options)
    if options.catalogue or options.path.count("/") == 1:
        return _dataset(options)
    raise NotFoundError(
        f"No such folder: {options.path}", hint="name a folder that holds releases/."
    )


def _directory(folder: Path, options: argparse.Namespace) -> int:
    """Verify a release from nothing but a folder."""
    from museion_datasets.release.verify import Expected, verify_directory  # noqa: PLC0415

    report = verify_directory(
        folder,
        [key for path in options.trust for key in _keys(path)],
        options.level,
        authorities=[_read(path) for path in options.authority],
        expected=Expected(options.release, options.at_least, options.known),
        progress=count_bar(0),
    )
    answer(report.to_json(), report.to_text(), as_json=options.json)
    return EXIT_DONE if report.is_trusted else EXIT_UNTRUSTED


def _dataset(options: argparse.Namespace) -> int:
    """Verify a version with its keys: that everything decrypts, too."""
    dataset = open_dataset(open_library(options), options)
    found = dataset.verify(options.level)
    data: dict[str, Any] = {
        "path": dataset.path,
        "version": dataset.version,
        "level": found.level,
        "objects": found.objects,
        "size_bytes": found.size_bytes,
        "signature": dataset.signature,
    }
    text = (
        f"Version {dataset.version} of {dataset.path} is intact: {found.objects} objects, "
        f"level {found.level}\nSignature: {dataset.signature}"
    )
    answer(data, text, as_json=options.json)
    return EXIT_DONE


def _keys(path: Path) -> "list[TrustedKey]":
    """Return the public keys in a file."""
    from museion_datasets.evidence.signing import decode_key_file  # noqa: PLC0415

    return decode_key_file(_read(path).decode("utf-8", "replace"))


def _read(path: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    UnavailableError
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnavailableError(
            f"The file cannot be read: {path}", hint="check its name and permissions."
        ) from error
