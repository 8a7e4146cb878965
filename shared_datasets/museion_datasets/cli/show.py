"""`museion dataset show`."""

import argparse
from typing import TYPE_CHECKING, Any

from museion_datasets.cli.connection import PATH, open_dataset, open_library
from museion_datasets.cli.declared import Answer, Command, argument

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset
    from museion_datasets.display.outline import Node


def _show(options: argparse.Namespace) -> Answer:
    """Say everything."""
    dataset = open_dataset(open_library(options), options, options.version)
    return Answer(_data(dataset), _text(dataset))


def _text(dataset: "Dataset") -> str:
    """Return everything about a dataset for people."""
    from museion_datasets.display.text import plain, size_text  # noqa: PLC0415
    from museion_datasets.policy import RIGHTS  # noqa: PLC0415

    record, head = dataset.record, dataset.head
    rights = RIGHTS.get(record.rights)
    facts = [
        ("title", record.title),
        ("about", record.description),
        ("kind", f"{record.kind}, {'computed' if record.synthetic else 'measured'}"),
        ("rights", f"{rights.label} <{rights.uri}>" if rights else record.rights),
        ("owner", dataset.owner),
        *(("policy", each) for each in dataset.conditions),
        ("version", f"{head.version}, {head.created} by {head.author}"),
        ("message", head.message),
        ("signature", dataset.signature),
        ("size", size_text(record.size_bytes)),
    ]
    lines = [f"{name:<10} {plain(value)}" for name, value in facts if value]
    return "\n".join([*lines, "", str(dataset.tree())])


def _data(dataset: "Dataset") -> dict[str, Any]:
    """Return everything about a dataset for programs."""
    return {
        "record": dataset.record.to_json(),
        "head": dataset.head.to_json(),
        "owner": dataset.owner,
        "conditions": list(dataset.conditions),
        "signature": dataset.signature,
        "items": [_node(node) for node in dataset.outline()],
    }


def _node(node: "Node") -> dict[str, Any]:
    """Return a line of the outline for programs."""
    return {
        "name": node.name,
        "kind": node.kind,
        "details": list(node.details),
        "size_bytes": node.size_bytes,
        "items": [_node(each) for each in node.nodes],
    }


SHOW = Command(
    "show",
    "say everything about a dataset",
    _show,
    (PATH, argument("--version", type=int, help="the newest by default")),
)
