"""From an event to the entry that is published in its place: a salted commitment.

An entry is one version byte and SHA-256 over a label, a random salt and the event's canonical
JSON. Whoever has salt and event can show that they are what was logged; whoever has only the
log learns no name in it, since a salt of 256 bits can't be guessed.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from museion_datasets.errors import InvalidError
from museion_datasets.log.tree import leaf_hash

SALT_BYTES: Final = 32
ENTRY_BYTES: Final = 33
MAX_EVENT_BYTES: Final = 16 * 1024
_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_VERSION: Final = b"\x01"
_LABEL: Final = b"museion log entry 1\n"
_FIELDS: Final = frozenset({"index", "time", "event", "actor", "subject", "detail"})

type Event = Mapping[str, object]
"""``index``, ``time`` (ISO 8601 in UTC, with microseconds), ``event``, ``actor``, ``subject`` and
``detail``."""


def entry_of(event: Event, salt: bytes) -> bytes:
    """Return the log entry of an event.

    Parameters
    ----------
    event : Event
        Exactly the six fields.
    salt : bytes
        32 bytes, random for each event.

    Raises
    ------
    InvalidError
        If event or salt can't be those of an entry.
    """
    encoded = _canonical(event)
    if set(event) != _FIELDS or len(salt) != SALT_BYTES or len(encoded) > MAX_EVENT_BYTES:
        raise InvalidError("Not an event of the log", hint="pass event and salt as they were given")
    return _VERSION + hashlib.sha256(_LABEL + salt + encoded).digest()


def event_leaf(event: Event, salt: bytes) -> bytes:
    """Return the leaf hash of an event's entry."""
    return leaf_hash(entry_of(event, salt))


def _canonical(event: Event) -> bytes:
    """Write JSON with sorted keys, without spaces, in ASCII.

    Raises
    ------
    InvalidError
        If it can't be written so.
    """
    try:
        return _JSON.encode(event).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        raise InvalidError(
            "Not an event of the log", hint="pass event and salt as they were given"
        ) from None
