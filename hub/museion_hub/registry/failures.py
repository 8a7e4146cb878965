"""What is said when the database fails: one table, the same words for SQLite and PostgreSQL.

The driver's own text may name addresses and accounts, so it goes into the process's log alone.
"""

from dataclasses import dataclass
from typing import Final

from museion_hub.registry.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class Failure:
    """A way in which a database fails, and the remedy."""

    message: str
    hint: str


class DatabaseFailedError(UnavailableError):
    """The database fails in one of these ways.

    Parameters
    ----------
    failure : Failure
        What is said.
    reason : object
        What the driver says, for the log.
    """

    def __init__(self, failure: Failure, reason: object = "") -> None:
        super().__init__(failure.message, hint=failure.hint, reason=str(reason))


BUSY: Final = Failure("The registry's database is busy", "try again in a moment")
FULL: Final = Failure(
    "The disk of the registry's database is full", "free some space, then try again"
)
GONE: Final = Failure(
    "The registry's database does not answer",
    "try again in a minute, and look first whether it was done",
)
MISSING: Final = Failure(
    "The registry's database is not where it was", "put it back, or restore it from a backup"
)
NOT_SET_UP: Final = Failure("The registry's database is not set up", "run: museion run")
READ_ONLY: Final = Failure(
    "The registry's database can only be read now", "make it writable, then try again"
)
LOCKED_OUT: Final = Failure(
    "The registry's database refuses the registry's account",
    "look at `database_url` in museion.toml, and at what the account may do",
)
UNREADABLE: Final = Failure(
    "The registry's database can't be read",
    "look at the file and its permissions, or restore it from a backup",
)
