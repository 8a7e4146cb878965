"""`museion dataset verify`: a release in a folder without keys, or a dataset that is open."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from museion_datasets.cli.answer import EXIT_DONE, EXIT_UNTRUSTED
from museion_datasets.cli.connection import open_dataset, open_library
from museion_datasets.cli.declared import Answer, Command, argument
from museion_datasets.cli.progress import count_bar
from museion_datasets.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from museion_datasets.evidence.signing import TrustedKey

_DEFAULT_LEVEL = 2


def _verify(options: argparse.Namespace) -> Answer:
    """Verify a folder or a dataset.

    Raises
    ------
    NotFoundError
        If the path is neither.
    """
    folder = Path(options.path)
    if folder.is_dir():
        return _directory(folder, options)
    if options.catalogue or options.path.count("/") == 1:
        return _dataset(options)
    raise NotFoundError(
        f"No such folder: {options.path}", hint="name a folder that holds releases/."
    )


def _directory(folder: Path, options: argparse.Namespace) -> Answer:
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
    code = EXIT_DONE if report.is_trusted else EXIT_UNTRUSTED
    return Answer(report.to_json(), report.to_text(), code)


def _dataset(options: argparse.Namespace) -> Answer:
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
    return Answer(data, text)


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


VERIFY = Command(
    "verify",
    "check a release in a folder without keys, or an open dataset",
    _verify,
    (
        argument("path", metavar="PATH", help="a dataset's folder, or workgroup/name"),
        argument("--release", type=int, metavar="N", help="the newest by default"),
        argument("--at-least", type=int, default=1, metavar="N", help="refuse older ones"),
        argument("--known", metavar="DIGEST", help="a release that this one must follow"),
        argument(
            "--level",
            type=int,
            default=_DEFAULT_LEVEL,
            choices=(1, 2),
            help="1: every object is there; 2: bit for bit (the default)",
        ),
        argument(
            "--trust",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="public keys of institutions and signers that you rely on",
        ),
        argument(
            "--authority",
            type=Path,
            action="append",
            default=[],
            metavar="PEM",
            help="root certificate of a time-stamp authority",
        ),
    ),
)
