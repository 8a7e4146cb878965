"""Long lists, shown part by part: what matches the words looked for, thirty at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

PART: Final = 30
LONG: Final = 12
MAX_WANTED_CHARS: Final = 120


@dataclass(frozen=True, slots=True)
class Listing[T]:
    """A part of a list.

    Attributes
    ----------
    shown : sequence
        The part.
    all : int
        How many there are.
    total : int
        How many match.
    wanted : str
        What was looked for.
    number, pages : int
        Which part it is, from 1, and how many there are.
    """

    shown: Sequence[T]
    all: int
    total: int
    wanted: str
    number: int
    pages: int
    _query: Mapping[str, str]
    _name: str
    _anchor: str

    @property
    def is_long(self) -> bool:
        """Whether it is worth searching."""
        return self.all > LONG

    def address(self, number: int) -> str:
        """Give the address of another part; whatever else the page shows stays."""
        query = {**self._query, f"{self._name}-page": str(number)}
        return f"?{urlencode(query)}{self._anchor}"


def list_part[T](
    request: Request,
    items: Iterable[T],
    text_of: Callable[[T], str],
    *,
    name: str = "who",
    anchor: str = "",
) -> Listing[T]:
    """Give the part of a list that the address asks for.

    Parameters
    ----------
    request : Request
        Its query names what is looked for, and which part.
    items : iterable
        The whole list.
    text_of : callable
        The text in which an item is looked for.
    name : str
        The query's field for what is looked for; ``<name>-page`` is the part.
    anchor : str
        Id of the list on the page.
    """
    everything = list(items)
    wanted = request.query_params.get(name, "").strip()[:MAX_WANTED_CHARS]
    words = wanted.casefold().split()
    found = [item for item in everything if all(w in text_of(item).casefold() for w in words)]
    pages = max(1, -(-len(found) // PART))
    asked = request.query_params.get(f"{name}-page", "1")
    number = min(max(1, int(asked) if asked.isascii() and asked.isdigit() else 1), pages)
    return Listing(
        shown=found[(number - 1) * PART : number * PART],
        all=len(everything),
        total=len(found),
        wanted=wanted,
        number=number,
        pages=pages,
        _query={key: value[:MAX_WANTED_CHARS] for key, value in request.query_params.items()},
        _name=name,
        _anchor=f"#{anchor}" if anchor else "",
    )
