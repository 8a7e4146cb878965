"""What the registry refuses, and the one table from a kind of error to what a person sees.

::

    RegistryError
    ├── InvalidError            the caller corrects the request
    │   └── InvalidNameError
    ├── TooLargeError           the caller sends less
    ├── UnauthenticatedError    the caller signs in
    ├── NotFoundError           missing, or not yours: the two look the same outside
    ├── RefusedError            the caller reads the reason: the dataset's policy
    ├── ReadOnlyError           the caller asks the owner
    ├── ConflictError           the caller looks again, then retries
    ├── TooManyError            the caller waits
    ├── UnavailableError        wait, then try again
    └── InternalError           somebody reads the log

What a stranger must not learn travels as `reason`: it goes into the audit log and never into
an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from museion_hub.errors import HubError


class Kind(StrEnum):
    """Stable names of what went wrong, the same in Python, JSON and TypeScript."""

    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    READ_ONLY = "read_only"
    CONFLICT = "conflict"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, sentence and remedy of a kind of error, when the error says nothing better."""

    status: int
    message: str
    hint: str


ANSWERS: Mapping[Kind, Answer] = MappingProxyType({
    Kind.INVALID: Answer(
        422, "The request is not well formed", "compare it with the API's description"
    ),
    Kind.TOO_LARGE: Answer(413, "The request is too large", "send less at once"),
    Kind.UNAUTHENTICATED: Answer(
        401, "No valid token came with the request", "restart the server, or sign in again"
    ),
    Kind.NOT_FOUND: Answer(
        404, "There is nothing here for you", "check the spelling, or ask its owner for access"
    ),
    Kind.REFUSED: Answer(
        403, "The dataset's policy does not allow this", "ask a lead of the owning workgroup"
    ),
    Kind.READ_ONLY: Answer(403, "This may be read but not changed", "ask the owning workgroup"),
    Kind.CONFLICT: Answer(
        409, "Somebody else has changed this first", "read the newer state and try again"
    ),
    Kind.TOO_MANY: Answer(429, "Too many tries", "wait a minute, then try again"),
    Kind.UNAVAILABLE: Answer(
        503, "The registry does not answer now", "wait a minute, then try again"
    ),
    Kind.INTERNAL: Answer(
        500, "Something went wrong in the registry", "the operator finds the reason in its log"
    ),
})


class RegistryError(HubError):
    """Base of everything the registry refuses.

    Parameters
    ----------
    message : str
        One sentence; by default the one of the kind.
    hint : str
        The remedy; by default the one of the kind.
    subject : str
        What was asked for, for the audit log.
    reason : str
        Why it was refused, for the audit log only.
    """

    kind = Kind.INTERNAL

    def __init__(
        self, message: str = "", *, hint: str = "", subject: str = "", reason: str = ""
    ) -> None:
        answer = ANSWERS[self.kind]
        super().__init__(message or answer.message, hint=hint or answer.hint)
        self.subject = subject
        self.reason = reason


class InvalidError(RegistryError):
    """A request that nobody could fulfil."""

    kind = Kind.INVALID


class InvalidNameError(InvalidError):
    """A name that nobody and nothing may have."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(
            f"Not a {what}: {name[:80]!r}",
            hint="use lower-case letters and digits, joined by single hyphens",
        )


class TooLargeError(RegistryError):
    """More bytes than any request needs."""

    kind = Kind.TOO_LARGE


class UnauthenticatedError(RegistryError):
    """No token, a forged one, or one that was not made for the registry."""

    kind = Kind.UNAUTHENTICATED


class NotFoundError(RegistryError):
    """Missing, or not this principal's to see; only `reason` knows which."""

    kind = Kind.NOT_FOUND


class AbsentError(NotFoundError):
    """Missing where the principal may know what there is: to look for it is no offence."""


class RefusedError(RegistryError):
    """Visible, but its owner's policy does not allow this use; the caller may know why."""

    kind = Kind.REFUSED


class ReadOnlyError(RegistryError):
    """Visible, but not this principal's to change."""

    kind = Kind.READ_ONLY


class ConflictError(RegistryError):
    """The state has moved on, or the name is taken."""

    kind = Kind.CONFLICT


class TooManyError(RegistryError):
    """Too many failed tries from one address, or for one name."""

    kind = Kind.TOO_MANY


class UnavailableError(RegistryError):
    """The database, its disk or the hub does not answer."""

    kind = Kind.UNAVAILABLE


class InternalError(RegistryError):
    """What the registry stores contradicts itself."""

    kind = Kind.INTERNAL
