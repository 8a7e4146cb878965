"""How a dataset looks in a notebook: HTML that loads nothing.

Everything a person wrote is escaped. Colours are mixed from the text's own, so that the
display is legible on light and on dark wherever it is shown; pictures are data of the page
itself, and each has a text beside it. What is inside an item folds out.
"""

from base64 import b64encode
from html import escape

from museion_datasets.display.outline import Node
from museion_datasets.display.text import Card, plain, size_text, sizes
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.policy import RIGHTS

MAX_ITEMS = 200
MAX_NODES = 400

_INK = "var(--museion-ink,var(--jp-content-font-color1,CanvasText))"
_LINK = "var(--museion-accent,var(--jp-content-link-color,LinkText))"
_SANS = "var(--museion-sans,var(--jp-content-font-family,system-ui,sans-serif))"
_SERIF = "var(--museion-serif,'Iowan Old Style','Palatino Linotype',Palatino,Georgia,serif)"
_SOFT = "color:color-mix(in srgb,currentColor 78%,transparent)"
_FAINT_LINE = "1px solid color-mix(in srgb,currentColor 16%,transparent)"
_WELL = "background:color-mix(in srgb,currentColor 5%,transparent)"
_ROW = "display:inline-flex;align-items:center;gap:.9em;padding:.45em 0;box-sizing:border-box"
_MARKER = "1.4em"
_CELL = "text-align:left;padding:.2em 1.4em .2em 0;font-weight:400;vertical-align:baseline"
_NUMBER = "margin-left:auto;white-space:nowrap;font-variant-numeric:tabular-nums"
_PICTURE = "width:56px;height:56px;object-fit:cover;border-radius:4px;flex:none"
_BADGE = (
    "display:inline-block;border:1px solid color-mix(in srgb,currentColor 45%,transparent);"
    f"border-radius:1em;padding:0 .65em;font:400 .8rem/1.6 {_SANS};vertical-align:.15em"
)
_SIGNS = {"array": "▦", "tree": "⋔", "table": "☰", "scan": "△", "file": "≡"}


def dataset_html(card: Card, *, is_open: bool = False) -> str:
    """Return a dataset as HTML.

    Parameters
    ----------
    card : Card
        What to say.
    is_open : bool
        Whether what is in the items is unfolded.

    Returns
    -------
    str
        Self-contained.
    """
    record = card.record
    shown = card.nodes[:MAX_ITEMS]
    items = "".join(
        f'<li style="border-top:{_FAINT_LINE};margin:0">{_item(node, is_open=is_open)}</li>'
        for node in shown
    )
    hidden = len(card.nodes) - len(shown)
    more = f'<p style="{_SOFT};margin:.6em .2em">and {hidden:,} more</p>' if hidden else ""
    description = f'<p style="margin:.5em 0;max-width:44em">{_safe(record.description)}</p>'
    return (
        f'<section aria-label="{_safe(record.path)}" style="color:{_INK};font-family:{_SANS};'
        'line-height:1.45;max-width:56em;padding:.4em 0">'
        f'<h3 style="font:600 1.35rem/1.3 {_SERIF};margin:0 0 .15em">'
        f"<bdi>{_safe(record.title)}</bdi> {_synthetic(record)}</h3>"
        f'<div style="{_SOFT}"><code>{_safe(record.path)}</code> · {_version(card.head)}</div>'
        f"{description if record.description else ''}{_facts(card)}"
        f'<ul aria-label="Items" style="list-style:none;margin:.8em 0 0;padding:0;'
        f'border-bottom:{_FAINT_LINE}">{items}</ul>{more}</section>'
    )


def _version(head: Head) -> str:
    """Return which version it is, by whom and why."""
    said = f"version {head.version} · {head.created[:10]} · {head.author}"
    message = f" · <bdi>{_safe(head.message)}</bdi>" if head.message else ""
    return _safe(said) + message


def _facts(card: Card) -> str:
    """Return rights, owner, policy, signature and size as a list of terms."""
    is_released = card.signature.startswith("release") and "not to be relied" not in card.signature
    dot = "\N{BLACK CIRCLE}" if is_released else "\N{WHITE CIRCLE}"
    facts = [
        ("Rights", _rights(card.record)),
        ("Owner", _safe(card.owner)),
        *([("Policy", _safe("; ".join(card.conditions)))] if card.conditions else []),
        *([("Derived from", _safe(", ".join(card.derived_from)))] if card.derived_from else []),
        ("Signature", f'<span aria-hidden="true">{dot}</span> {_safe(card.signature)}'),
        ("Size", f"{size_text(card.record.size_bytes)}, {_safe(card.record.kind)}"),
    ]
    rows = "".join(
        f'<div style="margin:0"><dt style="{_SOFT};font-size:.85em;font-weight:400">{term}</dt>'
        f'<dd style="margin:0">{value}</dd></div>'
        for term, value in facts
    )
    return f'<dl style="display:flex;flex-wrap:wrap;gap:.5em 2.4em;margin:.8em 0">{rows}</dl>'


def _item(node: Node, *, is_open: bool) -> str:
    """Return an item: a line that unfolds if there is something in it."""
    details = " · ".join(map(_safe, node.details))
    label = (
        f'{_picture(node)}<span style="min-width:0"><code style="font-size:1em;font-weight:600;'
        f'overflow-wrap:anywhere">{_safe(node.name)}</code><br><span style="{_SOFT};'
        f'font-size:.9em">{_safe(node.kind)}{" · " if details else ""}{details}</span></span>'
        f'<span style="{_NUMBER};{_SOFT}">{_size(node)}</span>'
    )
    if not node.nodes:
        return f'<div style="{_ROW};display:flex;margin-left:{_MARKER}">{label}</div>'
    opened = " open" if is_open else ""
    return (
        f'<details{opened}><summary style="cursor:pointer;list-style-position:outside;'
        f'margin-left:{_MARKER}">'
        f'<span style="{_ROW};width:100%;vertical-align:middle">{label}</span>'
        f'</summary><div style="margin:0 0 .9em {_MARKER};overflow-x:auto">{_inside(node)}</div>'
        "</details>"
    )


def _inside(node: Node) -> str:
    """Return what is in a node: a table of its parts, then its groups."""
    groups = [each for each in node.nodes if each.kind == "group"]
    parts = [each for each in node.nodes if each.kind != "group"]
    rows = "".join(map(_part, parts[:MAX_NODES]))
    more = len(parts) - MAX_NODES
    rest = f'<p style="{_SOFT};margin:.3em 0">and {more:,} more</p>' if more > 0 else ""
    table = (
        f'<table aria-label="{_safe(node.name)}" style="border-collapse:collapse;border:0;'
        f'margin:0;font-size:.9em;width:auto">{rows}</table>{rest}'
        if parts
        else ""
    )
    return table + "".join(
        f'<details open style="margin:.4em 0"><summary style="cursor:pointer"><code>'
        f'{_safe(group.name)}</code></summary><div style="margin-left:1.2em">{_inside(group)}</div>'
        "</details>"
        for group in groups
    )


def _part(node: Node) -> str:
    """Return the row of a variable or column."""
    name = f'<th scope="row" style="{_CELL};text-align:left"><code>{_safe(node.name)}</code></th>'
    word = "" if node.kind == "column" else _safe(node.kind)
    kind = f'<td style="{_CELL};{_SOFT}">{word}</td>' if word else ""
    details = f'<td style="{_CELL}">{" · ".join(map(_safe, node.details))}</td>'
    size = f'<td style="{_CELL};{_SOFT};white-space:nowrap">{_size(node)}</td>'
    return f'<tr style="background:none">{name}{kind}{details}{size}</tr>'


def _picture(node: Node) -> str:
    """Return the still of an item, or a well with the kind's sign in its place."""
    if node.still:
        source = b64encode(node.still).decode()
        alt = _safe(f"{node.kind} {node.name}, reduced")
        return f'<img alt="{alt}" style="{_PICTURE}" src="data:image/jpeg;base64,{source}">'
    return (
        f'<span aria-hidden="true" style="{_PICTURE};{_WELL};display:flex;align-items:center;'
        f'justify-content:center;font:400 1.3rem/1 {_SERIF};{_SOFT}">{_SIGNS.get(node.kind, "")}'
        "</span>"
    )


def _size(node: Node) -> str:
    """Return a node's size, or nothing."""
    return "".join(sizes(node))


def _synthetic(record: DatasetRecord) -> str:
    """Return the mark of computed data, or nothing."""
    return f'<span style="{_BADGE}">synthetic</span>' if record.synthetic else ""


def _rights(record: DatasetRecord) -> str:
    """Return the rights statement as a link if it is one we know."""
    rights = RIGHTS.get(record.rights)
    if rights is None:
        return _safe(record.rights)
    return (
        f'<a href="{escape(rights.uri)}" rel="license noopener noreferrer" target="_blank" '
        f'style="color:{_LINK}">{escape(rights.label)}</a>'
    )


def _safe(text: str) -> str:
    """Return a person's text for HTML."""
    return escape(plain(text))
