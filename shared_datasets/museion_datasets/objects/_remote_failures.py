"""Errors of an S3-compatible storage, in our words.

A retry is obstore's: by the time an error arrives here the storage has been asked several
times. What it said is shown to nobody, for some storages repeat the request in it.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from museion_datasets.errors import (
    IntegrityError,
    StorageFullError,
    UnavailableError,
)
from museion_datasets.objects._failures import FULL_HINT, MISSING_HINT

_log = logging.getLogger(__name__)
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_OTHER_PART = "UnexpectedRange"
_FULL_STATUS, _RANGE_STATUS = "507", "416"
_FULL_CODES = {
    "EntityTooLarge",
    "InsufficientStorage",
    "QuotaExceeded",
    "ServiceQuotaExceeded",
    "StorageFull",
    "XMinioStorageFull",
    "XMinioAdminBucketQuotaExceeded",
}
_REFUSED_CODES = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}


@contextmanager
def remote_errors(action: str, name: str = "") -> Iterator[None]:
    """Turn errors of obstore into ours.

    Parameters
    ----------
    action : str
        What is tried: read, write, list or delete.
    name : str
        The object.

    Raises
    ------
    IntegrityError
        If an object is missing or ends early, or an answer cannot be true.
    StorageFullError
        If room is short.
    UnavailableError
        If the storage does not answer, or refuses.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        said = str(error)
        status, code = _found(_STATUS, said), _found(_CODE, said)
        _log.debug("The storage failed to %s %s: %s %s", action, name, status, code)
        damage = _damage(error, action, status, code)
        if damage:
            raise IntegrityError(f"{damage}: {name}", hint=MISSING_HINT) from None
        if status == _FULL_STATUS or code in _FULL_CODES:
            reason = code or status
            raise StorageFullError(f"The storage is full: {reason}", hint=FULL_HINT) from None
        message, hint = _unavailable(error, action, code or status)
        raise UnavailableError(message, hint=hint) from None


def _damage(error: Exception, action: str, status: str, code: str) -> str:
    """Return what is wrong with what the storage holds or says; empty if nothing is."""
    if isinstance(error, FileNotFoundError):
        is_missing = action == "read" and code != "NoSuchBucket"
        return "A stored object is missing" if is_missing else ""
    if status == _RANGE_STATUS:
        return "A stored object is cut short"
    if isinstance(error, InvalidPathError):
        return "The storage lists what cannot be there"
    return "The storage gives another part than asked for" if _OTHER_PART in str(error) else ""


def _unavailable(error: Exception, action: str, reason: str) -> tuple[str, str]:
    """Return message and hint for a storage that refuses, or gives no answer."""
    is_refused = isinstance(error, PermissionDeniedError | UnauthenticatedError)
    if is_refused or reason in _REFUSED_CODES:
        return (
            f"The storage refuses to {action}: {reason or 'access denied'}",
            "open the dataset again; if it stays, have the storage's keys checked.",
        )
    if reason == "NoSuchBucket":
        return (
            "The storage has no such bucket",
            "check the bucket's name in the storage's address.",
        )
    if reason:
        return (
            f"The storage fails to {action}: {reason}",
            "wait a minute, then try again; if it stays, ask whether the storage is full.",
        )
    return (
        f"The connection to the storage was lost while trying to {action}",
        "check the connection, wait a minute, then try again. What was committed is safe.",
    )


def _found(pattern: re.Pattern[str], text: str) -> str:
    """Return what a pattern's group matches, or nothing."""
    found = pattern.search(text)
    return found[1] if found else ""
