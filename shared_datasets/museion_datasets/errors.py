"""What can go wrong with a dataset, grouped by what a handler would do about it.

::

    DatasetsError
    ├── NotFoundError         show "not found": missing and denied look the same
    ├── InvalidError          the caller changes the call
    ├── PolicyError           the caller asks the owner, or changes what is asked
    ├── ConflictError         the caller reads the newer version and tries again
    ├── KeyUnavailableError   the process signs in again, then tries again
    ├── IntegrityError        stop: stored bytes are not what was written
    │   └── SignatureError        … or not what was signed
    ├── HistoryError          stop: the log does not prove what it claims; keep what it said
    ├── StorageFullError      somebody frees space, then tries again
    └── UnavailableError      wait, then try again

Each error has a stable ``kind``. `ANSWERS` maps a kind to the HTTP status and to the one
sentence that may leave the process; the error's own message stays with people who may
see the dataset.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar


class ErrorKind(StrEnum):
    """Stable names of what went wrong, the same in Python, JSON and TypeScript."""

    NOT_FOUND = "not_found"
    INVALID = "invalid"
    REFUSED = "refused"
    CONFLICT = "conflict"
    KEY_UNAVAILABLE = "key_unavailable"
    INTEGRITY = "integrity"
    HISTORY = "history"
    STORAGE_FULL = "storage_full"
    UNAVAILABLE = "unavailable"


class HintedError(Exception):
    """Base of every package's errors: one sentence, and what to do about it.

    Parameters
    ----------
    message : str
        One sentence without a final period, the value after a colon.
    hint : str
        What the person can do about it.
    """

    kind: ClassVar[StrEnum]

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint))


class DatasetsError(HintedError):
    """Base of every error of this package."""

    kind: ClassVar[ErrorKind]


class NotFoundError(DatasetsError):
    """A dataset, version or item that does not exist, or that is not ours to see."""

    kind = ErrorKind.NOT_FOUND


class InvalidError(DatasetsError):
    """A path, name, value or stored record that breaks the rules of its form."""

    kind = ErrorKind.INVALID


class PolicyError(DatasetsError):
    """A well-formed wish that the dataset's owner does not allow."""

    kind = ErrorKind.REFUSED


class ConflictError(DatasetsError):
    """Somebody else wrote first."""

    kind = ErrorKind.CONFLICT


class KeyUnavailableError(DatasetsError):
    """No key at hand in the process that opens the data."""

    kind = ErrorKind.KEY_UNAVAILABLE


class IntegrityError(DatasetsError):
    """Stored bytes are missing or differ from what was written."""

    kind = ErrorKind.INTEGRITY


class HistoryError(DatasetsError):
    """A log that was rewritten, forked, signed by somebody else, or that proves nothing."""

    kind = ErrorKind.HISTORY


class SignatureError(IntegrityError):
    """A signature is missing, does not hold, or is by another key than it should be."""


class StorageFullError(DatasetsError):
    """The storage has no room left."""

    kind = ErrorKind.STORAGE_FULL


class UnavailableError(DatasetsError):
    """The registry or the storage does not answer."""

    kind = ErrorKind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stranger may learn of an error.

    Attributes
    ----------
    status : int
        HTTP status code.
    message : str
        One sentence without a final period.
    hint : str
        The remedy.
    """

    status: int
    message: str
    hint: str


ANSWERS: Mapping[ErrorKind, Answer] = MappingProxyType({
    ErrorKind.NOT_FOUND: Answer(
        404, "No such dataset or item", "Check the spelling, or ask the owner for access."
    ),
    ErrorKind.INVALID: Answer(
        422, "The request is not well formed", "Check the names and numbers in it."
    ),
    ErrorKind.REFUSED: Answer(
        403, "The dataset's rules do not allow this", "Ask the owning workgroup."
    ),
    ErrorKind.CONFLICT: Answer(
        409, "Somebody else has changed this first", "Read the newer version and try again."
    ),
    ErrorKind.KEY_UNAVAILABLE: Answer(
        503, "The key to this dataset is not at hand", "Restart the kernel, then try again."
    ),
    ErrorKind.INTEGRITY: Answer(
        502, "Stored data is damaged", "Ask the lead to restore the dataset from a backup."
    ),
    ErrorKind.HISTORY: Answer(
        502, "The log contradicts its own history", "Keep your checkpoint and tell the operator."
    ),
    ErrorKind.STORAGE_FULL: Answer(
        507, "The storage is full", "Delete what is no longer needed, or ask for more room."
    ),
    ErrorKind.UNAVAILABLE: Answer(
        503, "The registry or the storage does not answer", "Wait a minute, then try again."
    ),
})


def error_json(error: DatasetsError) -> dict[str, str]:
    """Return the public body of an HTTP answer to `error`.

    Parameters
    ----------
    error : DatasetsError
        The error to answer for.

    Returns
    -------
    dict of str to str
        ``kind``, ``message`` and ``hint``, none of them from the error's own text.
    """
    answer = ANSWERS[error.kind]
    return {"kind": error.kind.value, "message": answer.message, "hint": answer.hint}


def _rebuild(kind: type[HintedError], message: str, hint: str) -> HintedError:
    """Make an error again on the other side of a pickle."""
    return kind(message, hint=hint)
