"""`museion dataset gc`."""

import argparse

from museion_datasets.cli.answer import EXIT_DONE, answer
from museion_datasets.cli.connection import add_catalogue, add_json, add_path, open_library

_HOUR_S = 3600.0


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    add_path(parser)
    parser.add_argument("--delete", action="store_true", help="delete them; otherwise only count")
    parser.add_argument(
        "--older-than",
        type=float,
        default=24.0,
        metavar="HOURS",
        help="leave younger objects, which may belong to a draft being written (24)",
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
        The exit code.
    """
    library = open_library(options)
    age_s = options.older_than * _HOUR_S
    if options.delete:
        count = library.remove_orphans(options.path, older_than_s=age_s)
        data = {"deleted": count}
        text = f"Deleted {count} objects that no version refers to."
    else:
        names = library.orphans(options.path, older_than_s=age_s)
        data = {"orphans": len(names)}
        text = f"{len(names)} objects belong to no version; --delete removes them."
    answer(data, text, as_json=options.json)
    return EXIT_DONE
