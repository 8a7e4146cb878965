"""What would change if an earlier version came back. Pure, plain text only.

Cells are matched by their ids; within a cell, lines are compared. Outputs are counted, not
shown: they may be large, and are code of somebody else's.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["Change", "Comparison", "Part", "compare", "parts_of"]

MOST_LINES = 600  # shown of one comparison
LONGEST_LINE = 500  # characters shown of one line


@dataclass(frozen=True, slots=True)
class Part:
    """A cell, or a whole text.

    Attributes
    ----------
    key : str
        Stays the same as long as the cell lives.
    kind : str
        ``code``, ``markdown``, ``raw`` or ``text``.
    lines : tuple of str
        Its source.
    outputs : str
        Anything that differs when the outputs do.
    """

    key: str
    kind: str
    lines: tuple[str, ...]
    outputs: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A part that would change.

    Attributes
    ----------
    change : str
        ``back`` (it comes back), ``gone`` (it goes), ``changed``, or ``outputs``.
    kind : str
        As in `Part`.
    number : int
        Its place from 1, in the content that has it.
    lines : tuple of (str, str)
        Sign and text: ``+`` comes, ``-`` goes, a space stays, ``…`` where lines are left out.
    """

    change: str
    kind: str
    number: int
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that would change.

    Attributes
    ----------
    changes : tuple of Change
        What goes first, then what comes or changes, in its order.
    back, gone : int
        Lines that would come and go.
    is_cut : bool
        Whether not all lines are shown.
    """

    changes: tuple[Change, ...]
    back: int
    gone: int
    is_cut: bool


def parts_of(content: Any) -> list[Part]:  # noqa: ANN401  text or a notebook
    """Take a content apart.

    Parameters
    ----------
    content : str or dict
        Text, or a notebook.

    Returns
    -------
    list of Part
        The cells in their order, or one part.
    """
    if isinstance(content, dict) and isinstance(content.get("cells"), list):
        return [_cell(cell, number) for number, cell in enumerate(content["cells"])]
    text = content if isinstance(content, str) else ""
    return [Part("text", "text", tuple(text.splitlines()))]


def _cell(cell: Mapping[str, Any], number: int) -> Part:
    source = cell.get("source", "")
    text = "".join(source) if isinstance(source, list) else str(source)
    return Part(
        key=str(cell.get("id", number)),
        kind=str(cell.get("cell_type", "raw")),
        lines=tuple(text.splitlines()),
        outputs=repr(cell.get("outputs", [])),
    )


def compare(now: Any, then: Any) -> Comparison:  # noqa: ANN401  text or a notebook
    """Return what would change from now on if `then` came back.

    Parameters
    ----------
    now, then : str or dict
        The present and the earlier content.

    Returns
    -------
    Comparison
        Without any change if they are the same.
    """
    changes = list(_changes(parts_of(now), parts_of(then)))
    signs = [sign for change in changes for sign, _ in change.lines]
    shown, room = [], MOST_LINES
    for change in changes:
        shown.append(replace(change, lines=change.lines[: max(room, 0)]))
        room -= len(change.lines)
    return Comparison(tuple(shown), signs.count("+"), signs.count("-"), is_cut=room < 0)


def _changes(now: list[Part], then: list[Part]) -> Iterator[Change]:
    present = {part.key: part for part in now}
    earlier = {part.key for part in then}
    for number, part in enumerate(now, 1):
        if part.key not in earlier:
            yield _change("gone", part, number, [("-", line) for line in part.lines])
    for number, part in enumerate(then, 1):
        mine = present.get(part.key)
        if mine is None:
            yield _change("back", part, number, [("+", line) for line in part.lines])
        elif (mine.lines, mine.kind) != (part.lines, part.kind):
            yield _change("changed", part, number, _lines(mine.lines, part.lines))
        elif mine.outputs != part.outputs:
            yield _change("outputs", part, number, [])


def _change(change: str, part: Part, number: int, lines: list[tuple[str, str]]) -> Change:
    shown = tuple((sign, text[:LONGEST_LINE]) for sign, text in lines)
    return Change(change, part.kind, number, shown)


def _lines(now: tuple[str, ...], then: tuple[str, ...]) -> list[tuple[str, str]]:
    diff = list(difflib.unified_diff(now, then, n=2, lineterm=""))[2:]
    found = [("…", "") if line.startswith("@@") else (line[0], line[1:]) for line in diff]
    return found[1:] if found[:1] == [("…", "")] else found
