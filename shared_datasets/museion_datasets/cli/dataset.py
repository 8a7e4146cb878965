"""`museion dataset …`: everything about sealed datasets, for a terminal."""

import argparse

from museion_datasets.cli.connection import add_catalogue
from museion_datasets.cli.create import CREATE
from museion_datasets.cli.declared import add_declared
from museion_datasets.cli.export import EXPORT
from museion_datasets.cli.gc import GC
from museion_datasets.cli.ingest import INGEST
from museion_datasets.cli.listing import LS
from museion_datasets.cli.release import RELEASE
from museion_datasets.cli.sharing import REVOKE, ROTATE, SHARE
from museion_datasets.cli.show import SHOW
from museion_datasets.cli.verify import VERIFY

_COMMANDS = (
    CREATE, INGEST, LS, SHOW, VERIFY, RELEASE, SHARE, REVOKE, ROTATE, EXPORT, GC,
)  # fmt: skip


def describe_dataset(parser: argparse.ArgumentParser) -> None:
    """Create, read, verify, release and share sealed datasets.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="dataset_command")
    add_declared(below, _COMMANDS, add_catalogue)
