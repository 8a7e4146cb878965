"""Whose each mark on a viewer's image is: said by the server, never by a browser.

What members mark in a viewer (spots, regions, light positions) lies in maps of the shared
document whose names begin with `museion:`, one entry for each mark. A browser writes the
mark; the server adds who is signed in on the connection that the change came over: `author`
when the mark is new, `edited_by` when somebody else changed it later. Whatever a browser
writes into these two members itself is undone before anybody else hears of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, Map, Subscription

from museion_lab.people import Person

__all__ = ["MARKS", "Marks", "signed", "unwatched"]

MARKS = "museion:"
_ORDER, _AUTHOR, _EDITED = "order", "author", "edited_by"
_NOT_CONTENT = {_ORDER, _AUTHOR, _EDITED}  # moving a mark in the list changes nothing of it

type Mark = dict[str, Any]


def signed(mark: Mark, before: Mark | None, person: Person) -> Mark:
    """Return a mark with who made it and who changed it.

    Parameters
    ----------
    mark : dict
        As a browser wrote it.
    before : dict or None
        As it was, signed; None if it is new.
    person : Person
        Who is signed in on the browser's connection.

    Returns
    -------
    dict
        With `author`, unless it was made before there were authors.
    """
    content = {key: value for key, value in mark.items() if key not in {_AUTHOR, _EDITED}}
    you = {"username": person.username, "name": person.display_name}
    if before is None:
        return content | {_AUTHOR: you}
    kept = {key: before[key] for key in (_AUTHOR, _EDITED) if key in before}
    if _content(mark) != _content(before):
        author = before.get(_AUTHOR)
        is_own = isinstance(author, dict) and author.get("username") == person.username
        kept = {_AUTHOR: you} if is_own else kept | {_EDITED: you}
    return content | kept


def unwatched(
    document: Doc,  # type: ignore[type-arg]
    prefix: str,
    watched: Collection[str],
) -> list[str]:
    """Return the names of a document's maps that nobody watches yet.

    Parameters
    ----------
    document : Doc
        Loaded.
    prefix : str
        What the names begin with.
    watched : collection of str
        Names of those that are watched.
    """
    names = [name for name in document.keys() if name.startswith(prefix)]  # noqa: SIM118
    return [name for name in names if name not in watched]


@dataclass(frozen=True, slots=True)
class _Change:
    """An entry that a change touched, and what it was."""

    marks: Map  # type: ignore[type-arg]
    key: str
    before: Mark | None


class Marks:
    """Signs the marks of one document.

    Parameters
    ----------
    document : Doc
        Loaded: what it holds now counts as signed.
    """

    def __init__(self, document: Doc) -> None:  # type: ignore[type-arg]
        self._document = document
        self._watched: dict[str, Subscription] = {}
        self._changes: list[_Change] = []
        for name in unwatched(document, MARKS, self._watched):
            self._watch(name)

    def settle(self, person: Person) -> None:
        """Sign what changed since the last time.

        Parameters
        ----------
        person : Person
            Whose change it was.
        """
        for name in unwatched(self._document, MARKS, self._watched):
            marks = self._watch(name)
            self._changes += [_Change(marks, key, None) for key in marks.keys()]  # noqa: SIM118
        changes, self._changes = self._changes, []
        if not changes:
            return
        with self._document.transaction():
            for change in changes:
                self._sign(change, person)
        self._changes.clear()  # our own

    def _sign(self, change: _Change, person: Person) -> None:
        mark = change.marks.get(change.key)
        if not isinstance(mark, dict):
            return
        right = signed(mark, change.before, person)
        if right != mark:
            change.marks[change.key] = right

    def _watch(self, name: str) -> Map:  # type: ignore[type-arg]
        marks: Map = self._document.get(name, type=Map)  # type: ignore[type-arg]
        self._watched[name] = marks.observe(lambda event: self._note(marks, event))
        return marks

    def _note(self, marks: Map, event: Any) -> None:  # type: ignore[type-arg]  # noqa: ANN401
        for key, change in event.keys.items():
            before = change.get("oldValue")
            if change["action"] != "delete":
                self._changes.append(
                    _Change(marks, key, before if isinstance(before, dict) else None)
                )


def _content(mark: Mark) -> Mark:
    return {key: value for key, value in mark.items() if key not in _NOT_CONTENT}
