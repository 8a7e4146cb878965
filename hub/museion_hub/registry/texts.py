"""Checks what people write: titles, names to show, descriptions, e-mail addresses.

Texts are stored as they were meant, in Unicode's composed form (NFC), and shown as text wherever
they go. Refused is what nobody can see and what turns the direction of the words around it: with
these a name could pass for another one.
"""

import re
import unicodedata
from typing import Final

from museion_hub.registry.errors import InvalidError

MAX_LINE_CHARS: Final = 120
MAX_TEXT_CHARS: Final = 4000
MAX_EMAIL_CHARS: Final = 254
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Scripts such as Persian and Hindi can't be written without them."""
_BREAKS: Final = frozenset("\n\t")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(
    rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+", re.ASCII
)


def require_line(text: str, what: str, *, limit: int = MAX_LINE_CHARS) -> str:
    """Give a text of one line in its composed form, without space around it.

    Parameters
    ----------
    text : str
        As it came in.
    what : str
        What it is, for the message: ``title``.
    limit : int
        Most characters.

    Raises
    ------
    InvalidError
        If it is empty, too long, or holds what can't be seen.
    """
    line = _composed(text)
    if not 1 <= len(line) <= limit or not any(map(_is_mark, line)):
        raise InvalidError(
            f"Not a {what}: {_shown(line)!r}", hint=f"use 1 to {limit} visible characters"
        )
    _require_visible(line, what, frozenset())
    return line


def require_text(text: str, what: str, *, limit: int = MAX_TEXT_CHARS) -> str:
    """Give a text of any lines in its composed form; it may be empty.

    Raises
    ------
    InvalidError
        If it is too long, or holds what can't be seen.
    """
    found = _composed(text.replace("\r\n", "\n"))
    if len(found) > limit:
        raise InvalidError(
            f"The {what} is too long: {len(found)} characters",
            hint=f"use at most {limit} characters",
        )
    _require_visible(found, what, _BREAKS)
    return found


def require_email(text: str) -> str:
    """Give an e-mail address.

    Raises
    ------
    InvalidError
        If it is none that mail could be sent to.
    """
    address = text.strip()
    if len(address) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(address):
        raise InvalidError(
            f"Not an e-mail address: {_shown(address)!r}", hint="write it as name@example.org"
        )
    return address


def _composed(text: str) -> str:
    # A lone surrogate has no composed form and no place in a database.
    return unicodedata.normalize("NFC", text).strip()


def _require_visible(text: str, what: str, breaks: frozenset[str]) -> None:
    hidden = next((char for char in text if _is_hidden(char) and char not in breaks), None)
    if hidden is not None:
        raise InvalidError(
            f"The {what} holds a character that can't be seen: U+{ord(hidden):04X}",
            hint="type it anew, without pasting",
        )


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE and char not in _JOINERS


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNPS"


def _shown(text: str) -> str:
    return text[:80].encode("utf-8", "replace").decode()
