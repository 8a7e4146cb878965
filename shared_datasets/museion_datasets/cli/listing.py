"""`museion dataset ls`."""

import argparse

from museion_datasets.cli.answer import EXIT_DONE, answer, table
from museion_datasets.cli.connection import add_catalogue, add_json, open_dataset, open_library


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    parser.add_argument("path", nargs="?", metavar="DATASET", help="list the items of this one")
    parser.add_argument("--version", type=int, help="of this version; the newest by default")
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
    return _items(options) if options.path else _datasets(options)


def _datasets(options: argparse.Namespace) -> int:
    """List the datasets that may be opened."""
    from museion_datasets.display.text import size_text  # noqa: PLC0415

    records = open_library(options).datasets()
    head = ("DATASET", "VERSION", "SIZE", "RIGHTS", "TITLE")
    rows = [
        (r.path, str(r.version or "-"), size_text(r.size_bytes), r.rights, r.title) for r in records
    ]
    text = table([head, *rows]) if rows else "There is no dataset yet."
    answer([record.to_json() for record in records], text, as_json=options.json)
    return EXIT_DONE


def _items(options: argparse.Namespace) -> int:
    """List the items of a dataset."""
    from museion_datasets.display.text import size_text  # noqa: PLC0415

    items = open_dataset(open_library(options), options, options.version).items.values()
    data = [
        {"name": each.name, "kind": each.kind.value, "size_bytes": each.size_bytes}
        for each in items
    ]
    rows = [(each.name, each.kind.value, size_text(each.size_bytes)) for each in items]
    text = table([("ITEM", "KIND", "SIZE"), *rows]) if rows else "The dataset holds no item."
    answer(data, text, as_json=options.json)
    return EXIT_DONE
