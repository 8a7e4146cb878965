"""Roles, states, sizes and times in a person's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from museion_hub.registry.group_views import ServerState
from museion_hub.registry.tables import Role, WorkgroupState

_STEP: Final = 1000
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class RoleWords:
    """A role's name and what it means."""

    name: str
    meaning: str


ROLES: Final[Mapping[Role, RoleWords]] = MappingProxyType({
    Role.LEAD: RoleWords("Lead", "invites and removes people, sets roles, shares datasets"),
    Role.MEMBER: RoleWords("Member", "works in the workspace and with the datasets"),
    Role.GUEST: RoleWords("Guest", "reads the notebooks that the workgroup publishes"),
})
STATES: Final[Mapping[WorkgroupState, str]] = MappingProxyType({
    WorkgroupState.PENDING: "Waits for approval",
    WorkgroupState.ACTIVE: "Active",
    WorkgroupState.ARCHIVED: "Archived",
})
SERVERS: Final[Mapping[ServerState, str]] = MappingProxyType({
    ServerState.STOPPED: "Not running",
    ServerState.STARTING: "Starting",
    ServerState.RUNNING: "Running",
    ServerState.UNKNOWN: "Not known now",
})


def size_words(size_bytes: int) -> str:
    """Write a size with the unit that keeps it short, in steps of 1000.

    Examples
    --------
    >>> size_words(0), size_words(999), size_words(1_500), size_words(23_400_000_000)
    ('0 bytes', '999 bytes', '1.5 kB', '23 GB')
    """
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    is_short = unit > 0 and size < 10  # noqa: PLR2004 - two digits are enough
    return f"{size:.1f} {_UNITS[unit]}" if is_short else f"{size:.0f} {_UNITS[unit]}"


def moment_words(time: datetime) -> str:
    """Write a time to the minute.

    Examples
    --------
    >>> moment_words(datetime(2026, 3, 4, 15, 6))
    '4 Mar 2026, 15:06'
    """
    return f"{day_words(time)}, {time:%H:%M}"


def day_words(time: datetime) -> str:
    """Write a day.

    Examples
    --------
    >>> day_words(datetime(2026, 3, 4))
    '4 Mar 2026'
    """
    return f"{time.day} {time:%b %Y}"


def as_sentence(text: str) -> str:
    """Begin with a capital and end with a full stop, as among a page's prose.

    Examples
    --------
    >>> as_sentence("choose another one"), as_sentence("")
    ('Choose another one.', '')
    """
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
