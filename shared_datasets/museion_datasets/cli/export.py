"""`museion dataset export`."""

import argparse
from functools import partial
from pathlib import Path

from museion_datasets.cli.connection import PATH, open_dataset, open_library
from museion_datasets.cli.declared import Answer, Command, argument
from museion_datasets.cli.progress import byte_bar
from museion_datasets.errors import InvalidError


def _export(options: argparse.Namespace) -> Answer:
    """Copy a version out."""
    from museion_datasets.export import export_plain, export_sealed  # noqa: PLC0415

    library = open_library(options)
    dataset = open_dataset(library, options, options.version)
    if options.release is not None:
        dataset = open_dataset(library, options, _version_of(dataset, options.release))
    copy = export_sealed if options.sealed else partial(export_plain, netcdf=options.netcdf)
    made = copy(dataset, options.folder, jurisdiction=options.jurisdiction, progress=byte_bar())
    form = "sealed" if options.sealed else "decrypted"
    data = {
        "folder": str(made.folder),
        "files": made.files,
        "size_bytes": made.size_bytes,
        "version": dataset.version,
        "form": form,
    }
    text = f"Copied version {dataset.version} of {dataset.path}, {form}, to {made.folder}"
    return Answer(data, f"{text}: {made.files} files")


def _version_of(dataset: object, release: int) -> int:
    """Return the version of a release.

    Raises
    ------
    InvalidError
        If there is no such release.
    """
    from museion_datasets.release.files import (  # noqa: PLC0415
        open_signed,
        read_signed,
        release_numbers,
    )

    objects = dataset.snapshot.sealed.objects  # type: ignore[attr-defined]
    numbers = release_numbers(objects)
    if release not in numbers:
        known = ", ".join(map(str, numbers)) or "none"
        raise InvalidError(f"There is no such release: {release}", hint=f"there is {known}.")
    return open_signed(read_signed(objects, release), ()).release.outline.version


def _describe(parser: argparse.ArgumentParser) -> None:
    """Add what to copy, and how."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, help="the newest by default")
    which.add_argument("--release", type=int, metavar="N", help="the version of this release")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--sealed", action="store_true", help="as it lies, to verify offline")
    form.add_argument("--netcdf", action="store_true", help="arrays as NetCDF instead of zarr")
    parser.add_argument(
        "--jurisdiction", default="", metavar="CC", help="where FOLDER lies, such as DE or EU"
    )


EXPORT = Command(
    "export",
    "copy a version out, decrypted or sealed",
    _export,
    (PATH, argument("folder", type=Path, metavar="FOLDER", help="new, or empty")),
    describe=_describe,
)
