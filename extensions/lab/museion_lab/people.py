"""Who is in this workspace, and who of its workgroup could be.

`merge_members` joins two sources: the people whose browser was seen lately (with the
name and colour the hub vouches for) and the workgroup's card from the registry. Names
come from authenticated requests only, never from what a browser claims about itself.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

KEEP_S = 60.0  # a browser that was silent for so long is gone
PALETTE = ("#2f6f6d", "#8c4a2f", "#4b5f94", "#7a5c12", "#7b4a77", "#3f6b3a", "#9a3f4d", "#4f5d66")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}|var\(--jp-collaborator-color\d\)")


@dataclass(frozen=True, slots=True)
class Person:
    """A member as others see them.

    Attributes
    ----------
    username : str
        Stable name of the account.
    display_name : str
        Name for people.
    initials : str
        One or two letters for a small badge.
    color : str
        CSS colour of the badge and of the person's cursor.
    """

    username: str
    display_name: str
    initials: str
    color: str


def make_person(
    username: str, display_name: str = "", initials: str | None = None, color: str | None = None
) -> Person:
    """Return a person, with what is missing derived from the name.

    Parameters
    ----------
    username : str
        Stable name of the account.
    display_name : str
        Name for people; by default the username.
    initials : str, optional
        By default the first letters of the display name's first and last word.
    color : str, optional
        By default one of `PALETTE`, always the same for the same username.

    Returns
    -------
    Person
        With no field empty.
    """
    name = display_name.strip() or username
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()] or [name]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    hue = sum(map(ord, username)) % len(PALETTE)
    return Person(username, name, initials or letters.upper(), _safe_color(color) or PALETTE[hue])


class PresenceBoard:
    """Remembers who was seen when; holds nobody longer than `keep_s`.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    keep_s : float
        How long a person counts as here after their last sign of life.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, keep_s: float = KEEP_S
    ) -> None:
        self._clock = clock
        self._keep_s = keep_s
        self._seen: dict[str, tuple[Person, float]] = {}

    def see(self, person: Person) -> bool:
        """Note a sign of life.

        Parameters
        ----------
        person : Person
            The authenticated member.

        Returns
        -------
        bool
            Whether the person has just arrived.
        """
        is_new = person.username not in {each.username for each in self.here()}
        self._seen[person.username] = (person, self._clock())
        return is_new

    def forget(self, username: str) -> None:
        """Note that a person has left.

        Parameters
        ----------
        username : str
            Who has no access any more, or closed the page.
        """
        self._seen.pop(username, None)

    def here(self) -> list[Person]:
        """Return who is here now, in the order of their names.

        Returns
        -------
        list of Person
            Without those who fell silent.
        """
        oldest = self._clock() - self._keep_s
        self._seen = {name: seen for name, seen in self._seen.items() if seen[1] > oldest}
        return sorted((person for person, _ in self._seen.values()), key=_by_name)


def merge_members(
    here: Iterable[Person], registered: Iterable[Mapping[str, Any]], *, you: str
) -> list[dict[str, Any]]:
    """Return the members for the sidebar: you, then who is here, then who is not.

    Parameters
    ----------
    here : iterable of Person
        Who was seen lately.
    registered : iterable of mapping
        The members on the workgroup's card from the registry; may be empty.
    you : str
        Username of who asks.

    Returns
    -------
    list of dict
        A person's fields, and ``role`` (or None), ``is_here``, ``is_you``.
    """
    present = {person.username: person for person in here}
    cards = {str(card["username"]): card for card in registered}
    people = {
        name: make_person(name, str(card.get("display_name", "")), None, card.get("color"))
        for name, card in cards.items()
    } | present
    members = [
        asdict(person)
        | {
            "role": cards.get(name, {}).get("role"),
            "is_here": name in present,
            "is_you": name == you,
        }
        for name, person in people.items()
    ]
    return sorted(members, key=lambda m: (not m["is_you"], not m["is_here"], m["display_name"]))


def _by_name(person: Person) -> tuple[str, str]:
    """Order people by the name that is shown."""
    return (person.display_name.casefold(), person.username)


def _safe_color(color: object) -> str | None:
    """Return a colour in `#rrggbb` form or one of JupyterLab's own; nothing else is styled."""
    if not isinstance(color, str):
        return None
    return color if _COLOR.fullmatch(color) else None
