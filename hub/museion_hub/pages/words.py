"""The sentences a person reads when something is in the way.

To a stranger, denied and missing look the same: 401, 403, 404 and 405 share their words, and
the cause that JupyterHub attaches to them is never shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """A title, what happened, what to do, and whether the cause may be shown beneath."""

    title: str
    sentence: str
    hint: str
    shows_cause: bool = False


_NOT_HERE: Final = Words(
    "Nothing here for you",
    "This page does not exist, or it belongs to a workgroup you are not a member of.",
    "Check the address, or ask a lead of the workgroup to add you.",
)
_EXPIRED: Final = Words(
    "This page was open for too long",
    "What you sent could not be matched to your sign-in, so nothing was changed.",
    "Go back to the home page and try once more.",
)
_FAULT: Final = Words(
    "Something went wrong on our side",
    "Your notebooks and datasets are not affected.",
    "Try again in a moment; if it stays, tell the people who run this hub when it happened.",
    shows_cause=True,
)
NO_ANSWER: Final = Words(
    "No answer at the moment",
    "Something this page needs has stopped or is busy; what you saved is safe.",
    "Wait a moment, then open it again from the home page.",
    shows_cause=True,
)

ERRORS: Final[Mapping[int, Words]] = MappingProxyType({
    400: Words(
        "That request could not be understood",
        "Nothing was changed.",
        "Go back to the home page and try once more.",
        shows_cause=True,
    ),
    401: _NOT_HERE,
    403: _NOT_HERE,
    404: _NOT_HERE,
    405: _NOT_HERE,
    409: Words(
        "That is already under way",
        "Somebody else may have been a moment quicker.",
        "Go back to the home page to see how things stand.",
        shows_cause=True,
    ),
    429: Words(
        "Too many at once",
        "The hub is busy starting other workspaces.",
        "Wait a minute, then open the workspace again.",
        shows_cause=True,
    ),
    500: _FAULT,
    502: Words(
        "The workspace does not answer",
        "Its server may have stopped a moment ago; what you saved is safe.",
        "Open it again from the home page.",
    ),
    503: Words(
        "The workspace does not answer",
        "Its server may have stopped a moment ago; what you saved is safe.",
        "Open it again from the home page.",
    ),
})

_SIGN_IN_FAILURES: Final = {
    "Invalid username or password": (
        "That name and password do not belong together.",
        "Check for capital letters, or ask a lead of your workgroup for a new password.",
    ),
    "Login form invalid or expired. Try again.": (
        "This page was open for too long, so nothing was sent.",
        "Type your password again.",
    ),
}
_HINT_MARK: Final = "hint:"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence and, perhaps, a hint."""

    sentence: str
    hint: str = ""


def error_words(status: int, message: str = "") -> Words:
    """Return the words for an HTTP status; the message only tells an expired form apart."""
    if status == 403 and "xsrf" in message.lower():  # noqa: PLR2004  the status of a forged form
        return _EXPIRED
    return ERRORS.get(int(status), _FAULT)


def sign_in_notice(message: str) -> Notice:
    """Return what the sign-in page says about a failed attempt.

    Messages of JupyterHub become ours; one of our own may carry its hint on a second line.
    """
    known = _SIGN_IN_FAILURES.get(message)
    return Notice(*known) if known else cause_notice(message)


def cause_notice(message: str) -> Notice:
    """Split a message of ours into its sentence and the remedy after ``hint:``."""
    sentence, _, hint = message.partition(_HINT_MARK)
    return Notice(_as_sentence(sentence), _as_sentence(hint))


def _as_sentence(text: str) -> str:
    """Begin with a capital and end with a full stop: on a page, messages stand among prose."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
