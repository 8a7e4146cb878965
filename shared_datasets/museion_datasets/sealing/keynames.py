"""Which logical keys there may be: names in every script, and nothing that deceives an eye.

Keys are kept as they are given. Two names that look alike and are written differently (é as
one character or as two) are two keys, as on most file systems. Joiners that Persian or an
emoji need are fine; characters that break a line, or that turn the direction of what
follows, are not, for with those a name shows as another.
"""

import unicodedata

from museion_datasets.errors import InvalidError
from museion_datasets.sealing.page import MAX_KEY_BYTES

_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NONCHARACTERS = range(0xFDD0, 0xFDF0)
_PLANE_END = 0xFFFE


def require_key(key: str) -> None:
    """Raise unless `key` can name an item.

    Parameters
    ----------
    key : str
        A logical key.

    Raises
    ------
    InvalidError
        If it is empty or too long, has empty, ``.`` or ``..`` parts, or characters that are
        none, break a line or turn the direction of writing.
    """
    if not all(map(is_fit, key)):
        raise InvalidError(
            f"Not a usable item name: {key!a:.80}",
            hint="leave out control characters, and bytes that are no text.",
        )
    if {"", ".", ".."} & set(key.split("/")):
        raise InvalidError(
            f"Not a usable item name: {key!r:.80}", hint="join names by single slashes."
        )
    if len(key.encode()) > MAX_KEY_BYTES:
        raise InvalidError(
            f"An item's name is too long: {key!r:.80}",
            hint=f"shorten it to {MAX_KEY_BYTES} bytes, its folders included.",
        )


def is_fit(character: str) -> bool:
    """Return whether a key may have a character.

    Parameters
    ----------
    character : str
        One character.

    Returns
    -------
    bool
        False for controls, halves of surrogate pairs and noncharacters.
    """
    point = ord(character)
    return (
        unicodedata.category(character) not in _REFUSED_CATEGORIES
        and character not in _TURNING
        and point not in _NONCHARACTERS
        and point & _PLANE_END != _PLANE_END
    )
