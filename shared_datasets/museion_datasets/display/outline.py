"""What a dataset says of itself: its items, and what is in them, within a budget of bytes.

An outline is made from metadata alone: the few kilobytes that describe each array, the
footer of each table, the small pictures that were kept at the commit. It stops to look
deeper when its budget is spent, so that a display stays quick however large the dataset.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from museion_datasets.arrays.attributes import ARRAY_ATTRIBUTE
from museion_datasets.display.stills import MAX_STILL_BYTES, is_still
from museion_datasets.errors import IntegrityError
from museion_datasets.files import SealedFile
from museion_datasets.item import Item
from museion_datasets.versions.naming import ItemKind, still_key
from museion_datasets.versions.snapshot import Snapshot, children, keys_under

DISPLAY_BYTES = 900_000
TREE_BYTES = 8_000_000
_SEGMENT_BYTES = 64 << 10
_METADATA_NAME = "zarr.json"
_SHORT = frozenset({"int8", "uint8", "int16", "uint16", "float16"})
_CHUNKS = "chunks "
_TIMES = "\N{MULTIPLICATION SIGN}"
_SHARDING = "sharding_indexed"


@dataclass(frozen=True, slots=True)
class Node:
    """A line of an outline.

    Attributes
    ----------
    name, kind : str
        What it is.
    details : tuple of str
        Dimensions, dtype, units and the like, most important first.
    size_bytes : int or None
        Stored size before encryption; None where it has none of its own.
    nodes : tuple of Node
        What is in it.
    still : bytes
        A small picture, or nothing.
    """

    name: str
    kind: str
    details: tuple[str, ...] = ()
    size_bytes: int | None = None
    nodes: "tuple[Node, ...]" = ()
    still: bytes = field(default=b"", repr=False)


class Budget:
    """Bytes that may be read.

    Parameters
    ----------
    size_bytes : int
        How many.
    """

    def __init__(self, size_bytes: int) -> None:
        self._left = size_bytes

    def spend(self, size_bytes: int) -> bool:
        """Take bytes out.

        Parameters
        ----------
        size_bytes : int
            How many.

        Returns
        -------
        bool
            False, and nothing taken, if there are not as many left.
        """
        if size_bytes > self._left:
            return False
        self._left -= size_bytes
        return True


def outline(items: Iterable[Item], budget_bytes: int) -> tuple[Node, ...]:
    """Return an outline of items.

    Parameters
    ----------
    items : iterable of Item
        Of one version.
    budget_bytes : int
        How much may be read for it, manifest excluded.

    Returns
    -------
    tuple of Node
        One for each item; those for which the budget was too small say less.
    """
    budget = Budget(budget_bytes)
    return tuple(_item(item, budget) for item in items)


def array_facts(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what an array's metadata says, for people.

    Parameters
    ----------
    metadata : mapping
        Parsed ``zarr.json``.

    Returns
    -------
    tuple of str
        Dimensions with their lengths, dtype, unit, chunks; as far as they are known.
    """
    shape = metadata.get("shape", ())
    names = metadata.get("dimension_names") or [""] * len(shape)
    sides = f" {_TIMES} ".join(
        f"{name or 'axis'} {length:,}" for name, length in zip(names, shape, strict=False)
    )
    unit = _attribute(metadata, "units") or _attribute(metadata, "unit")
    unit = "" if unit == "1" or " since " in unit else unit
    chunks = _TIMES.join(map(str, _chunk_shape(metadata)))
    return tuple(
        filter(
            None,
            (
                sides or "one value",
                _dtype(metadata),
                unit,
                chunks and f"{_CHUNKS}{chunks}",
            ),
        )
    )


def _item(item: Item, budget: Budget) -> Node:
    """Return the node of an item; damaged parts are said to be so, never hidden."""
    try:
        details, nodes = _LOOK[item.kind](item, budget)
    except (IntegrityError, ValueError, TypeError, AttributeError):
        details, nodes = ("damaged",), ()
    still = _still(item, budget)
    return Node(item.name, item.kind.value, details, item.size_bytes, nodes, still)


def _array(item: Item, budget: Budget) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """Look at an array: its largest variable, then all of them."""
    group = _metadata(item.snapshot, item.folder, budget)
    nodes = _variables(item.snapshot, item.folder, budget)
    main = str((group or {}).get("attributes", {}).get(ARRAY_ATTRIBUTE, ""))
    data = [node for node in nodes if node.name == main] or sorted(
        nodes, key=lambda node: -(node.size_bytes or 0)
    )
    details = data[0].details if data else ()
    return tuple(each for each in details if not each.startswith(_CHUNKS)), nodes


def _tree(item: Item, budget: Budget) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """Look at a tree."""
    nodes = _group(item.snapshot, item.folder, budget)
    groups = _count(nodes, "group")
    return (_counted(groups, "group"),), nodes


def _table(item: Item, budget: Budget) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """Look at a table's footer."""
    entry = item.snapshot.require(item.folder)
    if not budget.spend(min(entry.ciphertext_bytes, 3 * _SEGMENT_BYTES)):
        return (), ()
    with SealedFile(item.snapshot, entry) as file:
        from museion_datasets import tables  # noqa: PLC0415  pandas, when there is a table

        facts = tables.describe(file)
    nodes = tuple(Node(name, "column", (kind,)) for name, kind in facts.columns)
    return (_counted(facts.rows, "row"), _counted(len(facts.columns), "column")), nodes


def _scan(item: Item, _budget: Budget) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """Look at a scan: how many pages it has."""
    pages = sum("pages/" in part for part in item.parts)
    return (_counted(pages, "page"),) if pages else (), ()


def _file(item: Item, _budget: Budget) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """Look at a file: there is nothing in it that we know."""
    suffix = item.name.rpartition(".")[2] if "." in item.name else ""
    return (suffix.upper(),) if suffix.isalnum() and len(suffix) <= len("parquet") else (), ()


_LOOK = {
    ItemKind.ARRAY: _array,
    ItemKind.TREE: _tree,
    ItemKind.TABLE: _table,
    ItemKind.SCAN: _scan,
    ItemKind.FILE: _file,
}


def _group(snapshot: Snapshot, folder: str, budget: Budget) -> tuple[Node, ...]:
    """Return the nodes of a group: its variables, then its groups."""
    variables = _variables(snapshot, folder, budget)
    known = {node.name for node in variables}
    groups = [
        name
        for name in children(snapshot.keys(), f"{folder}/")
        if name not in known and snapshot.find(f"{folder}/{name}/{_METADATA_NAME}")
    ]
    return (
        *variables,
        *(
            Node(name, "group", (), None, _group(snapshot, f"{folder}/{name}", budget))
            for name in groups
        ),
    )


def _variables(snapshot: Snapshot, folder: str, budget: Budget) -> tuple[Node, ...]:
    """Return the nodes of a group's arrays."""
    nodes = []
    for name in children(snapshot.keys(), f"{folder}/"):
        metadata = _metadata(snapshot, f"{folder}/{name}", budget)
        if metadata is not None and metadata.get("node_type") == "array":
            is_coordinate = metadata.get("dimension_names") == [name]
            kind = "coordinate" if is_coordinate else "variable"
            size = _size(snapshot, f"{folder}/{name}/")
            nodes.append(Node(name, kind, array_facts(metadata), size))
    return tuple(sorted(nodes, key=lambda node: (node.kind != "variable", node.name)))


def _metadata(snapshot: Snapshot, folder: str, budget: Budget) -> dict[str, Any] | None:
    """Return a group's or array's metadata, if it is there and can be afforded."""
    entry = snapshot.find(f"{folder}/{_METADATA_NAME}")
    if entry is None or not budget.spend(entry.ciphertext_bytes):
        return None
    parsed = json.loads(bytes(snapshot.read(entry.key)))
    return parsed if isinstance(parsed, dict) else None


def _still(item: Item, budget: Budget) -> bytes:
    """Return the item's picture, if there is one that can be afforded and shown."""
    entry = item.snapshot.find(still_key(item.kind, item.name))
    if entry is None or entry.plaintext_bytes > MAX_STILL_BYTES:
        return b""
    if not budget.spend(entry.ciphertext_bytes):
        return b""
    try:
        data = bytes(item.snapshot.read(entry.key))
    except IntegrityError:
        return b""
    return data if is_still(data) else b""


def _counted(count: int, noun: str) -> str:
    """Return a number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _dtype(metadata: Mapping[str, Any]) -> str:
    """Return the dtype as a person sees it after opening."""
    stored = metadata.get("data_type", "")
    name = str(stored.get("name", "") if isinstance(stored, Mapping) else stored)
    if " since " in _attribute(metadata, "units"):
        return "datetime"
    if _attribute(metadata, "dtype") in {"bool", "timedelta64[ns]"}:
        return _attribute(metadata, "dtype")
    if not {"scale_factor", "add_offset"} & set(metadata.get("attributes", {})):
        return name
    return f"{'float32' if name in _SHORT else 'float64'} as {name}"


def _chunk_shape(metadata: Mapping[str, Any]) -> list[int]:
    """Return the shape of what one read decodes."""
    for codec in metadata.get("codecs", ()):
        if codec.get("name") == _SHARDING:
            return list(codec["configuration"]["chunk_shape"])
    return list(metadata.get("chunk_grid", {}).get("configuration", {}).get("chunk_shape", ()))


def _attribute(metadata: Mapping[str, Any], name: str) -> str:
    """Return an attribute that is a text."""
    value = metadata.get("attributes", {}).get(name, "")
    return value if isinstance(value, str) else ""


def _size(snapshot: Snapshot, prefix: str) -> int:
    """Return the size of everything under a prefix, before encryption."""
    entries = map(snapshot.find, keys_under(snapshot.keys(), prefix))
    return sum(entry.plaintext_bytes for entry in entries if entry)


def _count(nodes: Iterable[Node], kind: str) -> int:
    """Count the nodes of a kind at any depth."""
    return sum((node.kind == kind) + _count(node.nodes, kind) for node in nodes)
