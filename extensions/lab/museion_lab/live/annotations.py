"""Whose each annotation on a scan is, and since when: said by the server, never by a browser.

Annotations lie in maps of the shared document whose names begin with `museion-annotations:`.
Each is a map of its own, so that people may change different parts of it at the same moment;
its `body` is a text that merges letter by letter, and `replies` a map with one entry for each
reply. The server adds `author` and `created` when an annotation or a reply is new, and
`edited_by` and `modified` when its content changes. Whatever a browser writes into these four
itself is undone before anybody else hears of it, also where it replaces a whole annotation.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pycrdt import Doc, Map, Subscription

from museion_lab.live.marks import unwatched
from museion_lab.people import Person

__all__ = ["ANNOTATIONS", "Annotations", "stamped"]

ANNOTATIONS = "museion-annotations:"
SETTLED = timedelta(seconds=30)  # who types on and on is not stamped with each letter
_AUTHOR, _CREATED, _EDITED, _MODIFIED = "author", "created", "edited_by", "modified"
_STAMPS = (_AUTHOR, _CREATED, _EDITED, _MODIFIED)
_REPLIES = "replies"

type Stamps = dict[str, Any]


def stamped(before: Stamps | None, person: Person, now: datetime, *, is_changed: bool) -> Stamps:
    """Return who made something and who changed it, when.

    Parameters
    ----------
    before : dict or None
        What the server said of it so far; None if it is new.
    person : Person
        Who is signed in on the browser's connection.
    now : datetime
        In UTC.
    is_changed : bool
        Whether its content changed.

    Returns
    -------
    dict
        `author` and `created`; `edited_by`, who else changed it last; `modified`.
    """
    you, moment = {"username": person.username, "name": person.display_name}, _text(now)
    if before is None:
        return {_AUTHOR: you, _CREATED: moment}
    if not is_changed:
        return before
    author = before.get(_AUTHOR)
    is_own = isinstance(author, dict) and author.get("username") == person.username
    after = {**before, **({_AUTHOR: you} if is_own else {_EDITED: you}), _MODIFIED: moment}
    is_same = {**before, _MODIFIED: moment} == after
    return before if is_same and _is_recent(before, now) else after


@dataclass(slots=True)
class _Known:
    """What the server said of one annotation."""

    stamps: Stamps
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)


class Annotations:
    """Signs the annotations of one document.

    Parameters
    ----------
    document : Doc
        Loaded: what it holds now counts as signed.
    clock : callable
        Returns the present moment in UTC.
    """

    def __init__(
        self,
        document: Doc,  # type: ignore[type-arg]
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._document, self._clock = document, clock
        self._watched: dict[str, Subscription] = {}
        self._known: dict[tuple[str, str], _Known] = {}
        self._changed: defaultdict[tuple[str, str], bool] = defaultdict(bool)
        for name in unwatched(document, ANNOTATIONS, self._watched):
            annotations = self._watch(name)
            for key in annotations.keys():  # noqa: SIM118
                entry = annotations.get(key)
                if isinstance(entry, Map):
                    self._known[name, key] = _read(entry)

    def settle(self, person: Person) -> None:
        """Sign what changed since the last time.

        Parameters
        ----------
        person : Person
            Whose change it was.
        """
        for name in unwatched(self._document, ANNOTATIONS, self._watched):
            for key in self._watch(name).keys():  # noqa: SIM118
                self._changed[name, key] = True
        changed, now = dict(self._changed), self._clock()
        self._changed.clear()
        if not changed:
            return
        with self._document.transaction():
            for place, is_changed in changed.items():
                self._sign(place, person, now, is_changed=is_changed)
        self._changed.clear()  # our own

    def _sign(
        self, place: tuple[str, str], person: Person, now: datetime, *, is_changed: bool
    ) -> None:
        name, key = place
        entry = self._document.get(name, type=Map).get(key)
        if not isinstance(entry, Map):
            self._known.pop(place, None)
            return
        known = self._known.get(place)
        right = stamped(known.stamps if known else None, person, now, is_changed=is_changed)
        for stamp in _STAMPS:
            if entry.get(stamp) != right.get(stamp):
                if stamp in right:
                    entry[stamp] = right[stamp]
                else:
                    del entry[stamp]
        replies = _sign_replies(entry, known.replies if known else {}, person, now)
        self._known[place] = _Known(right, replies)

    def _watch(self, name: str) -> Map:  # type: ignore[type-arg]
        annotations: Map = self._document.get(name, type=Map)  # type: ignore[type-arg]
        self._watched[name] = annotations.observe_deep(lambda events: self._note(name, events))
        return annotations

    def _note(self, name: str, events: list[Any]) -> None:
        for event in events:
            keys: Mapping[str, Any] = getattr(event, "keys", None) or {}
            if not event.path:
                for key in keys:
                    self._changed[name, key] = True
                continue
            key, *inside = event.path
            is_content = inside[:1] != [_REPLIES]
            if not inside and keys:
                is_content = bool(set(keys) - {*_STAMPS, _REPLIES})
            self._changed[name, key] |= is_content


def _sign_replies(
    entry: Map,  # type: ignore[type-arg]
    known: Mapping[str, dict[str, Any]],
    person: Person,
    now: datetime,
) -> dict[str, dict[str, Any]]:
    replies = entry.get(_REPLIES)
    if not isinstance(replies, Map):
        return {}
    signed = {}
    for key in list(replies.keys()):
        reply = replies.get(key)
        if not isinstance(reply, dict):
            continue
        before = known.get(key)
        content = _without_stamps(reply)
        is_changed = before is not None and content != _without_stamps(before)
        stamps = stamped(before and _stamps(before), person, now, is_changed=is_changed)
        signed[key] = content | stamps
        if signed[key] != reply:
            replies[key] = signed[key]
    return signed


def _read(entry: Map) -> _Known:  # type: ignore[type-arg]
    stamps = {stamp: entry.get(stamp) for stamp in _STAMPS if stamp in entry}
    replies = entry.get(_REPLIES)
    said = replies.to_py() if isinstance(replies, Map) else None
    kept = {key: each for key, each in (said or {}).items() if isinstance(each, dict)}
    return _Known(stamps, kept)


def _without_stamps(reply: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in reply.items() if key not in _STAMPS}


def _stamps(reply: Mapping[str, Any]) -> Stamps:
    return {key: value for key, value in reply.items() if key in _STAMPS}


def _is_recent(before: Stamps, now: datetime) -> bool:
    try:
        last = datetime.fromisoformat(str(before.get(_MODIFIED) or before.get(_CREATED)))
        return now - last < SETTLED
    except (ValueError, TypeError):  # no moment, or one without a zone: not written here
        return False


def _text(moment: datetime) -> str:
    """Return a moment so exact that what came one after the other stays in its order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
