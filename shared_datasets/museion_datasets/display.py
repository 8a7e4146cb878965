"""How a dataset looks in a notebook: as text, and as HTML that loads nothing.

Colours come from JupyterLab's custom properties with fallbacks, so that the table is
legible on light and on dark. Everything a person wrote is escaped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from math import prod

import xarray as xr

from museion_datasets.model import DatasetRecord, Head
from museion_datasets.policy import RIGHTS

_TIMES = " \u00d7 "
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_INK = "var(--museion-ink,var(--jp-ui-font-color1,CanvasText))"
_QUIET = "var(--museion-ink-quiet,var(--jp-ui-font-color2,GrayText))"
_LINE = "1px solid var(--museion-line,var(--jp-border-color2,rgba(128,128,128,.35)))"
_CELL = f"text-align:left;padding:.3em .9em .3em 0;border-bottom:{_LINE}"
_HEAD = f"{_CELL};font-weight:500;color:{_QUIET}"
_BADGE = f"border:{_LINE};border-radius:1em;padding:.05em .6em;font-size:.85em;color:{_QUIET}"


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """A line on one item.

    Attributes
    ----------
    name, kind : str
        What it is.
    details : str
        Shape and dtype of an array; may be empty.
    size_bytes : int
        Its stored size before encryption.
    """

    name: str
    kind: str
    details: str
    size_bytes: int


def array_details(data: xr.Dataset | xr.DataArray) -> str:
    """Return dimensions and dtype of an array's largest variable.

    Parameters
    ----------
    data : xarray.Dataset or xarray.DataArray
        The array.

    Returns
    -------
    str
        Name and length of each dimension, then the dtype.
    """
    if isinstance(data, xr.Dataset):
        if not data.data_vars:
            return ""
        data = max(data.data_vars.values(), key=lambda variable: prod(variable.shape))
    sides = _TIMES.join(f"{name} {length:,}" for name, length in data.sizes.items())
    return f"{sides or 'one value'}, {data.dtype}"


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


def dataset_text(record: DatasetRecord, head: Head, items: Iterable[ItemSummary]) -> str:
    """Return a dataset on one line and each item on another.

    Parameters
    ----------
    record : DatasetRecord
        The dataset.
    head : Head
        The version.
    items : iterable of ItemSummary
        What it holds.

    Returns
    -------
    str
        For a terminal.
    """
    badge = ", synthetic" if record.synthetic else ""
    first = f"{record.path} version {head.version}: {record.title} ({record.kind}{badge})"
    lines = [
        f"  {item.name}  {item.kind}  {item.details}  {size_text(item.size_bytes)}".replace(
            "    ", "  "
        )
        for item in items
    ]
    return "\n".join([first, *lines])


def tree_text(record: DatasetRecord, head: Head, items: Iterable[ItemSummary]) -> str:
    """Return a dataset's items as a tree.

    Parameters
    ----------
    record : DatasetRecord
        The dataset.
    head : Head
        The version.
    items : iterable of ItemSummary
        What it holds.

    Returns
    -------
    str
        With the lines of a tree.
    """
    lines = [f"{record.path}@{head.version}"]
    listed = list(items)
    for number, item in enumerate(listed, 1):
        corner = "└──" if number == len(listed) else "├──"
        details = f" {item.details}," if item.details else ""
        lines.append(f"{corner} {item.name} ({item.kind},{details} {size_text(item.size_bytes)})")
    return "\n".join(lines)


def dataset_html(record: DatasetRecord, head: Head, items: Iterable[ItemSummary]) -> str:
    """Return a dataset as a small table.

    Parameters
    ----------
    record : DatasetRecord
        The dataset.
    head : Head
        The version.
    items : iterable of ItemSummary
        What it holds.

    Returns
    -------
    str
        Self-contained HTML.
    """
    rows = "".join(_row(item) for item in items)
    description = (
        f'<p style="margin:.3em 0;max-width:46em">{escape(record.description)}</p>'
        if record.description
        else ""
    )
    titles = "".join(
        f'<th scope="col" style="{_HEAD}">{title}</th>'
        for title in ("Item", "Kind", "Shape", "Size")
    )
    return (
        f'<section style="color:{_INK};line-height:1.45" aria-label="{escape(record.path)}">'
        f'<div style="font-size:1.15em;font-weight:600">{escape(record.title)}'
        f" {_badge(record)}</div>"
        f'<div style="color:{_QUIET}"><code>{escape(record.path)}</code> · version {head.version}'
        f" · {escape(record.kind)} · {_rights(record)}</div>{description}"
        f'<table style="border-collapse:collapse;margin:.6em 0"><thead><tr>{titles}</tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _row(item: ItemSummary) -> str:
    """Return the table row of an item."""
    cells = (item.kind, item.details, size_text(item.size_bytes))
    name = f'<th scope="row" style="{_CELL};font-weight:500"><code>{escape(item.name)}</code></th>'
    rest = "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in cells)
    return f"<tr>{name}{rest}</tr>"


def _badge(record: DatasetRecord) -> str:
    """Return the mark of computed data, or nothing."""
    return f'<span style="{_BADGE}">synthetic</span>' if record.synthetic else ""


def _rights(record: DatasetRecord) -> str:
    """Return the rights statement as a link if it is one we know."""
    rights = RIGHTS.get(record.rights)
    if rights is None:
        return escape(record.rights)
    return f'<a href="{escape(rights.uri)}" rel="license noopener">{escape(rights.label)}</a>'
