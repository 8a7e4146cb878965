"""`museion dataset gc`."""

import argparse

from museion_datasets.cli.connection import PATH, open_library
from museion_datasets.cli.declared import Answer, Command, argument

_HOUR_S = 3600.0


def _collect(options: argparse.Namespace) -> Answer:
    """Count what belongs to no version, or delete it."""
    library = open_library(options)
    age_s = options.older_than * _HOUR_S
    if options.delete:
        count = library.remove_orphans(options.path, older_than_s=age_s)
        return Answer({"deleted": count}, f"Deleted {count} objects that no version refers to.")
    names = library.orphans(options.path, older_than_s=age_s)
    text = f"{len(names)} objects belong to no version; --delete removes them."
    return Answer({"orphans": len(names)}, text)


GC = Command(
    "gc",
    "find and delete what killed writers left",
    _collect,
    (
        PATH,
        argument("--delete", action="store_true", help="delete them; otherwise only count"),
        argument(
            "--older-than",
            type=float,
            default=24.0,
            metavar="HOURS",
            help="leave younger objects, which may belong to a draft being written (24)",
        ),
    ),
)
