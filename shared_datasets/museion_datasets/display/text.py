"""What a display says of a dataset, and how that looks as text; `markup` makes it HTML.

Characters that would steer a terminal or turn the reading direction are replaced in
everything a person wrote.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from museion_datasets.display.outline import Node
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.policy import RIGHTS, DatasetPolicy

NOT_RELEASED = "not released"

_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Card:
    """What a display says.

    Attributes
    ----------
    record : DatasetRecord
        The dataset.
    head : Head
        The version.
    owner : str
        Who owns the data.
    conditions : tuple of str
        What the owner asks for besides the rights, one sentence each.
    signature : str
        State of the version's signature.
    nodes : tuple of Node
        Its items.
    derived_from : tuple of str
        Versions that items were derived from, as their authors say.
    """

    record: DatasetRecord
    head: Head
    owner: str
    conditions: tuple[str, ...]
    signature: str
    nodes: tuple[Node, ...]
    derived_from: tuple[str, ...] = ()


class TreeText(str):
    """A tree as text, which a notebook shows as HTML.

    Parameters
    ----------
    text : str
        For a terminal.
    html : str
        For a notebook.
    """

    __slots__ = ("_html",)
    _html: str

    def __new__(cls, text: str, html: str) -> Self:  # noqa: D102 - the class says it
        made = super().__new__(cls, text)
        made._html = html
        return made

    def __repr__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (TreeText, (str(self), self._html))

    def _repr_html_(self) -> str:
        return self._html


def size_text(size_bytes: int) -> str:
    """Return a size for people.

    Parameters
    ----------
    size_bytes : int
        Number of bytes.

    Returns
    -------
    str
        Three digits and a decimal unit.

    Examples
    --------
    >>> size_text(1_234_567)
    '1.23 MB'
    """
    size, unit = float(size_bytes), 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size, unit = size / _THOUSAND, unit + 1
    return f"{size:.3g} {_UNITS[unit]}" if size < _THOUSAND else f"{size:,.0f} {_UNITS[unit]}"


def plain(text: str) -> str:
    r"""Return a person's text without characters that steer what shows it.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        Control characters and marks of direction replaced.

    Examples
    --------
    >>> plain("a\x1b[31mb") == "a\N{REPLACEMENT CHARACTER}[31mb"
    True
    """
    return "".join(
        each if each.isprintable() else " " if each in "\n\t" else _UNKNOWN for each in text
    )


def conditions(policy: DatasetPolicy) -> tuple[str, ...]:
    """Return what an owner asks for besides the rights.

    Parameters
    ----------
    policy : DatasetPolicy
        The owner's.

    Returns
    -------
    tuple of str
        One sentence each; none if anything goes.
    """
    said = [
        ("stored in {}", policy.storage_jurisdictions),
        ("opened in {}", policy.compute_jurisdictions),
        ("opened for {}", policy.purposes),
        ("embargo until {}", (policy.embargo_until,) if policy.embargo_until else ()),
    ]
    return tuple(form.format(", ".join(words)) for form, words in said if words)


def dataset_text(card: Card) -> str:
    """Return a dataset on one line and each item on another.

    Parameters
    ----------
    card : Card
        What to say.

    Returns
    -------
    str
        For a terminal.
    """
    record = card.record
    badge = ", synthetic" if record.synthetic else ""
    first = f"{record.path} version {card.head.version}: {record.title} ({record.kind}{badge})"
    second = f"  {_rights_label(record)} · {card.owner} · {card.signature}"
    derived = [f"  derived from {', '.join(card.derived_from)}"] if card.derived_from else []
    lines = [f"  {'  '.join(_words(node))}" for node in card.nodes]
    return "\n".join(map(plain, [first, second, *derived, *lines]))


def tree_text(card: Card) -> str:
    """Return a dataset's items, and what is in them, as a tree.

    Parameters
    ----------
    card : Card
        What to say.

    Returns
    -------
    str
        With the lines of a tree.
    """
    top = plain(f"{card.record.path}@{card.head.version}  {card.record.title}")
    return "\n".join([top, *_branches(card.nodes, "")])


def _branches(nodes: Sequence[Node], indent: str) -> Iterable[str]:
    """Yield the lines of a tree."""
    for number, node in enumerate(nodes, 1):
        is_last = number == len(nodes)
        corner, below = ("└── ", "    ") if is_last else ("├── ", "│   ")
        yield indent + corner + plain("  ".join(_words(node)))
        yield from _branches(node.nodes, indent + below)


def _words(node: Node) -> list[str]:
    """Return a node's line in parts."""
    kind = [] if node.kind in {"variable", "column"} else [node.kind]
    return [node.name, *kind, *([", ".join(node.details)] if node.details else []), *sizes(node)]


def sizes(node: Node) -> list[str]:
    """Return a node's size, if it has one.

    Parameters
    ----------
    node : Node
        Any.

    Returns
    -------
    list of str
        One or none.
    """
    return [] if node.size_bytes is None else [size_text(node.size_bytes)]


def _rights_label(record: DatasetRecord) -> str:
    """Return the rights' name for people."""
    rights = RIGHTS.get(record.rights)
    return record.rights if rights is None else rights.label
