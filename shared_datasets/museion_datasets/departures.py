"""Announces which datasets leave this process, before they do.

A dataset, a store or a draft's writer travels pickled, without keys. Whoever has to see to
it that the other side may open it, as a cluster's client does, subscribes here and is told
of every one while it is being pickled. What a subscriber raises stops the pickling.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

type Subscriber = Callable[["Departure"], None]

_subscribers: list[Subscriber] = []


class Mode(StrEnum):
    """What the other side does with the dataset."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Departure:
    """A dataset on its way to another process.

    Attributes
    ----------
    address : str
        The catalogue's address.
    path : str
        Workgroup and name.
    mode : Mode
        Read one version, or write objects for a draft.
    version : int or None
        The version to read; None for writing.
    purpose : str or None
        What it was opened for.
    """

    address: str
    path: str
    mode: Mode
    version: int | None = None
    purpose: str | None = None


def subscribe(subscriber: Subscriber) -> Callable[[], None]:
    """Be told of every dataset that leaves from now on.

    Parameters
    ----------
    subscriber : callable
        Called with each `Departure`, in the thread that pickles.

    Returns
    -------
    callable
        Ends the subscription.
    """
    _subscribers.append(subscriber)
    return lambda: _subscribers.remove(subscriber)


def announce(departure: Departure) -> None:
    """Tell all subscribers.

    Parameters
    ----------
    departure : Departure
        What is being pickled.
    """
    for subscriber in tuple(_subscribers):
        subscriber(departure)
