"""`museion dataset ls`."""

import argparse

from museion_datasets.cli.connection import open_dataset, open_library
from museion_datasets.cli.declared import Answer, Command, argument, listing


def _list(options: argparse.Namespace) -> Answer:
    """List the datasets, or the items of one."""
    return _items(options) if options.path else _datasets(options)


def _datasets(options: argparse.Namespace) -> Answer:
    """List the datasets that may be opened."""
    from museion_datasets.display.text import size_text  # noqa: PLC0415

    records = open_library(options).datasets()
    rows = [
        (r.path, str(r.version or "-"), size_text(r.size_bytes), r.rights, r.title) for r in records
    ]
    return listing(
        [record.to_json() for record in records],
        ("DATASET", "VERSION", "SIZE", "RIGHTS", "TITLE"),
        rows,
        "There is no dataset yet.",
    )


def _items(options: argparse.Namespace) -> Answer:
    """List the items of a dataset."""
    from museion_datasets.display.text import size_text  # noqa: PLC0415

    items = open_dataset(open_library(options), options, options.version).items.values()
    data = [
        {"name": each.name, "kind": each.kind.value, "size_bytes": each.size_bytes}
        for each in items
    ]
    rows = [(each.name, each.kind.value, size_text(each.size_bytes)) for each in items]
    return listing(data, ("ITEM", "KIND", "SIZE"), rows, "The dataset holds no item.")


LS = Command(
    "ls",
    "list datasets, or the items of one",
    _list,
    (
        argument("path", nargs="?", metavar="DATASET", help="list the items of this one"),
        argument("--version", type=int, help="of this version; the newest by default"),
    ),
)
