"""Which earlier versions are kept as they age. Pure.

All of the last day, then the last of each hour for a week, then the last of each day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Stamp", "heirs_of_dropped", "is_kept_whole"]

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
ALL_FOR_S = DAY_S
HOURLY_FOR_S = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class Stamp:
    """A version's number and time.

    Attributes
    ----------
    number : int
        Grows with each version.
    taken : float
        Seconds since 1970.
    """

    number: int
    taken: float


def is_kept_whole(taken: float, now: float) -> bool:
    """Tell whether a time is so recent that every version of it is kept.

    Parameters
    ----------
    taken, now : float
        Seconds since 1970.

    Returns
    -------
    bool
        Whether it lies within the last day.
    """
    return now - taken <= ALL_FOR_S


def heirs_of_dropped(stamps: Iterable[Stamp], now: float) -> Iterator[tuple[int, int]]:
    """Give each version that may go, with the next younger one that stays.

    Who edited before a version that goes is then said of the one that stays. The youngest
    version always stays.

    Parameters
    ----------
    stamps : iterable of Stamp
        All versions of one document.
    now : float
        Seconds since 1970.

    Yields
    ------
    tuple of int
        Number of the version that goes, number of its heir.
    """
    heir: int | None = None
    heirs_span: tuple[str, int] | None = None
    for stamp in sorted(stamps, key=lambda each: each.number, reverse=True):
        span = _span(stamp, now)
        if heir is not None and span is not None and span == heirs_span:
            yield stamp.number, heir
        else:
            heir, heirs_span = stamp.number, span


def _span(stamp: Stamp, now: float) -> tuple[str, int] | None:
    """Return the hour or day a version stands for; None if it stands for itself."""
    if is_kept_whole(stamp.taken, now):
        return None
    if now - stamp.taken <= HOURLY_FOR_S:
        return "hour", int(stamp.taken // HOUR_S)
    return "day", int(stamp.taken // DAY_S)
