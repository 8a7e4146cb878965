"""`museion dataset …`: everything about sealed datasets, for a terminal."""

import argparse

from museion_datasets.cli import (
    create,
    export,
    gc,
    ingest,
    listing,
    release,
    sharing,
    show,
    verify,
)

_COMMANDS = (
    ("create", create.describe, "make a dataset"),
    ("ingest", ingest.describe, "bring files and folders into a dataset"),
    ("ls", listing.describe, "list datasets, or the items of one"),
    ("show", show.describe, "say everything about a dataset"),
    ("verify", verify.describe, "check a release in a folder without keys, or an open dataset"),
    ("release", release.describe, "sign a version as a release"),
    ("share", sharing.describe_share, "let a workgroup or a partner read"),
    ("revoke", sharing.describe_revoke, "take a recipient's access away"),
    ("rotate", sharing.describe_rotate, "begin a new key epoch"),
    ("export", export.describe, "copy a version out, decrypted or sealed"),
    ("gc", gc.describe, "find and delete what killed writers left"),
)


def describe_dataset(parser: argparse.ArgumentParser) -> None:
    """Create, read, verify, release and share sealed datasets.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="dataset_command")
    for name, describe, summary in _COMMANDS:
        describe(commands.add_parser(name, help=summary, description=f"{summary.capitalize()}."))
